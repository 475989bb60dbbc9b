"""Whether a request is let through to its handler, by its row of the table of actions."""

from typing import Any

from ums_client.protocol.actions import Access, Action, Repeat
from ums_client.protocol.permissions import Permission
from ums_service.calls.call import Call
from ums_service.calls.catalogue import Row
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.errors import InvalidSession, PermissionDenied


def check_access(row: Row, request: Any, call: Call, *, stale_token: bool) -> None:
    """Return when the caller may have this handled; the handler may refuse more.

    `stale_token` tells that a token was given which opens no session and that this is
    not to pass for having none.

    Raises:
        InvalidSession: it takes a live session.
        PermissionDenied: it takes a permission that the caller lacks.
    """
    access, permission = row.action.access, row.action.permission
    if call.key is not None and permission not in call.key.scopes:
        raise PermissionDenied
    if access is Access.PUBLIC:
        return
    if call.session is None:
        if stale_token or access is not Access.OPTIONAL:
            raise InvalidSession
        return
    if permission is None or access not in (Access.OWN, Access.GRANTED):
        return
    user_id = request.user_id if row.names_account else None
    if access is Access.OWN and user_id in (None, call.session.user_id):
        return
    lab_ids = _labs(row, request, user_id, call)
    reads = row.action.repeat is Repeat.SAFE
    call.require(permission, lab_ids=lab_ids, changes=None if reads else user_id)


def require_to_read(user_id: str | None, call: Call) -> None:
    """Return when the caller may read this account, or any where there is no such one.

    Raises:
        PermissionDenied: otherwise; it does not tell whether the account is there.
    """
    target = call.facilities.authority.caller(user_id) if user_id else None
    lab_ids = target.lab_ids if target else NOTHING
    call.require(Permission.USERS_READ, lab_ids=lab_ids)


def ignores_keys(action: Action) -> bool:
    """Whether an API key counts as none: nothing there is kept for who has one."""
    return action.access is Access.OPTIONAL and action.permission is None


def _labs(row: Row, request: Any, user_id: str | None, call: Call) -> frozenset[str]:
    """The labs of what is asked for: to read an account, sharing one with it may do."""
    if row.names_lab and request.lab_id:
        return frozenset({request.lab_id})
    if user_id is None or row.action.repeat is not Repeat.SAFE:
        return NOTHING
    target = call.facilities.authority.caller(user_id)
    return target.lab_ids if target else NOTHING
