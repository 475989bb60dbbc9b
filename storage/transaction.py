"""Optimistic transactions over LATEST, the durable state plus all queued commits.

A transaction remembers the revision of each document, the owner of each unique key and
the ids of each group it has read; `commit` checks them all at once, without suspension,
and then waits until the changes are on disk. It knows nothing of files or threads.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, NamedTuple, Self, TypeVar, cast, final

from storage.collection import Collection, Stream
from storage.errors import Conflict, Misuse, TransactionEnded
from storage.groups import changed_page
from storage.memory import Memory, Write
from storage.records import (
    GroupValue,
    document_of,
    groups_in,
    key_values,
    revision_of,
    unique_values,
)
from storage.table import Table

T = TypeVar("T")

_NO_GROUPS: Final[dict[str, GroupValue]] = {}


class GroupRead(NamedTuple):
    """A question about a group, and how far its answer was read."""

    table: Table
    field: str
    value: str
    after: str | None
    reach: int | None

    def latest(self) -> list[str]:
        """The answer in LATEST."""
        return self.table.groups[self.field].latest_page(
            self.value, self.after, self.reach
        )


@final
class Transaction:
    """One unit of change: all of it or nothing.

    As a context manager it commits at the normal end of the block and is discarded
    when the block raises.
    """

    __slots__ = (
        "_documents",
        "_ended",
        "_groups",
        "_lookups",
        "_memory",
        "_reads",
        "_submit",
        "entries",
        "writes",
    )

    def __init__(
        self, memory: Memory, submit: Callable[[Transaction], Future[None] | None]
    ) -> None:
        self._memory = memory
        self._submit = submit
        self._ended = False
        self._reads: dict[tuple[Table, str], int] = {}
        self._lookups: dict[tuple[Table, str, str], str | None] = {}
        self._groups: dict[GroupRead, list[str]] = {}
        self._documents: dict[tuple[Table, str], object] = {}
        self.writes: dict[tuple[Table, str], Write] = {}
        self.entries: list[tuple[str, bytes]] = []

    async def get(
        self,
        collection: Collection[T],
        id: str,  # noqa: A002 - the word of the contract
    ) -> T | None:
        """The latest document, with this transaction's own changes; None if absent."""
        self._require_open()
        table = self._table(collection.name)
        key = (table, id)
        if key in self.writes:
            return cast("T | None", self._documents[key])
        value = table.latest(id)
        self._reads.setdefault(key, revision_of(value))
        if value is None:
            return None
        return collection.from_document(document_of(value))

    async def find(
        self, collection: Collection[Any], field: str, value: str
    ) -> str | None:
        """The id of the document that has this unique value; None if none has."""
        self._require_open()
        table = self._table(collection.name)
        for key, write in self.writes.items():
            if key[0] is table and write.unique.get(field) == value:
                return write.id
        owner = table.latest_owner(field, value)
        self._lookups.setdefault((table, field, value), owner)
        return None if (table, owner) in self.writes else owner

    async def ids_where(
        self,
        collection: Collection[Any],
        field: str,
        value: str,
        *,
        after: str | None = None,
        limit: int | None = None,
    ) -> list[str]:
        """The ids of the latest documents with this value of a grouped field, in order.

        Those behind `after`, at most `limit`, with this transaction's own changes.
        `commit` checks that a transaction that asks the same then is told the same, so
        nobody can have joined or left what was read. It does not check the documents.
        """
        self._require_open()
        table = self._table(collection.name)
        own = {
            write.id: value in groups_in(write.groups.get(field))
            for write in self.writes.values()
            if write.table is table
        }
        reach = None if limit is None else limit + len(own)
        read = GroupRead(table, field, value, after, reach)
        latest = read.latest()
        self._groups.setdefault(read, latest)
        return changed_page(latest, own, after, limit)

    def put(self, collection: Collection[T], document: T) -> Mapping[str, Any]:
        """Write a document, new or not; returns it as plain data, not to be changed.

        Raises TypeError for what cannot be packed.
        """
        self._require_open()
        table = self._table(collection.name)
        plain = collection.to_document(document)
        key = (table, collection.key(document))
        packed = self._memory.pack(plain)
        unique = unique_values(plain, collection.unique)
        groups = _NO_GROUPS
        if collection.grouped:
            groups = key_values(plain, collection.grouped)
        self.writes[key] = Write(table, key[1], packed, unique, groups)
        self._documents[key] = document
        return plain

    def delete(
        self,
        collection: Collection[Any],
        id: str,  # noqa: A002 - the word of the contract
    ) -> None:
        """Remove a document; one that is absent stays absent."""
        self._require_open()
        table = self._table(collection.name)
        self.writes[(table, id)] = Write(table, id, None, {}, _NO_GROUPS)
        self._documents[(table, id)] = None

    def append(self, stream: Stream, entry: Mapping[str, Any]) -> None:
        """Add an entry at the end of a stream."""
        self._require_open()
        if stream.name not in self._memory.latest_entries:
            raise Misuse(f"stream {stream.name} is not declared")
        self.entries.append((stream.name, self._memory.pack(entry)))

    async def commit(self) -> None:
        """Check, queue and wait; the changes are on disk and visible on return.

        Raises Conflict, UniqueViolation, TransactionTooLarge, StorageFull,
        StorageFailed, StoreReadOnly, OutcomeUnknown or StoreClosed.
        """
        self._require_open()
        self._ended = True
        waiting = self._submit(self)
        if waiting is not None:
            await waiting

    def check_reads(self) -> None:
        """Raises Conflict unless all that was read still holds in LATEST."""
        for (table, id_), revision in self._reads.items():
            if table.latest_revision(id_) != revision:
                raise Conflict(table.name, id_)
        for (table, field, value), owner in self._lookups.items():
            if table.latest_owner(field, value) != owner:
                raise Conflict(table.name, field)
        for read, ids in self._groups.items():
            if read.latest() != ids:
                raise Conflict(read.table.name, read.field)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and not self._ended:
            await self.commit()
        self._ended = True

    def _require_open(self) -> None:
        if self._ended:
            raise TransactionEnded("the transaction was committed or discarded")

    def _table(self, name: str) -> Table:
        table = self._memory.tables.get(name)
        if table is None:
            raise Misuse(f"collection {name} is not declared")
        return table
