"""The oldest entry of a stream, read beside a running store: how far back it goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import msgpack

from storage.collection import Entry, Stream
from storage.creation import require_manifest
from storage.disk import Disk
from storage.files import Files
from storage.frames import Damage
from storage.loading import stored_keyring, unlock_files
from storage.manifest import JournalRef
from storage.records import decode_transaction
from storage.segments import read_blocks

_ATTEMPTS: Final = 5


def oldest_entry(disk: Disk, master: bytes, stream: Stream) -> Entry | None:
    """The first entry that was not dropped; None for a stream without any.

    Changes nothing, and reads no further than it must. Raises CannotOpen errors or
    OSError.
    """
    require_manifest(disk)
    for _ in range(_ATTEMPTS - 1):
        try:
            return _oldest(disk, master, stream)
        except FileNotFoundError:
            continue  # a checkpoint has removed it
    return _oldest(disk, master, stream)


def _oldest(disk: Disk, master: bytes, stream: Stream) -> Entry | None:
    files = unlock_files(disk, stored_keyring(disk), master)
    for ref in files.manifest.segments_of(stream.name):
        cipher = files.cipher(ref.name, ref.key_id)
        with files.reading(ref.name) as file:
            block = next(read_blocks(file, files.store_id, ref, cipher))
        return _entry(block.first, block.packed[0])
    for journal in files.manifest.journals:
        for number, packed in _entries(files, journal, stream.name):
            return _entry(number, packed)
    return None


def _entries(files: Files, ref: JournalRef, stream: str) -> Iterator[tuple[int, bytes]]:
    with files.reading(ref.name) as file:
        reader = files.journal_reader(file, ref)
        try:
            for frame in reader.frames(file.size()):
                for fields in frame.transactions:
                    for entry in decode_transaction(fields).entries:
                        if entry.stream == stream:
                            yield entry.sequence, entry.packed
        except Damage as damage:
            if not damage.torn:  # a frame is just being written, or was cut short
                raise reader.corrupt(damage.offset, damage.reason) from damage


def _entry(number: int, packed: bytes) -> Entry:
    return Entry(number, msgpack.unpackb(packed, strict_map_key=False))
