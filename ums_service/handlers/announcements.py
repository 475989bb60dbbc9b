"""Sending notifications to accounts or a lab; listing and stopping what is sent."""

from typing import Any, Final

from ums_client.protocol.notifications import (
    CancelScheduled,
    CancelScheduledReply,
    ListScheduled,
    ListScheduledReply,
    SendNotification,
    SendNotificationReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import require_mail
from ums_service.domain.announcements import (
    ANNOUNCEMENTS,
    Announcement,
    State,
    made_within_hour,
    new_id,
)
from ums_service.domain.details import DETAILS, PREFERENCES, Details
from ums_service.domain.errors import (
    InvalidInput,
    MissingInput,
    NoSuchJob,
    NotConfigured,
    RateLimited,
    WrongState,
)
from ums_service.domain.message_templates import filled
from ums_service.domain.moment import text_of
from ums_service.domain.notice_words import OF_SERVICE, Words
from ums_service.domain.notifications import Channel
from ums_service.domain.profiles import HOUR_S, MINUTE_S
from ums_service.domain.schedules import Schedule, new_schedule
from ums_service.handlers.turns import ids_behind, taking_turns
from ums_service.sending.permissions import SENDING, SENDING_EVERYWHERE

ENDED_KEPT: Final = 100
"""Sendings of one account that are kept after their end, the newest."""


async def send_notification(
    request: SendNotification, call: Call
) -> Answer[SendNotificationReply]:
    """Note what is to be sent; it is worked off by the announcer."""
    _require(request, call)
    check_channels(request.channels, call)
    await call.own_account()
    words, kind = _words(request), _type(request)
    schedule = _schedule(request, call)
    await _make_room(call)
    user_ids = tuple(sorted(set(request.user_ids or ())))
    job = Announcement(
        job_id=new_id(call.now, call.facilities.new_key_id()),
        user_id=call.own_session.user_id,
        created_s=call.now.epoch_s,
        type=kind,
        title=words.title,
        body=words.body,
        channels=tuple(dict.fromkeys(request.channels)),
        priority=request.priority,
        schedule=schedule,
        next_s=schedule.start_s,
        key_id=call.key.key_id if call.key else "",
        lab_id=request.lab_id or "",
        recipients=user_ids,
        accounts=len(user_ids),
    )
    call.tx.put(ANNOUNCEMENTS, job)
    call.details = {
        "job_id": job.job_id,
        "type": kind,
        "channels": list(job.channels),
        "schedule": schedule.every,
    }
    more: dict[str, Any] = {} if job.lab_id else {"accounts": job.accounts}
    return answer(
        SendNotificationReply,
        message="The notification is sent when its time comes",
        job_id=job.job_id,
        state=job.state,
        next_at=text_of(job.next_s),
        **more,
    )


async def list_scheduled(
    request: ListScheduled, call: Call
) -> Answer[ListScheduledReply]:
    """List what is being sent, in the order in which it was asked for."""
    store, shown = call.facilities.store, list[dict[str, Any]]()
    ids, last = _listed(request, call), None
    async for _, job_id in taking_turns(ids):
        job = store.get(ANNOUNCEMENTS, job_id)
        if job is None or request.state not in (None, job.state):
            continue
        if len(shown) == request.limit:
            last = shown[-1]["job_id"]
            break
        shown.append(_view(job))
    more = {} if last is None else {"next_cursor": last}
    return answer(ListScheduledReply, scheduled=shown, **more)


async def cancel_scheduled(
    request: CancelScheduled, call: Call
) -> Answer[CancelScheduledReply]:
    """Stop a sending; the accounts of the commit that is under way are told."""
    job = await call.tx.get(ANNOUNCEMENTS, request.job_id)
    own = call.own_session.user_id
    if job is None or (job.user_id != own and not call.may(SENDING_EVERYWHERE)):
        raise NoSuchJob
    if job.has_ended:
        raise WrongState(f"The notification is {job.state}")
    call.tx.put(ANNOUNCEMENTS, job.ended(State.CANCELLED))
    call.subject, call.lab_id = job.user_id, job.lab_id or None
    call.details = {"job_id": job.job_id, "done": job.done}
    return answer(
        CancelScheduledReply,
        message="Nobody is told any more",
        job_id=job.job_id,
        done=job.done,
    )


def check_channels(channels: list[Any], call: Call) -> None:
    """Raise NotConfigured for a channel that the service has not."""
    if Channel.EMAIL in channels:
        require_mail(call)
    if Channel.PUSH in channels and call.facilities.push is None:
        raise NotConfigured("push gateway")


def _require(request: SendNotification, call: Call) -> None:
    """Return for who may send there.

    Raises:
        MissingInput: it is not said to whom.
        PermissionDenied, NoSuchLab: they may not.
    """
    if (request.user_ids is None) is (request.lab_id is None):
        call.require(SENDING_EVERYWHERE)
        raise MissingInput("Either user_ids or lab_id is required")
    if request.lab_id is None:
        call.require(SENDING_EVERYWHERE)
    else:
        call.in_lab(request.lab_id, *SENDING).read(call.facilities.store)


def _words(request: SendNotification) -> Words:
    if request.template is not None:
        if request.title is not None or request.body is not None:
            raise MissingInput("Either a template or title and body is required")
        return filled(request.template, request.data or {})
    if request.title is None or request.body is None:
        raise MissingInput("Either a template or title and body is required")
    if request.data is not None:
        raise InvalidInput("data", "belongs to a template")
    return Words(request.title, request.body)


def _type(request: SendNotification) -> str:
    """What programs are told that it is; never what the service itself tells."""
    given = "type" in request.model_fields_set
    kind = request.type if given or not request.template else request.template
    if kind in OF_SERVICE:
        raise InvalidInput("type", "should be none of the service's own")
    return kind


def _schedule(request: SendNotification, call: Call) -> Schedule:
    zone = request.timezone
    if not zone:
        user_id = call.own_session.user_id
        own = call.facilities.store.get(DETAILS, user_id) or Details(user_id, {})
        zone = str(own.section(PREFERENCES)["timezone"])
    return new_schedule(
        request.schedule,
        request.scheduled_time,
        zone,
        (request.interval_minutes or 0) * MINUTE_S,
        request.end_date,
        call.now,
    )


async def _make_room(call: Call) -> None:
    """Return when one more can be sent; of those that have ended the oldest go.

    Raises:
        RateLimited: too many were sent in the last hour.
        WrongState: too many wait.
    """
    own, profile = call.own_session.user_id, call.facilities.profile
    ids = await call.tx.ids_where(ANNOUNCEMENTS, "user_id", own)
    recent = made_within_hour(ids, call.now)
    if len(recent) >= profile.notification_sends_per_hour:
        raise RateLimited(retry_after_s=HOUR_S / profile.notification_sends_per_hour)
    is_open = frozenset(await call.tx.ids_where(ANNOUNCEMENTS, "open_of", own))
    if len(is_open) >= profile.notification_schedules:
        raise WrongState(f"You have {len(is_open)} notifications waiting already")
    ended = [job_id for job_id in ids if job_id not in is_open]
    for job_id in ended[: max(0, len(ended) - ENDED_KEPT)]:
        if job_id not in recent:
            call.tx.delete(ANNOUNCEMENTS, job_id)


def _listed(request: ListScheduled, call: Call) -> list[str]:
    """The ids of those that the caller asks for, behind the cursor."""
    store, after = call.facilities.store, request.cursor
    if request.all:
        call.require(SENDING_EVERYWHERE)
        call.discloses = True
        return ids_behind(store, ANNOUNCEMENTS, after)
    own = call.own_session.user_id
    return store.ids_where(ANNOUNCEMENTS, "user_id", own, after=after)


def _view(job: Announcement) -> dict[str, Any]:
    told: dict[str, Any] = {
        "job_id": job.job_id,
        "sender": job.user_id,
        "type": job.type,
        "title": job.title,
        "body": job.body,
        "channels": list(job.channels),
        "priority": job.priority,
        "state": job.state,
        "schedule": job.schedule.every,
        "timezone": job.schedule.zone,
        "done": job.done,
        "skipped": job.skipped,
        "runs": job.runs,
        "created_at": text_of(job.created_s),
    }
    if job.key_id:
        told["key_id"] = job.key_id
    if job.lab_id:
        told["lab_id"] = job.lab_id
    else:
        told["accounts"] = job.accounts
    if not job.has_ended:
        told["next_at"] = text_of(job.next_s)
    if job.schedule.end_s is not None:
        told["end_at"] = text_of(job.schedule.end_s)
    return told
