"""Taking accounts out of use and back into it."""

from dataclasses import dataclass
from typing import Any

from ums_client.protocol.statuses import SetUserStatus, SetUserStatusReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify
from ums_service.domain.audit_seals import changes_of
from ums_service.domain.errors import InvalidInput, NotFound
from ums_service.domain.moment import text_of
from ums_service.domain.outbox import Template
from ums_service.domain.profiles import DAY_S
from ums_service.domain.roster import update_roster
from ums_service.domain.standings import STANDINGS, Standing
from ums_service.domain.statuses import Status, check_change
from ums_service.domain.users import USERS, User
from ums_service.handlers.endings import end_everything_of
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.views import user_view


@dataclass(frozen=True, slots=True)
class Wanted:
    """The status an account is to have, why, and until when (seconds since 1970)."""

    status: str
    reason: str = ""
    until_s: int | None = None


async def set_user_status(
    request: SetUserStatus, call: Call
) -> Answer[SetUserStatusReply]:
    """Give an account another status."""
    require_fresh(call)
    call.subject = request.user_id
    before = await call.tx.get(USERS, request.user_id)
    if before is None:
        raise NotFound
    check_change(before.status, request.status)
    wanted = Wanted(request.status, request.reason, _until_s(request, call))
    ended = await end_everything_of(before.user_id, call)
    after = with_status(before, wanted, call)
    await update_roster(call.tx, before, after)
    view = user_view(call.tx.put(USERS, after), call.facilities.profile)
    call.details["status"] = request.status
    call.changes = changes_of(before, after, ["status"])
    if request.reason:  # about a person: sealed with what goes when they do
        call.changes["reason"] = ["", request.reason]
    call.subject_name = before.username
    until = text_of(wanted.until_s) if wanted.until_s else None
    more: dict[str, Any] = {"suspended_until": until} if until else {}
    call.details |= more
    await notify(
        call,
        after,
        Template.STATUS_CHANGED,
        status=after.status,
        until=until or "",
        reason=request.reason,
    )
    return answer(
        SetUserStatusReply,
        message=f"User is {after.status}",
        user=view,
        **more,
        sessions_ended=ended,
    )


def with_status(user: User, wanted: Wanted, call: Call) -> User:
    """The account with another status; why it has it goes into the transaction.

    That sessions end is the caller's to see to.
    """
    if wanted.status == Status.ACTIVE:
        call.tx.delete(STANDINGS, user.user_id)
    else:
        decided_by = call.own_session.user_id
        standing = Standing(
            user.user_id, wanted.reason, call.now.text, decided_by, wanted.until_s
        )
        call.tx.put(STANDINGS, standing)
    return user._replace(status=wanted.status, updated_at=call.now.text)


def _until_s(request: SetUserStatus, call: Call) -> int | None:
    if request.duration_days is None:
        return None
    if request.status != "suspended":
        raise InvalidInput("duration_days", "should be given for a suspension only")
    return call.now.reached_s + request.duration_days * DAY_S
