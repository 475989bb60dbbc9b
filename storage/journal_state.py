"""What sealed journals leave behind: the last value of each document, the entries.

Only plain dicts, lists and tuples of str and bytes: the garbage collector need not visit them,
however many there are, so they cannot make it pause the loop. Taking things out frees
them one by one for the same reason. It knows records; it must not know files.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Final, Generic, TypeVar, final

from storage.base import Columns
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

V = TypeVar("V")

# A dict that grows past its size is copied under the interpreter lock: a million
# entries in one would stop the loop for a tenth of a second.
_SHARDS: Final = 64


class Sharded(Generic[V]):
    """A mapping by document id, spread over many small dicts."""

    def __init__(self) -> None:
        self._shards: list[dict[str, V]] = [{} for _ in range(_SHARDS)]

    def shard(self, id_: str) -> dict[str, V]:
        """The dict that has, or would have, this id."""
        return self._shards[hash(id_) % _SHARDS]


@final
class DocumentChanges:
    """The documents of one collection that the journals put or removed."""

    def __init__(self, fields: tuple[str, ...]) -> None:
        """`fields` are the unique and grouped ones."""
        self._fields = fields
        self._values: Sharded[bytes] = Sharded()
        self._keys: dict[str, Sharded[GroupValue]] = {
            field: Sharded() for field in fields
        }
        self._removed: set[str] = set()
        self._order: list[str] = []  # of first puts
        self._outdated: Counter[str] = Counter()  # places in `_order` to pass over

    def put(self, number: int, put: PutRecord) -> None:
        value = value_of(number, put.packed)
        values = self._values.shard(put.id)
        if put.id not in values:
            self._order.append(put.id)
        values[put.id] = value
        keys = put.keys
        if tuple(keys) != self._fields:
            keys = key_values(document_of(value), self._fields)
        for field, key in keys.items():
            kept = tuple(key) if isinstance(key, list) else key
            self._keys[field].shard(put.id)[put.id] = kept

    def delete(self, deletion: DeleteRecord) -> None:
        id_ = deletion.id
        self._removed.add(id_)
        if self._values.shard(id_).pop(id_, None) is not None:
            self._outdated[id_] += 1
            for keys in self._keys.values():
                del keys.shard(id_)[id_]

    def merge(self, columns: Columns) -> Columns:
        """Old columns as they are now; what is taken from here is forgotten."""
        columns = columns.with_fields(self._fields)
        if not any(map(self._concerns, columns.ids)):
            return columns
        merged = self._no_columns(columns.collection)
        for at, id_ in enumerate(columns.ids):
            if id_ in self._removed:
                continue  # made again perhaps: then its place is at the end
            if id_ in self._values.shard(id_):
                self._move(id_, merged)
                continue
            merged.ids.append(id_)
            merged.values.append(columns.values[at])
            for field, keys in merged.keys.items():
                keys.append(columns.keys[field][at])
        return merged

    def remaining(self, collection: str, chunk_bytes: int) -> Iterator[Columns]:
        """Documents that are in no base yet, in order of insertion, then forgotten."""
        self._order.reverse()
        while self._order:
            columns, size = self._no_columns(collection), 0
            while self._order and size < chunk_bytes:
                size += self._take(self._order.pop(), columns)
            yield columns

    def _no_columns(self, collection: str) -> Columns:
        return Columns(collection, [], [], {field: [] for field in self._fields})

    def _concerns(self, id_: str) -> bool:
        return id_ in self._values.shard(id_) or id_ in self._removed

    def _take(self, id_: str, columns: Columns) -> int:
        """Move a document, unless it was moved before or this place is outdated."""
        if self._outdated.get(id_, 0) > 0:
            self._outdated[id_] -= 1
            return 0
        return self._move(id_, columns) if id_ in self._values.shard(id_) else 0

    def _move(self, id_: str, columns: Columns) -> int:
        """Take one document over; returns its approximate size in bytes."""
        value = self._values.shard(id_).pop(id_)
        columns.ids.append(id_)
        columns.values.append(value)
        for field, keys in columns.keys.items():
            keys.append(self._keys[field].shard(id_).pop(id_))
        return len(value) + 2 * len(id_)


@final
class JournalState:
    """The changes of all collections and streams."""

    def __init__(self, key_fields: dict[str, tuple[str, ...]]) -> None:
        """`key_fields` gives the unique and grouped fields of each collection."""
        self.documents = {
            name: DocumentChanges(fields) for name, fields in key_fields.items()
        }
        self.entries: dict[str, list[bytes]] = defaultdict(list)
        self.last_transaction = 0

    def apply(self, record: TransactionRecord) -> None:
        """In order of the journal. Raises KeyError for an undeclared collection."""
        self.last_transaction = record.number
        for deletion in record.deletions:
            self.documents[deletion.collection].delete(deletion)
        for put in record.puts:
            self.documents[put.collection].put(record.number, put)
        for entry in record.entries:
            self._append(entry)

    def _append(self, entry: EntryRecord) -> None:
        self.entries[entry.stream].append(entry.packed)
