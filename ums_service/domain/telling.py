"""Telling people what happened to their account: in their list, and by mail.

The one place where both happen; the list does not need a mail server.
"""

from storage import Transaction
from ums_service.domain import outbox
from ums_service.domain.notice_words import OF_EVENTS, kept_data
from ums_service.domain.notifications import (
    NOTIFICATIONS,
    Channel,
    Notification,
    Notifications,
)
from ums_service.domain.outbox import Mail
from ums_service.domain.users import USERS


async def tell(tx: Transaction, mail: Mail, *, by_mail: bool, kept: int) -> None:
    """Keep what `mail` tells in the list of its account, and queue it with `by_mail`.

    Durable when `tx` is committed. A greeting at the beginning is only mailed, and
    nothing is kept of an account that is gone.
    """
    if mail.template in OF_EVENTS and await tx.get(USERS, mail.user_id) is not None:
        own = await tx.get(NOTIFICATIONS, mail.user_id) or Notifications(mail.user_id)
        tx.put(NOTIFICATIONS, own.with_one(_entry(mail, by_mail=by_mail), kept=kept))
    if by_mail:
        await outbox.add(tx, mail)


def _entry(mail: Mail, *, by_mail: bool) -> Notification:
    channels = [Channel.IN_APP.value]
    if by_mail:
        channels.append(Channel.EMAIL.value)
    return Notification(
        0,
        mail.template,
        mail.queued_s,
        channels=tuple(channels),
        data=kept_data(mail.data),
        mail_id=mail.mail_id if by_mail else "",
    )
