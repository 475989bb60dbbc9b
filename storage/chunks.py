"""Immutable files of chained chunks: what bases and segments have in common.

    plaintext = zlib(msgpack [index, previous tag, header digest or b"", kind, field...])

Written once from start to end, closed by a chunk of kind "end", then only read. A file
is sealed under one key. It knows chunks and tags; it must not know documents.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, final

import msgpack

from storage.cipher import Cipher, NotAuthentic, tag_of
from storage.disk import Disk, File
from storage.durable import write_all
from storage.errors import StoreCorrupt
from storage.frames import Damage, Frame, encode_frame, read_frames
from storage.headers import HEADER_BYTES, NO_TAG, BadHeader, FileHeader, decode_header

CHUNK_BYTES: Final = 192 * 1024  # of plaintext
# No chunk holds more, unless a single item does: an item is as large as a transaction
# at most, and so fits into a frame by itself.
CHUNK_MAX_BYTES: Final = 1024 * 1024
END: Final = "end"
# Flushing as it grows keeps the journal's flush from waiting for all of the file.
_FLUSH_EVERY_BYTES: Final = 4 * 1024 * 1024
_COMPRESSION_LEVEL: Final = 1
_BUFFER: Final = CHUNK_BYTES + 64 * 1024  # holds a usual chunk without growing


class Finished(NamedTuple):
    """The end of a complete file."""

    length: int
    tag: bytes


@final
class ChunkWriter:
    """Writes one file; `finish` makes its content durable."""

    def __init__(
        self, disk: Disk, name: str, header: FileHeader, key_id: int, cipher: Cipher
    ) -> None:
        """Creates the file. Raises OSError."""
        self._file = disk.create(name)
        self._key_id = key_id
        self._cipher = cipher
        self._digest = header.digest()
        self._index = 0
        self._tag = NO_TAG
        self._length = HEADER_BYTES
        self._unflushed = 0
        try:
            write_all(self._file, header.encode())
        except OSError:
            self.close()
            raise

    @property
    def length(self) -> int:
        """Bytes written so far."""
        return self._length

    def write(self, kind: str, *fields: object) -> None:
        """Append one chunk. Raises OSError."""
        plain = msgpack.packb([self._index, self._tag, self._digest, kind, *fields])
        body = self._cipher.seal(zlib.compress(plain, _COMPRESSION_LEVEL))
        frame = encode_frame(self._key_id, body)
        write_all(self._file, frame)
        self._index += 1
        self._tag = tag_of(body)
        self._digest = b""
        self._length += len(frame)
        self._unflushed += len(frame)
        if self._unflushed >= _FLUSH_EVERY_BYTES:
            self._file.fdatasync()
            self._unflushed = 0

    def finish(self, *fields: object) -> Finished:
        """Write the closing chunk and flush. Raises OSError."""
        self.write(END, *fields)
        self._file.fsync()
        return Finished(self._length, self._tag)

    def close(self) -> None:
        self._file.close()


class Place(NamedTuple):
    """Where the frame of a chunk lies, and its tag."""

    offset: int
    length: int
    tag: bytes


class Chunk(NamedTuple):
    """A verified chunk."""

    kind: str
    fields: list[Any]
    place: Place


@final
class ChunkReader:
    """Reads and verifies one complete file."""

    def __init__(
        self, file: File, name: str, header: FileHeader, key_id: int, cipher: Cipher
    ) -> None:
        """Raises StoreCorrupt when the file begins with another header."""
        self._file = file
        self._name = name
        self._header = header
        self._key_id = key_id
        self._cipher = cipher
        self._index = 0
        self._tag = NO_TAG
        try:
            found = decode_header(name, file.read_at(0, HEADER_BYTES))
        except BadHeader as error:
            raise self.corrupt(0, str(error)) from error
        if found != header:
            raise self.corrupt(0, "the header belongs elsewhere")
        self._header = found  # with the version it was written by

    def chunks(self, finished: Finished) -> Iterator[Chunk]:
        """All chunks, the closing one last. Raises StoreCorrupt for any difference."""
        size = self._file.size()
        if size != finished.length:
            raise self.corrupt(min(size, finished.length), "the length is wrong")
        kind = ""
        try:
            for frame in read_frames(self._file.read_at, HEADER_BYTES, size):
                if kind == END:
                    raise self.corrupt(frame.offset, "a chunk follows the end")
                chunk = self._open(frame)
                kind = chunk.kind
                yield chunk
        except Damage as damage:
            raise self.corrupt(damage.offset, damage.reason) from damage
        if kind != END or self._tag != finished.tag:
            raise self.corrupt(size, "the file does not end as recorded")

    def corrupt(self, offset: int, reason: str) -> StoreCorrupt:
        """The error for something wrong at `offset`."""
        return StoreCorrupt(self._name, offset, self._header.base_sequence, reason)

    def _open(self, frame: Frame) -> Chunk:
        if frame.key_id != self._key_id:
            raise self.corrupt(frame.offset, "the chunk names another key")
        try:
            packed = zlib.decompress(self._cipher.open(frame.body), bufsize=_BUFFER)
            index, tag, digest, kind, *fields = msgpack.unpackb(packed)
        except NotAuthentic:
            raise self.corrupt(frame.offset, "the chunk is not authentic") from None
        except (ValueError, TypeError, zlib.error) as error:
            raise self.corrupt(frame.offset, "the chunk is malformed") from error
        if (index, tag) != (self._index, self._tag):
            raise self.corrupt(frame.offset, "the chunk does not continue the chain")
        if digest != (b"" if index else self._header.digest()):
            raise self.corrupt(frame.offset, "the chunk belongs to another file")
        self._index += 1
        self._tag = tag_of(frame.body)
        return Chunk(kind, fields, _place_of(frame))


def read_chunk(file: File, key_id: int, cipher: Cipher, place: Place) -> Chunk:
    """One chunk by itself. Raises ValueError unless it is the one `place` tells of.

    The tag proves the content, and with it the file: it is that of no other chunk.
    """
    data = file.read_at(place.offset, place.length)
    try:
        (frame,) = read_frames(lambda at, length: data[at : at + length], 0, len(data))
        if (frame.key_id, tag_of(frame.body)) != (key_id, place.tag):
            raise ValueError("another chunk lies there")
        packed = zlib.decompress(cipher.open(frame.body), bufsize=_BUFFER)
    except (Damage, NotAuthentic, zlib.error) as error:
        raise ValueError("the chunk does not verify") from error
    _, _, _, kind, *fields = msgpack.unpackb(packed)
    return Chunk(kind, fields, place)


def _place_of(frame: Frame) -> Place:
    return Place(frame.offset, frame.end - frame.offset, tag_of(frame.body))
