"""What the caller was told: listed, and marked as read."""

from typing import Any

from ums_client.protocol.notifications import (
    ListNotifications,
    ListNotificationsReply,
    MarkNotifications,
    MarkNotificationsReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.errors import MissingInput
from ums_service.domain.moment import text_of
from ums_service.domain.notice_words import Words, words_of
from ums_service.domain.notifications import (
    NOTIFICATIONS,
    Notification,
    Notifications,
)
from ums_service.domain.outbox import OUTBOX, MailState


async def list_notifications(
    request: ListNotifications, call: Call
) -> Answer[ListNotificationsReply]:
    """List what the caller was told, the newest first."""
    user_id = call.own_session.user_id
    own = call.facilities.store.get(NOTIFICATIONS, user_id) or Notifications(user_id)
    found = [e for e in reversed(own.entries) if _is_wanted(e, request)]
    below = own.last + 1 if request.cursor is None else request.cursor
    rest = [e for e in found if e.number < below]
    shown = rest[: request.limit]
    more = {"next_cursor": shown[-1].number} if len(rest) > len(shown) else {}
    return answer(
        ListNotificationsReply,
        notifications=[_view(entry, call) for entry in shown],
        unread=own.unread,
        total=len(found),
        **more,
    )


async def mark_notifications(
    request: MarkNotifications, call: Call
) -> Answer[MarkNotificationsReply]:
    """Mark some or all as read, or as not read."""
    if request.all is (request.notification_ids is not None):
        raise MissingInput("Either notification_ids or all is required")
    user_id = call.own_session.user_id
    before = await call.tx.get(NOTIFICATIONS, user_id) or Notifications(user_id)
    after = before.marked(request.notification_ids, call.now, read=request.read)
    both = zip(before.entries, after.entries, strict=True)
    changed = sum(old is not new for old, new in both)
    if changed:
        call.tx.put(NOTIFICATIONS, after)
        call.subject = user_id
        call.details = {"changed": changed, "read": request.read}
    else:
        call.transaction = None  # nothing to enter
    return answer(MarkNotificationsReply, changed=changed, unread=after.unread)


def _is_wanted(entry: Notification, request: ListNotifications) -> bool:
    if request.type is not None and entry.type != request.type:
        return False
    if request.channel is not None and request.channel not in entry.channels:
        return False
    return request.unread is None or entry.unread is request.unread


def _view(entry: Notification, call: Call) -> dict[str, Any]:
    words = Words(entry.title, entry.body)
    if not entry.of_people:
        words = words_of(entry.type, entry.data)
    told: dict[str, Any] = {
        "notification_id": entry.number,
        "type": entry.type,
        "title": words.title,
        "body": words.body,
        "priority": entry.priority,
        "channels": list(entry.channels),
        "sender": entry.sender,
        "created_at": text_of(entry.created_s),
    }
    if entry.lab_id:
        told["lab_id"] = entry.lab_id
    if entry.read_s is not None:
        told["read_at"] = text_of(entry.read_s)
    if entry.mail_id:
        told["delivery"] = _delivery(entry.mail_id, call)
    return told


def _delivery(mail_id: str, call: Call) -> str:
    """What became of a mail: those that left are not in the outbox any more."""
    mail = call.facilities.store.get(OUTBOX, mail_id)
    if mail is None:
        return "handed_over"
    return "failed" if mail.state == MailState.DEAD else "queued"
