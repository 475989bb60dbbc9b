"""Make, change and delete roles."""

from dataclasses import replace
from typing import Any

from ums_client.protocol.permissions import Permission
from ums_client.protocol.roles import (
    DeleteRole,
    DeleteRoleReply,
    SaveRole,
    SaveRoleReply,
    SetRolePermissions,
    SetRolePermissionsReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.errors import BuiltIn, InvalidInput, NoSuchRole, RoleInUse
from ums_service.domain.grant_ends import end_of
from ums_service.domain.role_changes import difference, state_of, with_effect
from ums_service.domain.roles import (
    BUILT_IN,
    STORED_ROLES,
    TEMPLATES,
    Role,
    circle_or_depth,
)
from ums_service.domain.users import ADMIN, USERS
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.granting import line_of, read_role, require_all
from ums_service.handlers.role_views import contents, holders, role_view


async def save_role(request: SaveRole, call: Call) -> Answer[SaveRoleReply]:
    """Make a role, or change it."""
    require_fresh(call)
    before = await _made_role(request.name, call)
    base = before or await _new_role(request, call)
    after = replace(_with_fields(request, base), updated_at=call.now.text)
    if after.allows & after.denies:
        raise InvalidInput("denied", "should not name what the role allows")
    if after.template and after.default:
        raise InvalidInput("default", "should not be given with template")
    if after.default and not base.default:  # that assigns it
        call.require(Permission.ROLES_ASSIGN)
    await _check_place(after, call)
    await _require_touchable(before, after, call)
    call.tx.put(STORED_ROLES, after)
    _tell_change(before, after, call)
    view = role_view(after) | contents(after)
    return answer(SaveRoleReply, role=view, created=before is None)


async def delete_role(request: DeleteRole, call: Call) -> Answer[DeleteRoleReply]:
    """Delete a role that nobody has, nor is given until the commit."""
    require_fresh(call)
    role = await _own_role(request.name, call)
    await _require_touchable(role, None, call)
    children = [r for r in (await _stored(call)).values() if r.parent == role.name]
    if children:
        raise RoleInUse(f"{len(children)} roles below it")
    count = len(await holders(role, call)) or await _given_just_now(role, call)
    if count:
        raise RoleInUse(f"{count} active users")
    call.tx.delete(STORED_ROLES, role.name)
    _tell_change(role, None, call)
    return answer(DeleteRoleReply, message="Role deleted")


async def set_role_permissions(
    request: SetRolePermissions, call: Call
) -> Answer[SetRolePermissionsReply]:
    """Let roles allow or deny permissions, or neither; all of it or nothing."""
    require_fresh(call)
    if request.effect == "revoke" and request.expires_at is not None:
        raise InvalidInput("expires_at", "should not be given with revoke")
    until_s = end_of(request.expires_at, None, call.now)
    names, changed = frozenset(request.permissions), 0
    require_all(names, call, lab_id=None, until_s=until_s)
    told = []
    for name in dict.fromkeys(request.roles):
        before = await _own_role(name, call)
        after = with_effect(before, names, request.effect, until_s)
        if after == before:
            continue
        await _require_touchable(before, after, call)
        call.tx.put(STORED_ROLES, replace(after, updated_at=call.now.text))
        told.append(difference(before, after))
        changed += sum(state_of(before, one) != state_of(after, one) for one in names)
    call.details = {"roles": told, "effect": request.effect}
    return answer(SetRolePermissionsReply, message="Permissions set", changed=changed)


async def _made_role(name: str, call: Call) -> Role | None:
    """The role of that name, where there is one that does not come with the service.

    Raises:
        BuiltIn: it does.
    """
    if name in BUILT_IN or name in TEMPLATES:
        raise BuiltIn
    return await call.tx.get(STORED_ROLES, name)


async def _own_role(name: str, call: Call) -> Role:
    """The same. Raises NoSuchRole where there is none, too."""
    role = await _made_role(name, call)
    if role is None:
        raise NoSuchRole(name)
    return role


async def _given_just_now(role: Role, call: Call) -> int:
    """Who has the role in what is not yet durable; so it must be at the commit."""
    count = 0
    for user_id in await call.tx.ids_where(ENTITLEMENTS, "holds", role.role_id):
        own = await call.tx.get(ENTITLEMENTS, user_id)
        known = await call.tx.get(USERS, user_id)
        if own is not None and known is not None:
            count += any(
                one.role_id == role.role_id and not one.has_ended(call.now)
                for one in own.roles
            )
    return count


async def _stored(call: Call) -> dict[str, Role]:
    """All roles that somebody made, as they must still be at the commit."""
    found = {}
    for name in call.facilities.store.ids(STORED_ROLES):
        role = await call.tx.get(STORED_ROLES, name)
        if role is not None:
            found[name] = role
    return found


async def _new_role(request: SaveRole, call: Call) -> Role:
    most = call.facilities.profile.roles_max
    if call.facilities.store.count(STORED_ROLES) >= most:
        raise InvalidInput("name", f"there are {most} roles already")
    made = Role(
        request.name,
        created_at=call.now.text,
        role_id=call.facilities.new_device_id(),
    )
    if request.like is None:
        return made
    like = TEMPLATES.get(request.like) or await read_role(request.like, call)
    if like is None:
        raise NoSuchRole(request.like)
    return replace(
        made,
        display_name=like.display_name,
        description=like.description,
        category="custom" if like.category == "system" else like.category,
        parent=like.parent,
        allows=like.allows,
        denies=like.denies,
        ends=like.ends,
    )


def _with_fields(request: SaveRole, role: Role) -> Role:
    given: dict[str, Any] = {
        name: value
        for name in (
            "display_name",
            "description",
            "category",
            "active",
            "template",
            "default",
        )
        if (value := getattr(request, name)) is not None
    }
    if request.parent is not None:
        given["parent"] = request.parent or None
    if request.permissions is not None:
        given["allows"] = frozenset(request.permissions)
    if request.denied is not None:
        given["denies"] = frozenset(request.denied)
    role = replace(role, **given)
    return replace(role, ends={n: s for n, s in role.ends.items() if n in role.names})


async def _check_place(role: Role, call: Call) -> None:
    """Raise InvalidInput or NoSuchRole unless the role can stand below its parent."""
    if role.parent is None:
        return
    parent = await read_role(role.parent, call)
    if parent is None:
        raise NoSuchRole(role.parent)
    if parent.template or parent.name == ADMIN:
        raise InvalidInput("parent", f"should not be {parent.name}")
    others = await _stored(call)
    others.pop(role.name, None)
    wrong = circle_or_depth(role, others)
    if wrong:
        raise InvalidInput("parent", f"{role.name} {wrong}")


async def _require_touchable(
    before: Role | None, after: Role | None, call: Call
) -> None:
    """Raise PermissionDenied unless the caller has all that the role is about.

    To allow, to deny no longer and to let a role above it count again all give
    something; so who changes a role has what it names, before and after.
    """
    for role in (before, after):
        if role is not None:
            names = NOTHING.union(*(one.names for one in await line_of(role, call)))
            require_all(names, call, lab_id=None, until_s=None)


def _tell_change(before: Role | None, after: Role | None, call: Call) -> None:
    call.details |= difference(before, after)
