"""Segments that were dropped, kept elsewhere: still sealed, still in their chain.

    NAME          the segment, as it was
    NAME.keyring  the keyring of the time: it opens with the master password of the time
    NAME.ref      one frame, sealed: what the MANIFEST said of it

NAME is that of the segment and the first 8 hexadecimal digits of its tag. It knows
files and entry numbers; it must not know what an entry says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgpack

from storage.cipher import NotAuthentic
from storage.collection import Entry
from storage.disk import Disk
from storage.durable import discard, read_all, write_all, write_new
from storage.errors import StoreCorrupt
from storage.files import Files
from storage.frames import MAX_BODY_BYTES, Damage, encode_frame, read_frames
from storage.headers import HEADER_BYTES, BadHeader, decode_header
from storage.keyring import COPY_BYTES, KEYRING_NAME, Ciphers, parse_keyring
from storage.manifest import SegmentRef
from storage.segments import read_segment

REF: Final = ".ref"
KEYRING: Final = ".keyring"
_COPY_BYTES: Final = 1024 * 1024


class Archived(NamedTuple):
    """A segment in an archive, with what opens it."""

    name: str
    store_id: bytes
    ref: SegmentRef
    ciphers: Ciphers


def archive_segment(files: Files, ref: SegmentRef, archive: Disk) -> None:
    """Copy a segment, durable on return; a copy that was begun is made anew.

    Raises OSError, or StoreCorrupt for a key that is gone.
    """
    name = f"{ref.name}-{ref.tag.hex()[:8]}"
    for old in (name + REF, name + KEYRING, name):
        discard(archive, old)
    keyring = read_all(files.disk, KEYRING_NAME, 2 * COPY_BYTES)
    write_new(archive, name + KEYRING, keyring)
    with files.reading(ref.name) as source:
        target = archive.create(name)
        try:
            for offset in range(0, ref.length, _COPY_BYTES):
                write_all(target, source.read_at(offset, _COPY_BYTES))
            target.fsync()
        finally:
            target.close()
    body = files.cipher(ref.name, ref.key_id).seal(msgpack.packb(ref))
    write_new(archive, name + REF, encode_frame(ref.key_id, body))
    archive.fsync_directory()


def archived_segments(archive: Disk, stream: str, master: bytes) -> list[Archived]:
    """All complete segments of a stream in an archive, by their numbers of entries.

    Raises StoreCorrupt, KeyringCorrupt, ForeignKeyring, WrongPassword or OSError.
    """
    unlocked: dict[bytes, Ciphers] = {}
    names = [name.removesuffix(REF) for name in archive.list() if name.endswith(REF)]
    found = [
        _archived(archive, name, master, unlocked)
        for name in names
        if name.startswith(f"{stream}-")
    ]
    return sorted(found, key=lambda one: (one.ref.first, one.ref.last))


def archived_entries(archive: Disk, segments: list[Archived]) -> Iterator[Entry]:
    """All entries, each segment verified and in the chain of the one before.

    Raises StoreCorrupt, also for a segment that is missing between two.
    """
    before: SegmentRef | None = None
    for name, store_id, ref, ciphers in segments:
        begins = (ref.first, ref.anchor)
        if before is not None and begins != (before.last + 1, before.tag):
            raise StoreCorrupt(
                name, 0, None, f"it does not continue entry {before.last}"
            )
        cipher = ciphers.get(ref.key_id)
        assert cipher is not None  # it opened the ref
        file = archive.open_read(name)
        try:
            for chunk in read_segment(file, store_id, ref, cipher):
                for number, packed in chunk:
                    yield Entry(number, msgpack.unpackb(packed, strict_map_key=False))
        finally:
            file.close()
        before = ref


def _archived(
    archive: Disk, name: str, master: bytes, unlocked: dict[bytes, Ciphers]
) -> Archived:
    try:
        store_id = decode_header(name, read_all(archive, name, HEADER_BYTES)).store_id
    except BadHeader as error:
        raise StoreCorrupt(name, 0, None, str(error)) from error
    keyring = read_all(archive, name + KEYRING, 2 * COPY_BYTES)
    if keyring not in unlocked:
        unlocked[keyring] = Ciphers(parse_keyring(keyring, store_id).unlock(master))
    ciphers = unlocked[keyring]
    data = read_all(archive, name + REF, MAX_BODY_BYTES)
    try:
        (frame,) = read_frames(lambda at, length: data[at : at + length], 0, len(data))
        cipher = ciphers.get(frame.key_id)
        if cipher is None:
            raise StoreCorrupt(
                name + REF, 0, None, f"no key {frame.key_id} in its keyring"
            )
        ref = SegmentRef(*msgpack.unpackb(cipher.open(frame.body)))
    except (Damage, NotAuthentic, ValueError, TypeError) as error:
        raise StoreCorrupt(name + REF, 0, None, "it does not verify") from error
    return Archived(name, store_id, ref, ciphers)
