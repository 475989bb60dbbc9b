"""Find roles and permissions."""

from collections.abc import Iterable
from typing import Any, Final

from ums_client.protocol.permissions import Permission
from ums_client.protocol.roles import (
    ListPermissions,
    ListPermissionsReply,
    ListRoles,
    ListRolesReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.errors import InvalidInput, NoSuchRole
from ums_service.domain.roles import (
    BUILT_IN,
    STORED_ROLES,
    TEMPLATES,
    Role,
    with_ancestors,
)
from ums_service.handlers.role_views import contents, holders, role_view

HOLDERS_SHOWN: Final = 100
_PERMISSIONS: Final = frozenset(permission.value for permission in Permission)


async def list_roles(request: ListRoles, call: Call) -> Answer[ListRolesReply]:
    """List roles, as much of each as was asked for."""
    include = frozenset(request.include or ())
    if request.has_permissions or include - {"children"}:
        call.require(Permission.ROLES_MANAGE)
    if "users" in include and request.name is None:
        raise InvalidInput("include", "users are listed of one role, by its name")
    roles = _all(call)
    if request.name is not None and request.name not in roles:
        raise NoSuchRole(request.name)
    found = [role for role in roles.values() if _meets(role, request, roles)]
    found.sort(key=lambda role: role.name)
    found.sort(
        key=lambda role: str(getattr(role, request.sort_by)),
        reverse=request.sort_order == "desc",
    )
    first = (request.page - 1) * request.page_size
    shown = found[first : first + request.page_size]
    views = [role_view(role) | _more(role, include, roles) for role in shown]
    if "users" in include:
        having = await holders(roles[request.name or ""], call)
        users = [holder.view() for holder in having[:HOLDERS_SHOWN]]
        for view in views:
            view |= {"users": users, "user_count": len(having)}
        call.discloses = True
        call.details = {"role": request.name}
    return answer(
        ListRolesReply,
        roles=views,
        total=len(found),
        page=request.page,
        page_size=request.page_size,
    )


async def list_permissions(
    request: ListPermissions, call: Call
) -> Answer[ListPermissionsReply]:
    """List permissions by name."""
    manages = call.may(Permission.ROLES_MANAGE)
    roles = [role for role in _all(call).values() if not role.template]
    names = _PERMISSIONS
    if manages:
        names = names.union(*(role.names for role in roles))
    groups = sorted({_group(name) for name in names})
    found = sorted(name for name in names if _wanted(name, request))
    first = (request.page - 1) * request.page_size
    views = [_permission(name) for name in found[first : first + request.page_size]]
    if manages:
        for view in views:
            view["allowed_by"] = _names(r for r in roles if view["name"] in r.allows)
            view["denied_by"] = _names(r for r in roles if view["name"] in r.denies)
    return answer(
        ListPermissionsReply,
        permissions=views,
        groups=groups,
        total=len(found),
        page=request.page,
        page_size=request.page_size,
    )


def _all(call: Call) -> dict[str, Role]:
    """Every role by its name, also templates."""
    stored = {role.name: role for role in call.facilities.store.scan(STORED_ROLES)}
    return BUILT_IN | TEMPLATES | stored


def _meets(role: Role, request: ListRoles, roles: dict[str, Role]) -> bool:
    if request.name is not None:
        return role.name == request.name
    wanted = {
        "category": request.category,
        "parent": request.parent,
        "active": request.active,
        "built_in": request.built_in,
        "template": request.template,
        "default": request.default,
    }
    if any(w is not None and getattr(role, n) != w for n, w in wanted.items()):
        return False
    asked = frozenset(request.has_permissions or ())
    if not asked <= role.allows | _inherited(role, roles):
        return False
    texts = (role.name, role.display_name, role.description)
    query = (request.query or "").casefold()
    return any(query in text.casefold() for text in texts)


def _more(
    role: Role, include: frozenset[str], roles: dict[str, Role]
) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if "permissions" in include:
        more = contents(role) | {"inherited": sorted(_inherited(role, roles))}
    if "children" in include:
        more["children"] = _names(r for r in roles.values() if r.parent == role.name)
    return more


def _inherited(role: Role, roles: dict[str, Role]) -> frozenset[str]:
    """What those above it allow and nothing in the line denies."""
    line = with_ancestors(role.name, roles.get)
    allowed = NOTHING.union(*(above.allows for above in line[1:]))
    return allowed - NOTHING.union(*(one.denies for one in line)) - role.allows


def _names(roles: Iterable[Role]) -> list[str]:
    return sorted(role.name for role in roles)


def _group(name: str) -> str:
    dot = max(name.rfind("."), name.rfind(":"))
    return name[:dot] if dot > 0 else ""


def _permission(name: str) -> dict[str, Any]:
    return {"name": name, "group": _group(name), "built_in": name in _PERMISSIONS}


def _wanted(name: str, request: ListPermissions) -> bool:
    if request.built_in is not None and (name in _PERMISSIONS) != request.built_in:
        return False
    if request.group is not None and _group(name) != request.group:
        return False
    return (request.query or "").casefold() in name.casefold()
