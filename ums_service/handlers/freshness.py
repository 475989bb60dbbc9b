"""Sensitive changes ask for a proof of the last minutes that it is still the same person.

A session that was left open, or taken, can read and work on; it cannot change what
opens accounts, what others may do, or take the log out of the service.
"""

from ums_service.calls.call import Call
from ums_service.domain.errors import FreshProofRequired


def require_fresh(call: Call) -> None:
    """Return when the caller has proved who they are in the last minutes.

    Raises:
        FreshProofRequired: they have not.
        InvalidSession: there is no session.
    """
    if not is_fresh(call):
        raise FreshProofRequired


def is_fresh(call: Call) -> bool:
    """Whether the last proof of this session is at most `recent_login_s` old.

    A session that was opened without a proof has none. An API key that is let through
    to an action was made for it, with a recent proof.

    Raises:
        InvalidSession: there is no session.
    """
    if call.key is not None:
        return True
    age_s = call.now.ticks_s - call.own_session.proved_ticks_s
    return age_s <= call.facilities.profile.recent_login_s


def require_fresh_for_others(user_id: str, call: Call) -> None:
    """The same where `user_id` is not the caller: what is somebody else's is changed.

    Raises:
        FreshProofRequired, InvalidSession: as `require_fresh`.
    """
    if user_id != call.own_session.user_id:
        require_fresh(call)


def require_fresh_unless_original(call: Call) -> None:
    """The same for one of the original actions, which under `compat` asks for nothing.

    Raises:
        FreshProofRequired, InvalidSession: as `require_fresh`.
    """
    if not call.facilities.profile.original_replies:
        require_fresh(call)
