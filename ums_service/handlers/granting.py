"""Nobody gives what they lack: what is checked before anything is granted."""

from ums_service.call import Call
from ums_service.domain.authorisation import outranks
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
