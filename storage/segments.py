"""Stream segments: immutable runs of entries, chained from one to the next.

    entries chunk = [first sequence, [packed entry...]]
    closing chunk = [number of entries]

It knows entry numbers and packed bytes; it must not know what an entry says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple, final

from storage.chunks import (
    CHUNK_MAX_BYTES,
    END,
    ChunkReader,
    ChunkWriter,
    Finished,
    Place,
    read_chunk,
)
from storage.cipher import TAG_BYTES, Cipher
from storage.disk import Disk, File
from storage.headers import SEGMENT_MAGIC, FileHeader
from storage.manifest import SegmentRef

ENTRIES: Final = "entries"
BLOCK_BYTES: Final = 64 * 1024  # of plaintext: what a search reads to find one entry


class PackedEntry(NamedTuple):
    """An entry as it lies on disk."""

    sequence: int
    packed: bytes


class Block(NamedTuple):
    """The entries of one chunk, and where that lies."""

    place: Place
    first: int
    packed: list[bytes]

    def entries(self) -> list[PackedEntry]:
        """The entries with their numbers."""
        return [PackedEntry(self.first + at, one) for at, one in enumerate(self.packed)]


def segment_name(stream: str, number: int) -> str:
    return f"{stream}-{number:06d}"


def segment_number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _header(store_id: bytes, name: str, first: int, anchor: bytes) -> FileHeader:
    number = segment_number(name)
    return FileHeader(SEGMENT_MAGIC, store_id, number, first - 1, anchor)


@final
class SegmentWriter:
    """Writes one segment."""

    def __init__(
        self, disk: Disk, store_id: bytes, plan: SegmentRef, cipher: Cipher
    ) -> None:
        """`plan` says all but length, last and tag. Raises OSError."""
        header = _header(store_id, plan.name, plan.first, plan.anchor)
        self._plan = plan
        self._chunks = ChunkWriter(disk, plan.name, header, plan.key_id, cipher)

    def write(self, entries: Iterable[PackedEntry]) -> Iterator[None]:
        """Append entries, yielding after each chunk. Raises OSError."""
        gathered: list[bytes] = []
        first, size = self._plan.first, 0
        for entry in entries:
            if gathered and size + len(entry.packed) > CHUNK_MAX_BYTES:
                self._chunks.write(ENTRIES, first, gathered)
                first, size, gathered = first + len(gathered), 0, []
                yield
            gathered.append(entry.packed)
            size += len(entry.packed)
            if size >= BLOCK_BYTES:
                self._chunks.write(ENTRIES, first, gathered)
                first, size, gathered = first + len(gathered), 0, []
                yield
        if gathered:
            self._chunks.write(ENTRIES, first, gathered)
        self._plan = self._plan._replace(last=first + len(gathered) - 1)

    def finish(self) -> SegmentRef:
        """Close and flush the file. Raises OSError."""
        plan = self._plan
        finished = self._chunks.finish(plan.last - plan.first + 1)
        return plan._replace(length=finished.length, tag=finished.tag)

    def close(self) -> None:
        self._chunks.close()


def read_segment(
    file: File, store_id: bytes, ref: SegmentRef, cipher: Cipher
) -> Iterator[list[PackedEntry]]:
    """All entries of a segment, verified chunk by chunk. Raises StoreCorrupt."""
    for block in read_blocks(file, store_id, ref, cipher):
        yield block.entries()


def check_seal(file: File, store_id: bytes, ref: SegmentRef, cipher: Cipher) -> None:
    """Compare header, length and last tag. Raises StoreCorrupt."""
    header = _header(store_id, ref.name, ref.first, ref.anchor)
    reader = ChunkReader(file, ref.name, header, ref.key_id, cipher)
    size = file.size()
    if size != ref.length:
        raise reader.corrupt(min(size, ref.length), "the length is wrong")
    if file.read_at(size - TAG_BYTES, TAG_BYTES) != ref.tag:
        raise reader.corrupt(size, "the file does not end as recorded")


def read_block(file: File, ref: SegmentRef, cipher: Cipher, place: Place) -> Block:
    """The entries of one chunk alone. Raises ValueError for any other than told of."""
    kind, fields, _ = read_chunk(file, ref.key_id, cipher, place)
    if kind != ENTRIES:
        raise ValueError("the chunk holds no entries")
    return Block(place, *fields)


def read_blocks(
    file: File, store_id: bytes, ref: SegmentRef, cipher: Cipher
) -> Iterator[Block]:
    """All entries of a segment, verified chunk by chunk. Raises StoreCorrupt."""
    header = _header(store_id, ref.name, ref.first, ref.anchor)
    reader = ChunkReader(file, ref.name, header, ref.key_id, cipher)
    following = ref.first
    for chunk in reader.chunks(Finished(ref.length, ref.tag)):
        if chunk.kind == END:
            if chunk.fields != [following - ref.first] or following != ref.last + 1:
                raise reader.corrupt(ref.length, "the number of entries is wrong")
            continue
        first, packed = chunk.fields
        if chunk.kind != ENTRIES or first != following:
            raise reader.corrupt(0, f"entry {following} is missing")
        following += len(packed)
        yield Block(chunk.place, first, packed)
