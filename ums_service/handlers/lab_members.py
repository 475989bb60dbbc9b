"""Who is a member of a lab: list, add, change, remove."""

import asyncio
from contextlib import suppress
from typing import Any, Final

from ums_client.protocol.lab_members import (
    AddLabMember,
    AddLabMemberReply,
    GetUserLabs,
    GetUserLabsReply,
    ListLabMembers,
    ListLabMembersReply,
    RemoveLabMember,
    RemoveLabMemberReply,
    UpdateLabMember,
    UpdateLabMemberReply,
)
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership
from ums_service.domain.errors import (
    AlreadyMember,
    InvalidInput,
    MissingInput,
    NoSuchLab,
    NoSuchMember,
    NotFound,
    PermissionDenied,
)
from ums_service.domain.lab_scope import LabScope
from ums_service.domain.memberships import with_membership, without_lab
from ums_service.domain.names import normalise
from ums_service.domain.users import USERS, User
from ums_service.handlers.freshness import require_fresh, require_fresh_for_others
from ums_service.handlers.granting import require_lab_role

ENTERING: Final = (
    Permission.LAB_MEMBER_BASIC,
    Permission.LAB_VIEWER_READ,
    Permission.LAB_ADMIN_MANAGE,
    Permission.LABS_MANAGE,
)
"""Any of these lets somebody see a lab and who is in it."""
AT_ONCE: Final = 100
"""Members looked at before other requests get their turn: about a millisecond."""
_ROUNDS_MAX: Final = 10
"""So many times that for one page."""


async def list_lab_members(
    request: ListLabMembers, call: Call
) -> Answer[ListLabMembersReply]:
    """List members of a lab, a page at a time."""
    scope = call.in_lab(request.lab_id, *ENTERING)
    store, last = call.facilities.store, request.cursor
    shown: list[dict[str, Any]] = []
    scope.read(store)
    for _ in range(_ROUNDS_MAX):
        user_ids = scope.member_ids(store, after=last, limit=AT_ONCE)
        for user_id in user_ids:
            if len(shown) == request.limit:
                break
            last = user_id
            membership = scope.membership(store, user_id)
            user = store.get_document(USERS, user_id)
            if user and membership and _wanted(request, membership):
                shown.append(_view(user, membership))
        if len(shown) == request.limit or len(user_ids) < AT_ONCE:
            break
        await asyncio.sleep(0)
    call.in_lab(request.lab_id, *ENTERING)  # still, after the others' turns
    call.discloses, call.details = True, {"members": len(shown)}
    more = {}
    if scope.member_ids(store, after=last, limit=1):
        more["next_cursor"] = last
    return answer(ListLabMembersReply, members=shown, **more)


async def add_lab_member(
    request: AddLabMember, call: Call
) -> Answer[AddLabMemberReply]:
    """Make an account a member."""
    scope = call.in_lab(
        request.lab_id, Permission.LAB_USERS_INVITE, Permission.LABS_MANAGE
    )
    require_fresh(call)
    require_lab_role(request.role, scope.lab_id, call)
    await scope.lab(call.tx)
    user = await _named(request, call)
    membership = await join(scope, user, request.role, call)
    shown = _view(user._asdict(), membership)
    return answer(AddLabMemberReply, message="Member added", membership=shown)


async def join(scope: LabScope, user: User, role: str, call: Call) -> Membership:
    """Make an account a member of the lab, with this call's commit.

    Raises:
        AlreadyMember: it has a membership, active or not.
        InvalidInput: it is in as many labs as one account may be.
    """
    call.subject = user.user_id
    own, before = await scope.entitlements(call.tx, user.user_id)
    if before is not None:
        raise AlreadyMember
    if len(own.labs) >= call.facilities.profile.labs_per_user:
        raise InvalidInput("user_id", "is in as many labs as one account may be")
    membership = Membership(role, active=True, joined_at=call.now.text)
    call.tx.put(ENTITLEMENTS, with_membership(own, scope.lab_id, membership))
    call.details |= {"role": role}
    return membership


async def update_lab_member(
    request: UpdateLabMember, call: Call
) -> Answer[UpdateLabMemberReply]:
    """Change the role of a member, or whether the membership counts."""
    scope = call.in_lab(
        request.lab_id, Permission.LAB_ROLES_ASSIGN, Permission.LABS_MANAGE
    )
    require_fresh(call)
    call.subject = request.user_id
    await scope.lab(call.tx)
    user = await call.tx.get(USERS, request.user_id)
    own, before = await scope.entitlements(call.tx, request.user_id)
    if user is None or before is None:
        raise NoSuchMember
    after = before
    if request.role is not None:
        after = after._replace(role=request.role)
    if request.is_active is not None:
        after = after._replace(active=request.is_active)
    for role in {before.role, after.role}:
        require_lab_role(role, scope.lab_id, call)
    if before.administers and not after.administers:
        await _require_other_admin(scope, user.user_id, call)
    call.tx.put(ENTITLEMENTS, with_membership(own, scope.lab_id, after))
    call.details = {
        "role": [before.role, after.role],
        "is_active": [before.active, after.active],
    }
    shown = _view(user._asdict(), after)
    return answer(UpdateLabMemberReply, message="Member updated", membership=shown)


async def remove_lab_member(
    request: RemoveLabMember, call: Call
) -> Answer[RemoveLabMemberReply]:
    """End a membership: somebody else's, or one's own."""
    own_id = call.own_session.user_id
    user_id = request.user_id or own_id
    leaves = user_id == own_id
    removing = (Permission.LAB_USERS_REMOVE, Permission.LABS_MANAGE)
    scope = call.in_lab(request.lab_id, *(ENTERING if leaves else removing))
    call.subject = user_id
    require_fresh_for_others(user_id, call)
    own, before = await scope.entitlements(call.tx, user_id)
    if before is None:
        raise NoSuchMember
    if not leaves:
        require_lab_role(before.role, scope.lab_id, call)
    if before.administers:
        await _require_other_admin(scope, user_id, call)
    left = without_lab(own, scope.lab_id)
    if left == Entitlements(user_id):
        call.tx.delete(ENTITLEMENTS, user_id)
    else:
        call.tx.put(ENTITLEMENTS, left)
    call.details = {"role": before.role, "left": leaves}
    return answer(RemoveLabMemberReply, message="Member removed")


async def get_user_labs(request: GetUserLabs, call: Call) -> Answer[GetUserLabsReply]:
    """The memberships of an account that the caller may see."""
    caller, store = call.decided(), call.facilities.store
    user_id = request.user_id or caller.user_id
    permissions: tuple[Permission, ...] = ENTERING
    if user_id != caller.user_id:
        call.subject, call.discloses = user_id, True
        permissions = (Permission.USERS_READ,)
        if store.get_value(USERS, user_id) is None:
            raise NotFound
    own = store.get(ENTITLEMENTS, user_id) or Entitlements(user_id)
    shown = []
    for lab_id, one in own.labs.items():
        with suppress(PermissionDenied, NoSuchLab):
            lab = LabScope(lab_id, caller, permissions, call.now).read(store)
            named = {"lab_id": lab_id, "name": lab.name, "code": lab.code}
            shown.append(named | _membership_view(one))
    return answer(GetUserLabsReply, memberships=shown)


async def _require_other_admin(scope: LabScope, user_id: str, call: Call) -> None:
    if not call.may(Permission.LABS_MANAGE):
        await scope.require_other_admin(call.tx, user_id)


async def _named(request: AddLabMember, call: Call) -> User:
    """The account that the request names by one of three."""
    given = [request.user_id, request.username, request.email]
    if sum(one is not None for one in given) != 1:
        raise MissingInput("One of user_id, username and email is required")
    user_id = request.user_id
    if request.username is not None:
        user_id = await call.tx.find(USERS, "username", normalise(request.username))
    elif request.email is not None:
        user_id = await call.tx.find(USERS, "email", normalise(request.email))
    if user_id is None:
        raise NotFound
    user = await call.tx.get(USERS, user_id)
    if user is None:
        raise NotFound
    return user


def _wanted(request: ListLabMembers, membership: Membership) -> bool:
    if request.role not in (None, membership.role):
        return False
    return membership.active or request.include_inactive


def _view(user: dict[str, Any], membership: Membership) -> dict[str, Any]:
    names = ("user_id", "username", "full_name", "email")
    return {name: user.get(name, "") for name in names} | _membership_view(membership)


def _membership_view(one: Membership) -> dict[str, Any]:
    return {"role": one.role, "is_active": one.active, "joined_at": one.joined_at}
