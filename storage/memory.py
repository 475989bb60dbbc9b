"""All tables and stream counters: what is visible, and what is queued.

It turns the writes of a transaction into changes after checking unique keys, and
replays journals at start. Called on the loop's thread, or before it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, cast

import msgpack

from storage.collection import Collection, Stream
from storage.errors import Misuse, UniqueViolation
from storage.records import (
    DeleteRecord,
    EntryRecord,
    GroupValue,
    PutRecord,
    TransactionRecord,
    document_of,
    key_values,
    value_of,
)
from storage.table import Change, KeyChange, Table


class Write(NamedTuple):
    """A document to be put (packed), or deleted (packed is None)."""

    table: Table
    id: str
    packed: bytes | None
    unique: dict[str, str | None]
    groups: dict[str, GroupValue]


class CannotReplay(Exception):
    """A durable record does not fit what was declared or what came before."""


class Memory:
    """The state of a store in memory."""

    def __init__(
        self, collections: Sequence[Collection[Any]], streams: Sequence[Stream]
    ) -> None:
        self.tables = {c.name: Table(c.name, c.unique, c.grouped) for c in collections}
        self.pack: Callable[[object], bytes] = msgpack.Packer().pack
        self.durable_entries = {stream.name: 0 for stream in streams}
        self.latest_entries = dict(self.durable_entries)
        self.changes = 0
        names = [*(c.name for c in collections), *self.durable_entries]
        if len(set(names)) != len(names):
            raise Misuse("two collections or streams share a name")

    def key_fields(self) -> dict[str, tuple[str, ...]]:
        """The unique and grouped fields of each collection."""
        return {name: table.key_fields for name, table in self.tables.items()}

    def plan(self, number: int, writes: Iterable[Write]) -> list[Change]:
        """The changes that `writes` make to LATEST. Raises UniqueViolation."""
        changes = []
        moving = []
        for write in writes:
            table, id_, packed, unique, groups = write
            value = None if packed is None else value_of(number, packed)
            if table.keeps_keys(id_, unique):
                changes.append(
                    Change(table, id_, value, (), table.regrouped(id_, groups))
                )
            else:
                moving.append((write, value))
        if len(moving) == 1:
            ((write, value),) = moving
            changes.append(_move_own_keys(write, value))
        elif moving:
            changes += _move_keys(moving)
        return changes

    def drop_pending(self) -> None:
        """Forget everything queued."""
        for table in self.tables.values():
            table.drop_pending()
        self.latest_entries = dict(self.durable_entries)

    def replay(self, record: TransactionRecord) -> None:
        """Apply a durable transaction at start. Raises CannotReplay."""
        for deletion in record.deletions:
            self._replay(record.number, deletion)
        for put in record.puts:
            self._replay(record.number, put)
        for entry in record.entries:
            self._replay_entry(entry)

    def settle(self) -> None:
        """After replay: queued state starts from what is durable."""
        self.latest_entries = dict(self.durable_entries)

    def _replay(self, number: int, record: PutRecord | DeleteRecord) -> None:
        table = self.tables.get(record.collection)
        if table is None:
            raise CannotReplay(f"collection {record.collection} is not declared")
        unique: dict[str, str | None] = {}
        groups: dict[str, GroupValue] = {}
        value = None
        if isinstance(record, PutRecord):
            value = value_of(number, record.packed)
            keys = record.keys
            if tuple(keys) != table.key_fields:
                keys = key_values(document_of(value), table.key_fields)
            if table.groups:
                groups = {field: keys.pop(field) for field in table.groups}
            unique = cast("dict[str, str | None]", keys)
        moves = table.regrouped(record.id, groups)
        moved: list[KeyChange] = []
        if not table.keeps_keys(record.id, unique):
            # `apply` takes a key only from who has it: in a swap it has moved already.
            moved = table.released(record.id, unique)
            moved += (
                KeyChange(field, key, record.id)
                for field, key in unique.items()
                if key is not None
            )
        table.apply(Change(table, record.id, value, tuple(moved), moves))

    def _replay_entry(self, entry: EntryRecord) -> None:
        last = self.durable_entries.get(entry.stream)
        if last is None or entry.sequence != last + 1:
            raise CannotReplay(
                f"entry {entry.sequence} of stream {entry.stream} after {last}"
            )
        self.durable_entries[entry.stream] = entry.sequence


def _move_own_keys(write: Write, value: bytes | None) -> Change:
    """The change of a document that passes no key on to another of the transaction."""
    table, id_, _, unique, groups = write
    old = table.released(id_, unique)
    claims = table.claimed(id_, unique, frozenset())
    moves = table.regrouped(id_, groups)
    return Change(table, id_, value, (*old, *claims), moves)


def _move_keys(moving: list[tuple[Write, bytes | None]]) -> list[Change]:
    """Changes of documents that give up or take unique values. Raises UniqueViolation."""
    released = [write.table.released(write.id, write.unique) for write, _ in moving]
    free: set[tuple[Table, str, str]] = {
        (write.table, key.field, key.value)
        for (write, _), keys in zip(moving, released, strict=True)
        for key in keys
    }
    taken: set[tuple[Table, str, str]] = set()
    changes = []
    for (write, value), old in zip(moving, released, strict=True):
        claims = write.table.claimed(write.id, write.unique, free)
        for field, key, _ in claims:
            claim = (write.table, field, key)
            if claim in taken:
                raise UniqueViolation(write.table.name, field, key)
            taken.add(claim)
        moves = write.table.regrouped(write.id, write.groups)
        changes.append(Change(write.table, write.id, value, (*old, *claims), moves))
    return changes
