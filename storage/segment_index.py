"""Beside a sealed segment: which of its chunks hold what. Derived data, made anew at will.

    header | directory frame | posting frame...

    directory = [header digest, [field...], timed field, [place...], [first...],
                 [span or nil...], [length of posting frame...]]
    postings  = [header digest, number of the frame, {term: chunk or [chunk...]}]

A term is 64 bits of a hash; its lowest bits choose the posting frame. The header carries
the tag of the segment, and every frame the digest of the header: an index of another
segment, or of one that was rewritten, does not verify. What it says only chooses what
is read: each entry is read from the segment and compared again.
"""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, final

import msgpack

from storage.chunks import Place
from storage.cipher import Cipher, NotAuthentic
from storage.collection import Stream
from storage.disk import Disk
from storage.durable import TEMPORARY_SUFFIX, replace_file
from storage.errors import StoreTooNew
from storage.frames import (
    HEADER,
    MAX_BODY_BYTES,
    Damage,
    encode_frame,
    read_frames,
)
from storage.headers import HEADER_BYTES, INDEX_MAGIC, BadHeader, FileHeader
from storage.headers import decode_header as decode
from storage.manifest import SegmentRef
from storage.segments import Block, segment_number
from storage.terms import Span, summary

SUFFIX: Final = ".index"
_TERMS_PER_FRAME: Final = 512
_FRAMES_MAX: Final = 1024
_COMPRESSION_LEVEL: Final = 1

Read = Callable[[int, int], bytes]


class BadIndex(Exception):
    """The index does not verify, or belongs to something else."""


class IndexedBlock(NamedTuple):
    """What an index tells of a chunk."""

    place: Place
    first: int
    span: Span | None


def index_name(segment: str) -> str:
    return segment + SUFFIX


def segment_of(name: str) -> str | None:
    """The segment that an index file, finished or not, belongs to."""
    stem = name.removesuffix(TEMPORARY_SUFFIX)
    return stem.removesuffix(SUFFIX) if stem.endswith(SUFFIX) else None


def _header(store_id: bytes, ref: SegmentRef) -> FileHeader:
    number = segment_number(ref.name)
    return FileHeader(INDEX_MAGIC, store_id, number, ref.first - 1, ref.tag)


@final
class IndexBuilder:
    """Gathers what the index of one segment says, chunk by chunk."""

    def __init__(self, stream: Stream, ref: SegmentRef) -> None:
        wanted = (ref.last - ref.first + 1) // _TERMS_PER_FRAME
        frames = 1 << min(wanted, _FRAMES_MAX - 1).bit_length()
        self._stream = stream
        self._ref = ref
        self._blocks: list[IndexedBlock] = []
        # Plain arrays: a dict of a million terms would pause the loop as it grows.
        self._terms = [array("Q") for _ in range(frames)]
        self._at = [array("I") for _ in range(frames)]

    def add(self, block: Block) -> None:
        """The next chunk."""
        number = len(self._blocks)
        terms, span = summary(self._stream, block.packed)
        self._blocks.append(IndexedBlock(block.place, block.first, span))
        mask = len(self._terms) - 1
        for term in terms:
            self._terms[term & mask].append(term)
            self._at[term & mask].append(number)

    def encode(self, store_id: bytes, cipher: Cipher) -> Iterator[bytes]:
        """The parts of the file, in small steps, the postings before what precedes them."""
        header = _header(store_id, self._ref)
        digest = header.digest()
        frames: list[bytes] = []
        for number, (terms, places) in enumerate(
            zip(self._terms, self._at, strict=True)
        ):
            postings: dict[int, list[int]] = {}
            for term, at in zip(terms, places, strict=True):
                postings.setdefault(term, []).append(at)
            few = {term: at if len(at) > 1 else at[0] for term, at in postings.items()}
            frames.append(self._frame(cipher, [digest, number, few]))
            yield b""
        stream, blocks = self._stream, self._blocks
        directory = [
            digest,
            stream.indexed,
            stream.timed,
            [block.place for block in blocks],
            [block.first for block in blocks],
            [block.span for block in blocks],
            [len(frame) for frame in frames],
        ]
        yield header.encode() + self._frame(cipher, directory)
        yield from frames

    def _frame(self, cipher: Cipher, fields: list[Any]) -> bytes:
        packed = zlib.compress(msgpack.packb(fields), _COMPRESSION_LEVEL)
        return encode_frame(self._ref.key_id, cipher.seal(packed))


def write_index(disk: Disk, segment: str, data: bytes) -> None:
    """Put an index in place; losing it costs time only. Raises as `replace_file`."""
    replace_file(disk, index_name(segment), data)


@final
class SegmentIndex:
    """An index that verifies so far as it has been read."""

    def __init__(
        self, read: Read, store_id: bytes, stream: Stream, ref: SegmentRef, key: Cipher
    ) -> None:
        """Reads the directory. Raises BadIndex or OSError."""
        header = _header(store_id, ref)
        self._digest = header.digest()
        self._read = read
        self._ref = ref
        self._cipher = key
        try:
            if decode(ref.name, read(0, HEADER_BYTES)) != header:
                raise BadIndex("it belongs elsewhere")
        except (BadHeader, StoreTooNew) as error:
            raise BadIndex(str(error)) from error
        fields, end = self._open(HEADER_BYTES, self._frame_length())
        try:
            indexed, timed, places, firsts, spans, lengths = fields
            if (tuple(indexed), timed) != (stream.indexed, stream.timed):
                raise BadIndex("it was made for other fields")
            self.blocks = [
                IndexedBlock(Place(*place), first, Span(*span) if span else None)
                for place, first, span in zip(places, firsts, spans, strict=True)
            ]
            self._at = [end]
            for length in lengths:
                self._at.append(self._at[-1] + length)
        except (TypeError, ValueError) as error:
            raise BadIndex("it is malformed") from error
        self.length = self._at[-1]

    def blocks_with(self, term: int) -> set[int]:
        """Which chunks may hold the term. Raises BadIndex or OSError."""
        number = term & (len(self._at) - 2)
        fields, _ = self._open(
            self._at[number], self._at[number + 1] - self._at[number]
        )
        try:
            found, postings = fields
            at = postings.get(term, [])
        except (TypeError, ValueError, AttributeError) as error:
            raise BadIndex("it is malformed") from error
        if found != number:
            raise BadIndex("a frame was moved")
        return {at} if type(at) is int else set(at)

    def _frame_length(self) -> int:
        """The length of the directory frame, as far as it can be believed."""
        body = int.from_bytes(self._read(HEADER_BYTES, 4), "big")
        return HEADER.size + min(body, MAX_BODY_BYTES)

    def _open(self, offset: int, length: int) -> tuple[list[Any], int]:
        """The fields of the frame at `offset` behind the digest, and its end."""
        data = self._read(offset, length)
        try:
            (frame,) = read_frames(lambda at, size: data[at : at + size], 0, len(data))
            packed = zlib.decompress(self._cipher.open(frame.body))
            digest, *fields = msgpack.unpackb(packed, strict_map_key=False)
        except (Damage, NotAuthentic, zlib.error, ValueError, TypeError) as error:
            raise BadIndex("a frame does not verify") from error
        if frame.key_id != self._ref.key_id or digest != self._digest:
            raise BadIndex("a frame belongs elsewhere")
        return fields, offset + frame.end
