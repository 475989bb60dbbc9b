"""How long accounts are kept: anonymised, held as evidence, purged when they are due."""

from typing import Any, Final

from ums_client.protocol.deletions import (
    AnonymiseUser,
    AnonymiseUserReply,
    ApplyRetention,
    ApplyRetentionReply,
    LegalHold,
    LegalHoldReply,
)
from ums_client.protocol.limits import LIST_MAX
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain import belongings, deleted, invitations
from ums_service.domain.anonymous import anonymised
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.errors import InvalidInput, NotFound, WrongState
from ums_service.domain.legal_holds import LEGAL_HOLDS, Hold, check_not_held
from ums_service.domain.profiles import DAY_S
from ums_service.domain.roster import update_roster
from ums_service.domain.statuses import Status
from ums_service.domain.users import USERS, User
from ums_service.handlers.endings import end_everything_of
from ums_service.handlers.forgetting import forget_mail
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.turns import taking_turns
from ums_service.handlers.views import deleted_view

PURGED_AT_ONCE: Final = 100


async def anonymise_user(
    request: AnonymiseUser, call: Call
) -> Answer[AnonymiseUserReply]:
    """Empty an account; its id and its times stay."""
    require_fresh(call)
    call.subject = request.user_id
    user = await call.tx.get(USERS, request.user_id)
    if user is None:
        raise NotFound
    if user.status == Status.ANONYMISED:
        raise WrongState("User is already anonymised")
    nobodys = await call.hash(call.facilities.new_token())
    await check_not_held(call.tx, user.user_id)
    after = anonymised(user, nobodys, call.now)
    await update_roster(call.tx, user, after)
    await end_everything_of(user.user_id, call)
    await invitations.forget(call.tx, user.user_id, user.email)
    await belongings.erase(call.tx, user.user_id)
    await forget_mail(user.user_id, user.email, call)
    call.tx.put(USERS, after)
    receipt = call.facilities.new_session_id()
    call.details["receipt"], call.reason = receipt, request.reason
    return answer(
        AnonymiseUserReply,
        message="User anonymised",
        receipt=receipt,
        anonymised_at=call.now.text,
    )


async def legal_hold(request: LegalHold, call: Call) -> Answer[LegalHoldReply]:
    """Keep an account from being erased, or end that."""
    require_fresh(call)
    user = await _in_use_or_deleted(request.user_id, call)
    # no subject: people read the entries of which they are one, and are not told
    call.details |= {"account": user.user_id, "hold": request.hold}
    call.reason = request.reason
    held = await call.tx.get(LEGAL_HOLDS, user.user_id)
    if request.hold is (held is not None):
        state = "already" if held else "not"
        raise WrongState(f"The account is {state} under legal hold")
    if not request.hold:
        call.tx.delete(LEGAL_HOLDS, user.user_id)
        await _purge_if_due(user.user_id, call)
        return answer(LegalHoldReply, message="Legal hold ended", held=False)
    decided_by = call.own_session.user_id
    call.tx.put(
        LEGAL_HOLDS, Hold(user.user_id, request.reason, call.now.text, decided_by)
    )
    return answer(
        LegalHoldReply, message="Legal hold set", held=True, since=call.now.text
    )


async def _purge_if_due(user_id: str, call: Call) -> None:
    """Erase what only the hold has kept: it lies among others that are not due yet."""
    gone = await call.tx.get(DELETED_USERS, user_id)
    if gone is not None and gone.purge_after_epoch_s <= call.now.epoch_s:
        await deleted.purge(call.tx, user_id, call.now)


async def _in_use_or_deleted(user_id: str, call: Call) -> User:
    user = await call.tx.get(USERS, user_id)
    if user is None:
        gone = await call.tx.get(DELETED_USERS, user_id)
        if gone is None:
            raise NotFound
        user = gone.user
    return user


async def apply_retention(
    request: ApplyRetention, call: Call
) -> Answer[ApplyRetentionReply]:
    """Tell which deleted accounts are due, and erase them if asked to."""
    if not request.dry_run:
        require_fresh(call)
        if request.within_days:
            raise InvalidInput("within_days", "should be given for a dry run only")
    store, at_s = call.facilities.store, call.now.epoch_s + request.within_days * DAY_S
    due, held, truncated = list[dict[str, Any]](), list[dict[str, Any]](), False
    async for _, user_id in taking_turns(store.ids(DELETED_USERS)):
        gone = store.get(DELETED_USERS, user_id)
        if gone is None or gone.purge_after_epoch_s > at_s:
            continue
        view = deleted_view(gone, store)
        (held if view["held"] else due).append(view)
        truncated = max(len(due), len(held)) > LIST_MAX
        if truncated:
            break
    purged = [] if request.dry_run else [one["user_id"] for one in due]
    for user_id in purged[:PURGED_AT_ONCE]:
        await deleted.purge(call.tx, user_id, call.now)
    call.discloses = True
    call.details |= {
        "dry_run": request.dry_run,
        "due": len(due),
        "held": len(held),
        "purged": len(purged[:PURGED_AT_ONCE]),
    }
    more = {"truncated": True} if truncated else {}
    return answer(
        ApplyRetentionReply,
        due=due[:LIST_MAX],
        held=held[:LIST_MAX],
        purged=purged[:PURGED_AT_ONCE],
        **more,
    )
