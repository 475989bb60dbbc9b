"""Dead letters that were kept long enough go, and mail to accounts that are gone."""

import heapq
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import islice
from typing import Final

from storage import Store
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import DEAD_MAX, OUTBOX, Mail, MailState
from ums_service.domain.profiles import DAY_S
from ums_service.domain.users import USERS
from ums_service.handlers.turns import taking_turns

DEAD_KEPT_S: Final = 30 * DAY_S
LOOKED_AT: Final = 1_000
"""Mails looked at in one round for accounts that are gone; a walk goes over all."""
_AT_ONCE: Final = 100
_Goes = Callable[[Mail], bool]


class OldMail:
    """Takes out of the outbox what nobody waits for."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._walk: Iterator[str] = iter(())

    async def round(self, now: Moment) -> None:
        """Delete what is due. Raises StoreError."""
        orphans = [m.mail_id async for m in self._some() if not self._has_account(m)]
        await self._delete(orphans, lambda mail: not self._has_account(mail))
        dead = [m async for m in self._dead()]
        old = {m.mail_id for m in dead if m.next_try_s + DEAD_KEPT_S < now.epoch_s}
        surplus = heapq.nsmallest(len(dead) - DEAD_MAX, dead, key=_tried)
        due = old.union(mail.mail_id for mail in surplus)
        await self._delete(sorted(due), lambda mail: mail.state == MailState.DEAD)

    async def _some(self) -> AsyncIterator[Mail]:
        """The next mails of the walk."""
        mail_ids = list(islice(self._walk, LOOKED_AT))
        if len(mail_ids) < LOOKED_AT:
            self._walk = iter(self._store.ids(OUTBOX))
            mail_ids += islice(self._walk, LOOKED_AT - len(mail_ids))
        async for _, mail_id in taking_turns(mail_ids):
            mail = self._store.get(OUTBOX, mail_id)
            if mail is not None:
                yield mail

    async def _dead(self) -> AsyncIterator[Mail]:
        """All dead letters: `DEAD_MAX` and those of the last minute."""
        mail_ids = self._store.ids_where(OUTBOX, "state", MailState.DEAD.value)
        async for _, mail_id in taking_turns(mail_ids):
            mail = self._store.get(OUTBOX, mail_id)
            if mail is not None:
                yield mail

    def _has_account(self, mail: Mail) -> bool:
        """Whether its account is there still; one to nobody waits until it is tried."""
        if not mail.user_id:
            return mail.state == MailState.PENDING
        known = (USERS, DELETED_USERS)
        return any(self._store.get_value(c, mail.user_id) is not None for c in known)

    async def _delete(self, mail_ids: list[str], goes: _Goes) -> None:
        for first in range(0, len(mail_ids), _AT_ONCE):
            async with self._store.transaction() as tx:
                for mail_id in mail_ids[first : first + _AT_ONCE]:
                    mail = await tx.get(OUTBOX, mail_id)
                    if mail is not None and goes(mail):
                        tx.delete(OUTBOX, mail_id)


def _tried(mail: Mail) -> int:
    return mail.next_try_s
