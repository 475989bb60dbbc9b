"""Nobody gives what they lack: what is checked before anything is granted."""

from collections.abc import Iterable

from ums_client.protocol.permissions import Permission
from ums_service.calls.call import Call
from ums_service.domain.authorisation import (
    NOTHING,
    Caller,
    Resource,
    has_all,
    may,
    outranks,
    permissions_of,
)
from ums_service.domain.errors import NotFound, PermissionDenied
from ums_service.domain.roles import BUILT_IN, STORED_ROLES, Role
from ums_service.domain.users import USERS, User


def require_all_of(role: str, call: Call) -> None:
    """Return when the caller has all that a primary role would give.

    Raises:
        PermissionDenied: there is something that they lack.
    """
    session, authority = call.own_session, call.facilities.authority
    caller = authority.caller(session.user_id)
    if call.key is not None:
        raise PermissionDenied  # what a key may do is not handed on
    if caller is None or outranks(authority.holder_of(role), caller, call.now):
        raise PermissionDenied


def require_lab_role(
    role: str, lab_id: str, call: Call, *, by: Caller | None = None
) -> None:
    """Return when the caller, or `by`, may give or take this role of a lab.

    Who manages labs may; others need all that it gives themselves, but for the mark of
    a viewer, which only viewers have.

    Raises:
        PermissionDenied: there is something that they lack.
    """
    there = frozenset({lab_id})
    caller = by or call.decided()
    if may(caller, Permission.LABS_MANAGE, Resource(there), call.now).allowed:
        return
    gives = call.facilities.authority.lab_role(role, lab_id)
    has = permissions_of(caller, there, call.now)
    if not gives - {Permission.LAB_VIEWER_READ} <= has:
        raise PermissionDenied


def require_all(
    names: Iterable[str], call: Call, *, lab_id: str | None, until_s: int | None
) -> None:
    """Return when the caller has all of these in the lab, or everywhere, until then.

    Raises:
        PermissionDenied: there is something that they lack, or have for less time.
    """
    caller = call.facilities.authority.caller(call.own_session.user_id)
    labs = NOTHING if lab_id is None else frozenset({lab_id})
    if call.key is not None:
        raise PermissionDenied  # what a key may do is not handed on
    if caller is None or not has_all(caller, frozenset(names), labs, call.now, until_s):
        raise PermissionDenied


async def read_role(name: str, call: Call) -> Role | None:
    """The role of that name, as it must still be at the commit."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    return await call.tx.get(STORED_ROLES, name)


async def line_of(role: Role, call: Call) -> list[Role]:
    """The role and those above it, active or not, as they must be at the commit."""
    line = [role]
    while line[-1].parent is not None:
        above = await read_role(line[-1].parent, call)
        if above is None or above in line:
            break
        line.append(above)
    return line


async def account(user_id: str, call: Call) -> User:
    """The account that something is granted to or taken from.

    Raises:
        NotFound: there is none.
    """
    user = await call.tx.get(USERS, user_id)
    if user is None:
        raise NotFound
    return user
