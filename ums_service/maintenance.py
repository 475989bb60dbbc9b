"""What happens by itself: ended sessions go, kept things are purged, systemd is told."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final

from storage import Store, Transaction
from storage.errors import StoreError
from ums_service.domain import outbox
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.deleted import due_for_purge, purge
from ums_service.domain.idempotency import DONE, KEPT_S
from ums_service.domain.moment import Moment
from ums_service.domain.one_time import ONE_TIME, spent
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.sessions import Sessions
from ums_service.refusal_log import RefusalLog

TICK_S: Final = 1.0
PURGE_EVERY_TICKS: Final = 60
PURGED_AT_ONCE: Final = 100
LINKS_LOOKED_AT: Final = 1_000


class Maintenance:
    """One round each second. A store that cannot write is left alone until it can."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        refusals: RefusalLog,
        clock: Callable[[], Moment],
        tell: Callable[[], None],
    ) -> None:
        self._store = store
        self._sessions = sessions
        self._refusals = refusals
        self._clock = clock
        self._tell = tell
        self._links: Iterator[str] = iter(())

    async def run(self) -> None:
        """Go on until cancelled."""
        tick = 0
        while True:
            self._tell()
            self._sessions.sweep(self._clock())
            if tick % PURGE_EVERY_TICKS == 0:
                await self.purge(self._clock())
            tick += 1
            await asyncio.sleep(TICK_S)

    async def purge(self, now: Moment) -> None:
        """Erase what has been kept long enough, a little at a time."""
        await self._refusals.flush(now)
        try:
            await self._purge_links(now)
            while await self._purge_some(now):
                pass
        except StoreError:
            return  # tried again in the next round; the store tells its own state

    async def _purge_some(self, now: Moment) -> bool:
        """Erase one batch; returns whether there was anything to erase."""
        tx = self._store.transaction()
        old = self._old_replies(now)
        due = due_for_purge(self._store, now, most=PURGED_AT_ONCE)
        letters = outbox.due_for_purge(self._store, now, most=PURGED_AT_ONCE)
        for done_id in old:
            tx.delete(DONE, done_id)
        for mail_id in letters:
            tx.delete(OUTBOX, mail_id)
        for user_id in due:
            _purge_user(tx, user_id, now)
        await tx.commit()
        return bool(old or due or letters)

    async def _purge_links(self, now: Moment) -> None:
        """Erase links that are over, looking at some accounts in each round."""
        user_ids = list(islice(self._links, LINKS_LOOKED_AT))
        if len(user_ids) < LINKS_LOOKED_AT:
            self._links = iter(self._store.ids(ONE_TIME))
            user_ids += islice(self._links, LINKS_LOOKED_AT - len(user_ids))
        async with self._store.transaction() as tx:
            for user_id in spent(self._store, user_ids, now):
                if await tx.get(ONE_TIME, user_id) is not None:
                    tx.delete(ONE_TIME, user_id)

    def _old_replies(self, now: Moment) -> list[str]:
        oldest = islice(self._store.scan(DONE), PURGED_AT_ONCE)
        return [d.done_id for d in oldest if d.at_epoch_s + KEPT_S < now.epoch_s]


def _purge_user(tx: Transaction, user_id: str, now: Moment) -> None:
    purge(tx, user_id)
    AuditEntry(event="user_purged", outcome=Outcome.DONE, subject=user_id).append_to(
        tx, now
    )
