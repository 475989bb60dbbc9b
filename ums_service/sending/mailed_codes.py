"""Sends codes as mails, through the outbox like every other mail."""

from collections.abc import Callable
from dataclasses import replace

from storage import Store
from ums_service.domain import outbox
from ums_service.domain.errors import NotDelivered
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import Template
from ums_service.domain.users import User
from ums_service.mail.queue import MailQueue
from ums_service.sending.mails import mail_to


class MailedCodes:
    """A `CodeSender` for mail addresses."""

    def __init__(
        self,
        store: Store,
        queue: MailQueue,
        clock: Callable[[], Moment],
        new_id: Callable[[], str],
    ) -> None:
        self._store = store
        self._queue = queue
        self._clock = clock
        self._new_id = new_id

    async def send(self, user: User, address: str, code: str, purpose: str) -> None:
        """Queue the mail, durable on return; one that was not sent yet gives way.

        Raises:
            NotDelivered: the outbox is full.
            storage.errors.NotWritten: the disk.
        """
        if not self._queue.has_room(self._store):
            raise NotDelivered
        now = self._clock()
        mail = mail_to(
            user, Template.CODE, now, "", self._new_id(), digits=code, purpose=purpose
        )
        mail = replace(mail, to=address)
        async with self._store.transaction() as tx:
            await outbox.add(tx, mail)
        self._queue.add(mail, now)
