"""Sending the audit log to another system, as it grows (ASVS 16.4.3).

read what is behind the last one that was sent -> send -> remember how far, now and then

An entry is sent at least once: when the way breaks, or the process is killed, some are
sent again. They have numbers. What is sealed stays here, so that erasing an account
erases it everywhere.
"""

import asyncio
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from storage import Head, Search, Store
from storage.collection import Entry
from storage.errors import StoreError
from ums_service.audit.syslog import MESSAGE_BYTES_MAX, Collector, Message
from ums_service.domain.audit import AUDIT, Severity
from ums_service.domain.shipping import SHIPPED, Shipped

EVERY_S: Final = 1.0
RETRY_S: Final = 10.0
"""How long a collector that cannot be reached is left alone."""
FINISH_WITHIN_S: Final = 2.0
AT_ONCE: Final = 500
REMEMBERED_EVERY: Final = 60
"""Rounds between two commits that tell how far it is."""
_READ_BYTES_MAX: Final = 64 * 1024 * 1024
_HEAD_BYTES: Final = 512
_SEALED: Final = ("of_actor", "of_subject")
_LEFT_OUT: Final = ("at", "severity", *_SEALED)
_log = logging.getLogger(__name__)


class AuditShipping:
    """Sends what is new each second. Nothing waits for it; nothing is skipped."""

    def __init__(self, store: Store, collector: Collector) -> None:
        """Goes on behind what was sent before; the first time with the oldest entry."""
        self._store = store
        self._collector = collector
        known = store.get(SHIPPED, AUDIT.name)
        self._last = self._remembered = known.last if known else 0
        self._broken = False
        self._seen: Head | None = None

    async def run(self) -> None:
        """Go on until cancelled."""
        rounds = 0
        while True:
            while await self.ship():
                pass
            rounds += 1
            if rounds % REMEMBERED_EVERY == 0:
                await self.remember()
            await asyncio.sleep(RETRY_S if self._broken else EVERY_S)

    async def ship(self) -> bool:
        """Send some; returns whether there may be more that can be sent now."""
        head = self._store.head
        if head == self._seen:
            return False
        try:
            entries = await asyncio.to_thread(self._next)
            if entries:
                messages = [message_of(entry) for entry in entries]
                await asyncio.to_thread(self._collector.send, messages)
        except (OSError, StoreError) as error:
            if not self._broken:
                name = self._collector.name
                _log.warning("the audit log cannot be sent to %s: %s", name, error)
            self._broken = True
            return False
        if self._broken:
            _log.warning("the audit log is sent to %s again", self._collector.name)
        self._broken = False
        if entries:
            self._last = entries[-1].sequence
        if len(entries) == AT_ONCE:
            return True
        self._seen = head
        return False

    async def finish(self) -> None:
        """Send the last entries of an orderly stop, if they can be sent at once."""
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_WITHIN_S):
                while await self.ship():
                    pass
        await self.remember()

    async def remember(self) -> None:
        """Make durable how far it is; where the disk fails, more is sent again."""
        if self._last == self._remembered:
            return
        last = self._last
        try:
            async with self._store.transaction() as tx:
                tx.put(SHIPPED, Shipped(AUDIT.name, last))
        except StoreError as error:
            _log.warning("how far the audit log was sent is not noted: %s", error)
        else:
            self._remembered = last

    def _next(self) -> list[Entry]:
        """The next entries in order; those that were dropped are passed over."""
        begin = max(self._last, self._store.first_entry(AUDIT) - 1)
        below: int | None = begin + 1 + AT_ONCE
        found: list[Entry] = []
        while below is not None and below > begin + 1:
            page = self._store.search(
                AUDIT,
                Search(),
                limit=below - begin - 1,
                read_bytes_max=_READ_BYTES_MAX,
                below=below,
            )
            found += page.entries
            below = page.below
        return [entry for entry in reversed(found) if entry.sequence > begin]


def message_of(entry: Entry) -> Message:
    """An entry as it leaves: with ids, without what is sealed."""
    data: Mapping[str, Any] = entry.data
    told = {"number": entry.sequence}
    told |= {name: value for name, value in data.items() if name not in _LEFT_OUT}
    text = json.dumps(told)
    if len(text) > MESSAGE_BYTES_MAX - _HEAD_BYTES:
        text = json.dumps(told | {"details": "too long; see the entry"})
    severity = data.get("severity", Severity.INFO.value)
    return Message(data["at"], data["event"], severity, text)
