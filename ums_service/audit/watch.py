"""What is done about the audit log by itself: checked after a start, its head kept."""

import asyncio
import logging
from collections.abc import Callable

from storage import Head, Store
from storage.errors import StoreError
from ums_service.audit.anchor import Anchor
from ums_service.audit.reader import AuditReader, Stopping
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.errors import Busy
from ums_service.domain.moment import Moment

_log = logging.getLogger(__name__)


class AuditWatch:
    """Watches one log. A fault is logged, and entered into the log itself."""

    def __init__(
        self,
        store: Store,
        reader: AuditReader,
        anchor: Anchor | None,
        clock: Callable[[], Moment],
        *,
        every_s: float,
    ) -> None:
        """`every_s` is how often the head is kept where there is an anchor."""
        self._store = store
        self._reader = reader
        self._anchor = anchor
        self._clock = clock
        self._every_s = every_s
        self._kept: Head | None = None

    async def run(self) -> None:
        """Go on until cancelled."""
        await self.keep_head()
        await self.check()
        while True:
            await asyncio.sleep(self._every_s)
            await self.keep_head()

    async def check(self) -> None:
        """Read the whole log once: a start compares only the ends of its segments."""
        try:
            checked = await self._reader.check()
        except (Busy, Stopping):
            return  # somebody else checks it, or the next start will
        except OSError as error:
            _log.error("the audit log cannot be read: %s", error)
            return
        if checked.fault is None:
            return
        first_bad = checked.first_bad
        _log.critical(
            "the audit log is damaged from entry %d on: %s", first_bad, checked.fault
        )
        entry = AuditEntry(
            event="audit_damaged",
            outcome=Outcome.FOUND,
            details={"first_bad": first_bad, "file": checked.fault.file},
        )
        try:
            async with self._store.transaction() as tx:
                entry.append_to(tx, self._clock())
        except StoreError as error:
            _log.warning("no audit entry for %s: %s", entry.event, error)

    async def keep_head(self) -> None:
        """Write the head to the anchor if it is another than the last time."""
        head, anchor = self._store.head, self._anchor
        if anchor is None or head == self._kept:
            return
        try:
            await asyncio.to_thread(anchor.keep, head, self._clock().text)
        except OSError as error:
            _log.warning("the head could not be kept in %s: %s", anchor.name, error)
        else:
            self._kept = head
