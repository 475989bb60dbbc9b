"""MANIFEST: the only list of files, replaced in one step.

    magic 8 | version u16 | min reader u16 | store id 16 | CRC-32 of all before | frame

The plain header names the store, so that a foreign keyring is told from a wrong
password; the frame holds a msgpack list and is sealed like every other. Replacing the
MANIFEST is the one commit point of a checkpoint, of a rotation and of a clean stop. It
knows names, lengths and tags; it must not know what documents are.

Version 2 says where streams begin whose oldest entries were dropped. As long as none
were, version 1 is written, which older programs read as well.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from zlib import crc32

import msgpack

from storage.cipher import NotAuthentic
from storage.disk import Disk
from storage.durable import read_all, replace_file
from storage.errors import StoreCorrupt, StoreTooNew
from storage.frames import MAX_BODY_BYTES, Damage, encode_frame, read_frames
from storage.headers import FORMAT_VERSION, NO_TAG
from storage.keyring import Ciphers

MANIFEST_NAME: Final = "MANIFEST"
MAGIC: Final = b"UMSMANIF"
_WHOLE_STREAMS: Final = 1
_DROPPED_ENTRIES: Final = 2

_PLAIN = struct.Struct(">8sHH16s")
_CRC = struct.Struct(">I")
_PLAIN_BYTES = _PLAIN.size + _CRC.size


class Seal(NamedTuple):
    """The end of a complete file: its length, its last tag, its last sequence."""

    length: int
    tag: bytes
    sequence: int


class BaseRef(NamedTuple):
    """A base file: all documents as of `sequence`."""

    name: str
    key_id: int
    length: int
    tag: bytes  # of its trailer
    sequence: int
    chain_tag: bytes  # tag of the journal frame `sequence`
    documents: int


class SegmentRef(NamedTuple):
    """A segment file: the entries `first` to `last` of a stream."""

    stream: str
    name: str
    key_id: int
    length: int
    first: int
    last: int
    anchor: bytes  # tag of the segment before
    tag: bytes


class JournalRef(NamedTuple):
    """A journal file; `seal` is None for the open one, which is the last."""

    name: str
    key_id: int
    generation: int
    base_sequence: int
    anchor: bytes  # tag of the journal frame `base_sequence`
    seal: Seal | None


class KeptFile(NamedTuple):
    """A file that the checkpoint before last still needs; for repair only."""

    name: str
    key_id: int


class Dropped(NamedTuple):
    """Where a stream begins: the entries up to `last` were dropped."""

    stream: str
    last: int
    tag: bytes  # of the segment that ended with it


class CleanStop(NamedTuple):
    """The open journal as a clean stop left it, to the byte."""

    journal: str
    seal: Seal


@dataclass(frozen=True, slots=True)
class Manifest:
    """The state of the directory."""

    store_id: bytes
    epoch: int
    generation: int
    next_transaction: int  # as of the base
    journals: tuple[JournalRef, ...]
    base: BaseRef | None = None
    segments: tuple[SegmentRef, ...] = ()
    previous: tuple[KeptFile, ...] = ()
    clean: CleanStop | None = None
    dropped: tuple[Dropped, ...] = ()

    def beginning(self, stream: str) -> Dropped:
        """What the first entry that is left follows; number 0 and no tag for nothing."""
        found = (one for one in self.dropped if one.stream == stream)
        return next(found, Dropped(stream, 0, NO_TAG))

    def segments_of(self, stream: str) -> tuple[SegmentRef, ...]:
        return tuple(ref for ref in self.segments if ref.stream == stream)

    def files(self) -> frozenset[str]:
        """All data files that must exist."""
        return frozenset(name for name, _ in self._references())

    def key_ids(self) -> frozenset[int]:
        """The data keys that the named files need."""
        return frozenset(key_id for _, key_id in self._references())

    def _references(self) -> Iterator[tuple[str, int]]:
        if self.base is not None:
            yield self.base.name, self.base.key_id
        yield from ((ref.name, ref.key_id) for ref in self.journals)
        yield from ((ref.name, ref.key_id) for ref in self.segments)
        yield from self.previous


def write_manifest(disk: Disk, manifest: Manifest, ciphers: Ciphers) -> None:
    """Put `manifest` in force, durable on return.

    Raises OSError when the old one is still in force, OutcomeUnknown when either may be.
    """
    replace_file(disk, MANIFEST_NAME, encode_manifest(manifest, ciphers))


def read_store_id(disk: Disk) -> bytes:
    """The store id of the plain header. Raises StoreCorrupt or StoreTooNew."""
    return store_id_of(read_all(disk, MANIFEST_NAME, _PLAIN_BYTES))


def read_manifest(disk: Disk, ciphers: Ciphers) -> Manifest:
    """Raises StoreCorrupt or StoreTooNew."""
    data = read_all(disk, MANIFEST_NAME, _PLAIN_BYTES + MAX_BODY_BYTES)
    return decode_manifest(data, ciphers)


def decode_manifest(data: bytes, ciphers: Ciphers) -> Manifest:
    """The inverse of `encode_manifest`. Raises StoreCorrupt or StoreTooNew."""
    store_id, version = _plain_header(data)
    body = _open_frame(data, ciphers)
    try:
        manifest = _decode(msgpack.unpackb(body), version)
    except (ValueError, TypeError) as error:
        raise _corrupt("its content is malformed") from error
    if manifest.store_id != store_id:
        raise _corrupt("its header names another store")
    return manifest


def check_frame(data: bytes) -> None:
    """Verify header and CRCs of an encoded MANIFEST without any key."""
    store_id_of(data)
    _frame_body(data)


def encode_manifest(manifest: Manifest, ciphers: Ciphers) -> bytes:
    """The bytes of a MANIFEST, sealed under the active key."""
    version = _DROPPED_ENTRIES if manifest.dropped else _WHOLE_STREAMS
    plain = _PLAIN.pack(MAGIC, version, version, manifest.store_id)
    fields: list[Any] = [
        manifest.store_id,
        manifest.epoch,
        manifest.generation,
        manifest.next_transaction,
        manifest.journals,
        manifest.base,
        manifest.segments,
        manifest.previous,
        manifest.clean,
    ]
    if manifest.dropped:
        fields.append(manifest.dropped)
    body = msgpack.packb(fields)
    frame = encode_frame(ciphers.active_id, ciphers.active.seal(body))
    return plain + _CRC.pack(crc32(plain)) + frame


def _decode(fields: list[Any], version: int) -> Manifest:
    if version < _DROPPED_ENTRIES:
        fields = [*fields, []]
    store_id, epoch, generation, number, journals, base, segments, *rest = fields
    previous, clean, dropped = rest
    return Manifest(
        store_id=store_id,
        epoch=epoch,
        generation=generation,
        next_transaction=number,
        journals=tuple(_decode_journal(ref) for ref in journals),
        base=None if base is None else BaseRef(*base),
        segments=tuple(SegmentRef(*ref) for ref in segments),
        previous=tuple(KeptFile(*ref) for ref in previous),
        clean=None if clean is None else CleanStop(clean[0], Seal(*clean[1])),
        dropped=tuple(Dropped(*one) for one in dropped),
    )


def _decode_journal(ref: list[Any]) -> JournalRef:
    name, key_id, generation, base_sequence, anchor, seal = ref
    end = None if seal is None else Seal(*seal)
    return JournalRef(name, key_id, generation, base_sequence, anchor, end)


def store_id_of(data: bytes) -> bytes:
    """The store id in the plain header of an encoded MANIFEST. Raises as `read_store_id`."""
    return _plain_header(data)[0]


def _plain_header(data: bytes) -> tuple[bytes, int]:
    """Store id and version."""
    plain = data[: _PLAIN.size]
    if len(data) < _PLAIN_BYTES or data[_PLAIN.size : _PLAIN_BYTES] != _CRC.pack(
        crc32(plain)
    ):
        raise _corrupt("its header does not verify")
    magic, version, min_reader, store_id = _PLAIN.unpack(plain)
    if magic != MAGIC or version < min_reader:
        raise _corrupt("it is not a MANIFEST")
    if min_reader > FORMAT_VERSION:
        raise StoreTooNew(MANIFEST_NAME, min_reader, FORMAT_VERSION)
    return bytes(store_id), version


def _frame_body(data: bytes) -> tuple[int, bytes]:
    def read(offset: int, length: int) -> bytes:
        return data[offset : offset + length]

    try:
        frames = list(read_frames(read, _PLAIN_BYTES, len(data)))
    except Damage as damage:
        raise _corrupt(damage.reason) from damage
    if len(frames) != 1:
        raise _corrupt("it needs exactly one frame")
    return frames[0].key_id, frames[0].body


def _open_frame(data: bytes, ciphers: Ciphers) -> bytes:
    key_id, body = _frame_body(data)
    cipher = ciphers.get(key_id)
    if cipher is None:
        raise _corrupt(f"the keyring has no key {key_id}")
    try:
        return cipher.open(body)
    except NotAuthentic:
        raise _corrupt("it is not authentic") from None


def _corrupt(reason: str) -> StoreCorrupt:
    return StoreCorrupt(MANIFEST_NAME, 0, None, reason)
