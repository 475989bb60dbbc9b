"""Journals: one encrypted frame per group commit, chained by tags.

    plaintext = msgpack [sequence, previous tag, header digest or b"", transaction...]

The sequence grows by one per frame, across files; the previous tag is the HMAC of the
body before, so order and completeness are as authentic as content. The digest of the
file's header is in its first frame only. It knows frames and tags; it must not know
what the transactions change.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple, final

import msgpack

from storage.cipher import Cipher, NotAuthentic, tag_of
from storage.disk import Disk, File
from storage.durable import discard, write_all
from storage.errors import StoreCorrupt
from storage.frames import Damage, Frame, encode_frame, read_frames
from storage.headers import (
    HEADER_BYTES,
    JOURNAL_MAGIC,
    BadHeader,
    FileHeader,
    decode_header,
)
from storage.manifest import JournalRef, Seal

_FIXED_FIELDS: Final = 3


class CutBackFailed(Exception):
    """A partial frame could not be removed again."""


class JournalFrame(NamedTuple):
    """A verified frame: where it ends, and its transactions as msgpack lists."""

    end: Seal
    offset: int
    transactions: list[list[Any]]


def journal_name(generation: int) -> str:
    return f"journal-{generation}"


@final
class Journal:
    """The open journal. Appended to by one thread; `end` may be read by any."""

    def __init__(self, file: File, ref: JournalRef, cipher: Cipher, end: Seal) -> None:
        self.ref = ref
        self.end = end
        self._file = file
        self._cipher = cipher
        self._header_digest = b""

    @classmethod
    def create(
        cls, disk: Disk, store_id: bytes, ref: JournalRef, cipher: Cipher
    ) -> Journal:
        """A new journal with its header on disk; the name is not durable yet.

        Raises OSError; the file is removed then.
        """
        header = FileHeader(
            JOURNAL_MAGIC, store_id, ref.generation, ref.base_sequence, ref.anchor
        )
        file = disk.create(ref.name)
        try:
            write_all(file, header.encode())
            file.fsync()
        except OSError:
            file.close()
            discard(disk, ref.name)
            raise
        end = Seal(HEADER_BYTES, ref.anchor, ref.base_sequence)
        journal = cls(file, ref, cipher, end)
        journal._header_digest = header.digest()
        return journal

    @classmethod
    def reopen(
        cls, disk: Disk, header: FileHeader, ref: JournalRef, cipher: Cipher, end: Seal
    ) -> Journal:
        """Continue a journal that has been read up to `end`, its last byte."""
        journal = cls(disk.open_append(ref.name), ref, cipher, end)
        if end.length == HEADER_BYTES:
            journal._header_digest = header.digest()
        return journal

    def write(self, transactions: list[bytes]) -> Seal:
        """Write one frame and return the end it will have; not durable yet.

        Raises OSError or MemoryError when nothing was written, CutBackFailed when a
        partial frame remains.
        """
        length, tag, sequence = self.end
        fields = [
            msgpack.Packer().pack_array_header(_FIXED_FIELDS + len(transactions)),
            msgpack.packb(sequence + 1),
            msgpack.packb(tag),
            msgpack.packb(self._header_digest),
            *transactions,
        ]
        body = self._cipher.seal(b"".join(fields))
        frame = encode_frame(self.ref.key_id, body)
        try:
            write_all(self._file, frame)
        except (OSError, MemoryError):
            self._cut_back(length)
            raise
        return Seal(length + len(frame), tag_of(body), sequence + 1)

    def flush(self, end: Seal) -> None:
        """Make the written frame durable. After an OSError nothing may be retried."""
        self._file.fdatasync()
        self._header_digest = b""
        self.end = end

    def close(self) -> None:
        self._file.close()

    def _cut_back(self, length: int) -> None:
        try:
            self._file.truncate(length)
            self._file.fsync()
        except OSError as error:
            raise CutBackFailed(str(error)) from error


@final
class JournalReader:
    """Reads and verifies a journal from its header on."""

    def __init__(
        self, file: File, store_id: bytes, ref: JournalRef, cipher: Cipher
    ) -> None:
        """Raises StoreCorrupt when the header is not the one `ref` describes."""
        self.ref = ref
        self._file = file
        self.end = Seal(HEADER_BYTES, ref.anchor, ref.base_sequence)
        try:
            self.header = decode_header(ref.name, file.read_at(0, HEADER_BYTES))
        except BadHeader as error:
            raise self.corrupt(0, str(error)) from error
        wanted = FileHeader(
            JOURNAL_MAGIC, store_id, ref.generation, ref.base_sequence, ref.anchor
        )
        if self.header != wanted:
            raise self.corrupt(0, "the header belongs elsewhere")
        self._cipher = cipher

    def frames(self, size: int) -> Iterator[JournalFrame]:
        """All frames between `end` and `size`; `end` follows.

        Raises Damage for a bad frame, StoreCorrupt for one that is whole but false.
        """
        for frame in read_frames(self._file.read_at, self.end.length, size):
            yield self._open(frame)

    def sealed_frames(self, seal: Seal) -> Iterator[JournalFrame]:
        """All frames of a complete journal. Raises StoreCorrupt for any difference."""
        if self._file.size() != seal.length:
            raise self.corrupt(
                min(self._file.size(), seal.length), "the length is wrong"
            )
        try:
            yield from self.frames(seal.length)
        except Damage as damage:
            raise self.corrupt(damage.offset, damage.reason) from damage
        if self.end != seal:
            raise self.corrupt(self.end.length, "the journal does not end as sealed")

    def corrupt(self, offset: int, reason: str) -> StoreCorrupt:
        """The error for something wrong at `offset`."""
        return StoreCorrupt(self.ref.name, offset, self.end.sequence, reason)

    def _open(self, frame: Frame) -> JournalFrame:
        if frame.key_id != self.ref.key_id:
            raise self.corrupt(frame.offset, "the frame names another key")
        try:
            fields = msgpack.unpackb(self._cipher.open(frame.body))
            sequence, tag, digest, *transactions = fields
        except NotAuthentic:
            raise self.corrupt(frame.offset, "the frame is not authentic") from None
        except (ValueError, TypeError) as error:
            raise self.corrupt(frame.offset, "the frame is malformed") from error
        first = frame.offset == HEADER_BYTES
        if digest != (self.header.digest() if first else b""):
            raise self.corrupt(frame.offset, "the frame belongs to another file")
        if (sequence, tag) != (self.end.sequence + 1, self.end.tag):
            raise self.corrupt(frame.offset, "the frame does not continue the chain")
        self.end = Seal(frame.end, tag_of(frame.body), sequence)
        return JournalFrame(self.end, frame.offset, transactions)
