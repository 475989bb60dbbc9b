"""A test of how the caller is told."""

from ums_client.protocol.notifications import TestNotification, TestNotificationReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import new_mail, post
from ums_service.domain.errors import RateLimited, WrongState
from ums_service.domain.notice_words import words_of
from ums_service.domain.notifications import (
    NOTIFICATIONS,
    TEST,
    Channel,
    Notification,
    Notifications,
)
from ums_service.domain.outbox import Template
from ums_service.domain.profiles import HOUR_S
from ums_service.domain.push_devices import PUSH_DEVICES
from ums_service.domain.users import User
from ums_service.handlers.announcements import check_channels
from ums_service.sending.mails import is_reachable
from ums_service.sending.push import Push


async def test_notification(
    request: TestNotification, call: Call
) -> Answer[TestNotificationReply]:
    """Tell the caller that a test was wanted, by one channel."""
    user_id, profile = (await call.own_account()).user_id, call.facilities.profile
    channel = Channel(request.channel)
    check_channels([channel], call)
    own = await call.tx.get(NOTIFICATIONS, user_id) or Notifications(user_id)
    if own.tested(call.now) >= profile.notification_tests_per_hour:
        raise RateLimited(retry_after_s=HOUR_S / profile.notification_tests_per_hour)
    mail_id = ""
    if channel is Channel.EMAIL:
        mail_id = await _mail(call)
    if channel is Channel.PUSH:
        _push(user_id, call)
    entry = Notification(
        0, TEST, call.now.epoch_s, channels=(request.channel,), mail_id=mail_id
    )
    call.tx.put(NOTIFICATIONS, own.with_one(entry, kept=profile.notifications_kept))
    call.subject = user_id
    call.details["channel"] = request.channel
    return answer(
        TestNotificationReply, message="A test is on its way", channel=request.channel
    )


async def _mail(call: Call) -> str:
    """Queue a mail; its id. Raises WrongState where it would reach nobody."""
    user: User | None = call.caller()
    if user is None or not is_reachable(user):
        raise WrongState("The account has no mail address")
    mail = new_mail(call, user, Template.TEST)
    await post(call, mail)
    return mail.mail_id


def _push(user_id: str, call: Call) -> None:
    """Push to all devices after the commit. Raises WrongState where there are none."""
    own, sender = call.facilities.store.get(PUSH_DEVICES, user_id), call.facilities.push
    if own is None or not own.devices or sender is None:
        raise WrongState("The account has no device to push to")
    words = words_of(TEST, {})
    pushes = [Push(device, words.title, words.body) for device in own.devices]
    call.after_commit.append(lambda: sender.add(pushes))
