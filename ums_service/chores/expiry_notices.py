"""Tells people, once for each password, that it ends soon."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from storage import Store
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import Mail, Template
from ums_service.domain.password_expiry import password_state
from ums_service.domain.profiles import Profile
from ums_service.domain.sessions import new_token
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.mail.queue import MailQueue
from ums_service.sending.mails import mail_to, notice

LOOKED_AT: Final = 500
"""Accounts in one round, of which there is one a minute: a million in a day and a half."""


class ExpiryNotices:
    """Walks over all accounts, a little at a time. Belongs to the loop."""

    def __init__(self, store: Store, profile: Profile, queue: MailQueue | None) -> None:
        self._store = store
        self._profile = profile
        self._queue = queue
        self._walk: Iterator[str] = iter(())

    async def tell_some(self, now: Moment) -> None:
        """Tell some accounts, each durably with the note that it is told.

        A full outbox leaves the rest to a later round.
        """
        if not self._is_on():
            return
        user_ids = list(islice(self._walk, LOOKED_AT))
        if len(user_ids) < LOOKED_AT:
            self._walk = iter(self._store.ids(USERS))
        for user_id in user_ids:
            user = self._store.get(USERS, user_id)
            if user is not None and self._is_due(user, now):
                await self._tell(user_id, now)

    def _is_on(self) -> bool:
        return self._profile.notices and self._profile.password_expires_s is not None

    def _is_due(self, user: User, now: Moment) -> bool:
        if user.expiry_told or user.status != ACTIVE or user.service_account:
            return False
        return password_state(user, self._profile, now).expires_soon

    async def _tell(self, user_id: str, now: Moment) -> None:
        if self._queue is not None and not self._queue.has_room(self._store):
            return
        async with self._store.transaction() as tx:
            user = await tx.get(USERS, user_id)
            if user is None or not self._is_due(user, now):
                return
            made = notice(
                user, self._mail(user, now), self._queue, self._profile, self._store
            )
            await made.put(tx)
            tx.put(USERS, user._replace(expiry_told=True))
        made.send(now)

    def _mail(self, user: User, now: Moment) -> Mail:
        days = password_state(user, self._profile, now).days_left
        return mail_to(user, Template.EXPIRING_SOON, now, "", new_token(), days=days)
