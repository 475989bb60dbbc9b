"""Nobody gives what they lack: what is checked before anything is granted."""

from ums_client.protocol.permissions import Permission
from ums_service.call import Call
from ums_service.domain.authorisation import outranks, permissions_of
from ums_service.domain.errors import PermissionDenied


def require_all_of(role: str, call: Call) -> None:
    """Return when the caller has all that the role would give in the whole service.

    Raises:
        PermissionDenied: there is something that they lack.
    """
    session, authority = call.own_session, call.facilities.authority
    caller = authority.caller(session.user_id)
    if call.key is not None:
        raise PermissionDenied  # what a key may do is not handed on
    if caller is None or outranks(authority.holder_of(role), caller, call.now):
        raise PermissionDenied


def require_lab_role(role: str, lab_id: str, call: Call) -> None:
    """Return when the caller may give or take this role of a lab.

    Who manages labs may; others need all that it gives themselves, but for the mark of
    a viewer, which only viewers have.

    Raises:
        PermissionDenied: there is something that they lack.
    """
    there = frozenset({lab_id})
    if call.may(Permission.LABS_MANAGE, lab_ids=there):
        return
    gives = call.facilities.authority.lab_role(role, lab_id)
    has = permissions_of(call.decided(), there, call.now)
    if not gives - {Permission.LAB_VIEWER_READ} <= has:
        raise PermissionDenied
