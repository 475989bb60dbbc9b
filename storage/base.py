"""Bases: all documents as of one sequence, in columns.

    documents chunk = [collection, [id...], [value...], {key field: [key, keys or None...]}]
    closing chunk   = [{collection: count}]

Columns let a chunk be loaded by a few calls of `dict.update`, which is what makes a
start with a million documents take seconds. Insertion order is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, final

from storage.chunks import (
    CHUNK_MAX_BYTES,
    END,
    Chunk,
    ChunkReader,
    ChunkWriter,
    Finished,
)
from storage.cipher import Cipher
from storage.disk import Disk, File
from storage.headers import BASE_MAGIC, FileHeader
from storage.manifest import BaseRef
from storage.memory import CannotReplay, Memory
from storage.records import GroupValue, document_of, key_values
from storage.table import Table

DOCUMENTS: Final = "documents"


class Columns(NamedTuple):
    """Documents of one collection, column by column."""

    collection: str
    ids: list[str]
    values: list[bytes]
    keys: dict[str, list[GroupValue]]

    def with_fields(self, fields: tuple[str, ...]) -> Columns:
        """The same documents with the columns of today's unique and grouped fields."""
        if tuple(self.keys) == fields:
            return self
        rows = [key_values(document_of(value), fields) for value in self.values]
        keys = {field: [row[field] for row in rows] for field in fields}
        return self._replace(keys=keys)

    def bounded(self, bytes_max: int) -> Iterator[Columns]:
        """The same documents, parted before any that would pass `bytes_max`."""
        begin = size = 0
        for at, value in enumerate(self.values):
            length = len(value) + sum(
                len(keys[at] or "") for keys in self.keys.values()
            )
            if at > begin and size + length > bytes_max:
                yield self._slice(begin, at)
                begin, size = at, 0
            size += length
        if self.ids:
            yield self if begin == 0 else self._slice(begin, len(self.ids))

    def _slice(self, begin: int, end: int) -> Columns:
        keys = {field: keys[begin:end] for field, keys in self.keys.items()}
        return Columns(
            self.collection, self.ids[begin:end], self.values[begin:end], keys
        )


def base_name(generation: int) -> str:
    return f"base-{generation}"


def base_header(
    store_id: bytes, generation: int, sequence: int, chain_tag: bytes
) -> FileHeader:
    """The header of a base that stands for the journals up to `sequence`."""
    return FileHeader(BASE_MAGIC, store_id, generation, sequence, chain_tag)


@final
class BaseWriter:
    """Writes a base from columns."""

    def __init__(self, chunks: ChunkWriter) -> None:
        self._chunks = chunks
        self._counts: Counter[str] = Counter()

    def write(self, columns: Columns) -> None:
        """Append documents, in as many chunks as their size asks for. Raises OSError."""
        for part in columns.bounded(CHUNK_MAX_BYTES):
            self._chunks.write(DOCUMENTS, *part)
            self._counts[part.collection] += len(part.ids)

    def finish(self) -> tuple[Finished, int]:
        """Close and flush the file; also the number of documents. Raises OSError."""
        return self._chunks.finish(dict(self._counts)), self._counts.total()


def read_base(
    file: File,
    store_id: bytes,
    ref: BaseRef,
    cipher: Cipher,
) -> Iterator[Columns]:
    """All documents of a base, verified chunk by chunk. Raises StoreCorrupt.

    Nothing read may be relied on before the iterator has ended by itself.
    """
    generation = int(ref.name.rpartition("-")[2])
    header = base_header(store_id, generation, ref.sequence, ref.chain_tag)
    reader = ChunkReader(file, ref.name, header, ref.key_id, cipher)
    counts: Counter[str] = Counter()
    for chunk in reader.chunks(Finished(ref.length, ref.tag)):
        if chunk.kind == END:
            if chunk.fields != [dict(counts)] or counts.total() != ref.documents:
                raise reader.corrupt(ref.length, "the counts are wrong")
            continue
        columns = _columns(reader, chunk)
        counts[columns.collection] += len(columns.ids)
        yield columns


def load_base(
    disk: Disk, store_id: bytes, ref: BaseRef, cipher: Cipher, memory: Memory
) -> None:
    """Fill empty tables. Raises StoreCorrupt, or CannotReplay for shared keys."""
    file = disk.open_read(ref.name)
    expected: Counter[tuple[str, str]] = Counter()
    try:
        for columns in read_base(file, store_id, ref, cipher):
            table = memory.tables.get(columns.collection)
            if table is None:
                raise CannotReplay(f"collection {columns.collection} is not declared")
            _load_columns(table, columns.with_fields(table.key_fields), expected)
    finally:
        file.close()
    for table in memory.tables.values():
        _check_counts(table, expected)
        for groups in table.groups.values():
            groups.sort()


def _load_columns(
    table: Table, columns: Columns, expected: Counter[tuple[str, str]]
) -> None:
    ids = columns.ids
    table.docs.update(zip(ids, columns.values, strict=True))
    expected[table.name, ""] += len(ids)
    for field in table.unique:
        keys = columns.keys[field]
        absent = keys.count(None)
        expected[table.name, field] += len(keys) - absent
        index: dict[Any, str] = table.indexes[field]
        index.update(zip(keys, ids, strict=True))
        if absent:
            del index[None]
    for field, groups in table.groups.items():
        groups.load(columns.keys[field], ids)


def _check_counts(table: Table, expected: Counter[tuple[str, str]]) -> None:
    if len(table.docs) != expected[table.name, ""]:
        raise CannotReplay(f"an id of {table.name} is there twice")
    for field, index in table.indexes.items():
        if len(index) != expected[table.name, field]:
            raise CannotReplay(f"a value of {table.name}.{field} is there twice")


def _columns(reader: ChunkReader, chunk: Chunk) -> Columns:
    try:
        columns = Columns(*chunk.fields)
        lengths = {len(columns.values), *(len(keys) for keys in columns.keys.values())}
    except (TypeError, AttributeError) as error:
        raise reader.corrupt(0, "a chunk has another shape") from error
    if chunk.kind != DOCUMENTS or lengths != {len(columns.ids)}:
        raise reader.corrupt(0, "the columns of a chunk differ in length")
    return columns
