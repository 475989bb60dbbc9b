"""Commits between queue and disk, on the loop's thread.

    check reads, plan changes -> overlay and queue -> durable: publish
                                                   -> failed: drop everything queued

Checking and queueing happen without suspension, so the order of the queue is the order
of the checks. It knows transactions and memory; it must not know files.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import final

from storage.errors import (
    NotWritten,
    StoreClosed,
    StoreReadOnly,
    TransactionTooLarge,
)
from storage.memory import Memory
from storage.records import MAX_TRANSACTION_BYTES, REVISION_BYTES
from storage.state import State
from storage.table import Change
from storage.transaction import Transaction
from storage.writer import Writer

_NO_ENTRIES: tuple[dict[str, int], list[tuple[str, int, bytes]]] = ({}, [])


@final
class Commit:
    """One transaction in flight."""

    __slots__ = ("changes", "entries", "future", "number", "record", "term")

    def __init__(
        self,
        record: bytes,
        term: int,
        number: int,
        changes: list[Change],
        entries: dict[str, int],
        future: asyncio.Future[None],
    ) -> None:
        self.record = record
        self.term = term
        self.number = number
        self.changes = changes
        self.entries = entries
        self.future = future


@final
class Commits:
    """Queues commits for the writer and carries out their outcomes, in order."""

    def __init__(
        self,
        memory: Memory,
        writer: Writer,
        next_transaction: int,
        on_published: Callable[[], None],
    ) -> None:
        self.next_transaction = next_transaction
        self.accepting = False
        self._memory = memory
        self._writer = writer
        self._on_published = on_published
        self._term = 0
        self._in_flight: deque[Commit] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Accept commits from the tasks of `loop`."""
        self._loop = loop
        self.accepting = True

    def submit(self, transaction: Transaction) -> asyncio.Future[None] | None:
        """Check and queue; the future is done when durable, None for no changes."""
        loop = self._loop
        if loop is None or not self.accepting:
            raise StoreClosed("the store is not running")
        transaction.check_reads()
        if not transaction.writes and not transaction.entries:
            return None
        health = self._writer.health
        if health.state is State.READ_ONLY:
            raise StoreReadOnly(health.reason)
        number = self.next_transaction
        changes = self._memory.plan(number, transaction.writes.values())
        latest, entries = _NO_ENTRIES
        if transaction.entries:
            latest, entries = self._number_entries(transaction)
        record = self._record(number, transaction, entries)
        self.next_transaction = number + 1
        self._memory.latest_entries.update(latest)
        for change in changes:
            change.table.stage(number, change)
        commit = Commit(
            record, self._term, number, changes, latest, loop.create_future()
        )
        self._in_flight.append(commit)
        self._writer.put(commit)
        return commit.future

    def published(self, count: int) -> None:
        """The oldest `count` commits are durable: show them, wake their tasks."""
        take = self._in_flight.popleft
        durable = self._memory.durable_entries
        watched: list[Change] = []
        self._memory.changes += count
        for _ in range(count):
            commit = take()
            for change in commit.changes:
                change.table.publish(commit.number, change)
                if change.table.watchers:
                    watched.append(change)
            if commit.entries:
                durable.update(commit.entries)
            if not commit.future.done():
                commit.future.set_result(None)
        for table, id_, *_ in watched:
            for tell in table.watchers:
                tell(id_)
        self._on_published()

    def failed(self, term: int, error: NotWritten) -> None:
        """Everything in flight has failed, since later commits build on earlier ones."""
        if term != self._term:
            return
        self._term += 1
        self._memory.drop_pending()
        lost, self._in_flight = self._in_flight, deque()
        for commit in lost:
            if not commit.future.done():
                commit.future.set_exception(type(error)(*error.args))

    def _number_entries(
        self, transaction: Transaction
    ) -> tuple[dict[str, int], list[tuple[str, int, bytes]]]:
        latest: dict[str, int] = {}
        entries = []
        for stream, packed in transaction.entries:
            last = latest.get(stream) or self._memory.latest_entries[stream]
            latest[stream] = last + 1
            entries.append((stream, last + 1, packed))
        return latest, entries

    def _record(
        self,
        number: int,
        transaction: Transaction,
        entries: list[tuple[str, int, bytes]],
    ) -> bytes:
        puts, deletions = [], []
        for table, id_, packed, unique, groups in transaction.writes.values():
            if packed is None:
                deletions.append((table.name, id_))
            else:
                keys = {**unique, **groups} if groups else unique
                puts.append((table.name, id_, packed, keys))
        record = self._memory.pack((number, puts, deletions, entries))
        size = len(record) + len(puts) * REVISION_BYTES
        if size > MAX_TRANSACTION_BYTES:
            raise TransactionTooLarge(size, MAX_TRANSACTION_BYTES)
        return record
