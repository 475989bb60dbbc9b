"""Old audit entries go, a whole segment at a time, and the log says so before.

look: whole segments that are old enough -> an entry that tells of it -> drop
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Final

from storage import Disk, Search, Store
from storage.errors import StoreError
from ums_service.domain.audit import AUDIT, AuditEntry, Outcome
from ums_service.domain.audit_search import text_before
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import DAY_S, HOUR_S

LOOKED_EVERY_S: Final = HOUR_S
CLOCK_TRUSTED_AFTER_S: Final = DAY_S
CLOCK_TRUSTED_WITHIN_S: Final = 30 * DAY_S
_SEARCH_BYTES_MAX: Final = 64 * 1024 * 1024
_REST_S: Final = 0.001

_log = logging.getLogger(__name__)


class _Stopping(Exception):
    """The service ends before the oldest segments have been read."""


class AuditRetention:
    """Drops what has been kept long enough. Nothing waits for it."""

    def __init__(
        self,
        store: Store,
        clock: Callable[[], Moment],
        *,
        kept_days: int,
        hold: bool,
        archive: Disk | None = None,
    ) -> None:
        """With `hold` everything stays, whatever its age; what goes is copied before."""
        self._store = store
        self._clock = clock
        self._kept_days = kept_days
        self._hold = hold
        self._archive = archive
        self._stopping = False

    async def run(self) -> None:
        """Go on until cancelled."""
        try:
            while True:
                await self.drop_expired()
                await asyncio.sleep(LOOKED_EVERY_S)
        finally:
            self._stopping = True

    async def drop_expired(self) -> None:
        """Drop all that is old enough; tried again in the next round if it fails."""
        if self._hold:
            return
        try:
            while await self._drop_some(self._clock()):
                pass
        except (StoreError, OSError) as error:
            _log.warning("old audit entries could not be dropped: %s", error)

    async def _drop_some(self, now: Moment) -> bool:
        """One batch; returns whether there was any."""
        if not await asyncio.to_thread(self._clock_is_trusted, now):
            return False
        before = text_before(now, self._kept_days * DAY_S)
        try:
            expired = await asyncio.to_thread(
                self._store.expired, AUDIT, before, self._rest
            )
        except _Stopping:
            return False
        if expired is None:
            return False
        entry = AuditEntry(
            event="audit_dropped",
            outcome=Outcome.DONE,
            details={
                "entries": expired.entries,
                "last": expired.through,
                "newest": expired.newest,
                "kept_days": self._kept_days,
                "archived": self._archive is not None,
            },
        )
        async with self._store.transaction() as tx:
            entry.append_to(tx, now)
        await self._store.drop(AUDIT, expired.through, archive=self._archive)
        _log.info("%d audit entries were dropped", expired.entries)
        return True

    def _clock_is_trusted(self, now: Moment) -> bool:
        """Whether the log goes on to about now, and not only since today.

        A clock that jumps ahead by years would have everything dropped, and what is
        dropped does not come back.
        """
        recent = Search(
            since=text_before(now, CLOCK_TRUSTED_WITHIN_S),
            until=text_before(now, CLOCK_TRUSTED_AFTER_S),
        )
        page = self._store.search(
            AUDIT, recent, limit=1, read_bytes_max=_SEARCH_BYTES_MAX
        )
        return bool(page.entries)

    def _rest(self) -> None:
        if self._stopping:
            raise _Stopping
        time.sleep(_REST_S)
