"""Lifting a lockout by hand."""

from ums_client.protocol.lockouts import UnlockUser, UnlockUserReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.errors import MissingInput, NotFound
from ums_service.domain.users import USERS
from ums_service.guard.attempts import delete_block
from ums_service.handlers.freshness import require_fresh


async def unlock_user(request: UnlockUser, call: Call) -> Answer[UnlockUserReply]:
    """Forget the failures on an account, or those from an address."""
    call.subject = request.user_id
    require_fresh(call)
    if bool(request.user_id) == bool(request.address):
        raise MissingInput("Either user_id or address is required")
    if request.user_id:
        was_locked = _unlock_account(request.user_id, call)
    else:
        was_locked = _unlock_address(request.address or "", call)
    call.details["was_locked"] = was_locked
    return answer(UnlockUserReply, message="Unlocked", was_locked=was_locked)


def _unlock_account(user_id: str, call: Call) -> bool:
    if call.facilities.store.get_value(USERS, user_id) is None:
        raise NotFound
    was_locked = call.facilities.attempts.is_locked(user_id, call.now)
    call.lift_lockout(user_id)
    return was_locked


def _unlock_address(address: str, call: Call) -> bool:
    attempts = call.facilities.attempts
    was_blocked = attempts.is_blocked(address, call.now)
    delete_block(call.tx, address)
    call.details["address"] = address
    call.after_commit.append(lambda: attempts.forget_address(address, call.now))
    return was_blocked
