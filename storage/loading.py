"""Reading a store from disk: everything verified, nothing modified.

Shared by opening, verification, backup and repair. It knows the order of files and of
the frames in them; it must not repair anything.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storage.base import load_base
from storage.disk import Disk
from storage.errors import KeyringCorrupt, StoreCorrupt
from storage.files import Files
from storage.headers import NO_TAG
from storage.journal import JournalFrame, JournalReader
from storage.keyring import Keyring, StoredKeyring, read_keyring
from storage.manifest import (
    MANIFEST_NAME,
    JournalRef,
    Manifest,
    Seal,
    read_manifest,
    read_store_id,
)
from storage.memory import CannotReplay, Memory
from storage.records import decode_transaction
from storage.segments import check_seal, read_segment


@dataclass(slots=True)
class Replay:
    """Applies journal frames to memory, counting."""

    memory: Memory
    next_transaction: int
    frames: int = 0
    watched_sequence: int = -1
    watched_tag: bytes | None = None

    def apply(self, reader: JournalReader, frames: Iterable[JournalFrame]) -> None:
        """Raises StoreCorrupt for records that do not fit."""
        for frame in frames:
            self.frames += 1
            if frame.end.sequence == self.watched_sequence:
                self.watched_tag = frame.end.tag
            try:
                for fields in frame.transactions:
                    record = decode_transaction(fields)
                    self.memory.replay(record)
                    self.next_transaction = max(
                        self.next_transaction, record.number + 1
                    )
            except (CannotReplay, ValueError, TypeError) as error:
                raise reader.corrupt(frame.offset, str(error)) from error


def stored_keyring(disk: Disk) -> StoredKeyring:
    """Raises KeyringCorrupt or ForeignKeyring, before any password is needed."""
    store_id = read_store_id(disk)
    try:
        return read_keyring(disk, store_id)
    except FileNotFoundError:
        raise KeyringCorrupt("the keyring is missing") from None


def unlock_files(disk: Disk, stored: StoredKeyring, master: bytes) -> Files:
    """The files of a store for reading. Raises WrongPassword, StoreCorrupt."""
    return files_of(disk, stored.unlock(master))


def files_of(disk: Disk, keyring: Keyring) -> Files:
    """The files of the store of this keyring, for reading. Raises StoreCorrupt."""
    placeholder = Manifest(keyring.store_id, 0, 0, 0, ())
    files = Files(disk, keyring, placeholder)
    files.manifest = read_manifest(disk, files.ciphers)
    return files


def require_files(disk: Disk, manifest: Manifest) -> None:
    """Raises StoreCorrupt for a named file that is missing, kept ones included."""
    names = set(disk.list())
    for name in sorted(manifest.files()):
        if name not in names:
            raise StoreCorrupt(name, 0, None, "the file is missing")
    if not manifest.journals or manifest.journals[-1].seal is not None:
        raise StoreCorrupt(MANIFEST_NAME, 0, None, "it names no open journal")


def load_immutable(files: Files, memory: Memory, *, entries: bool) -> None:
    """Load the base, verify the segments. Raises StoreCorrupt.

    Without `entries` only header, length and last tag of each segment are compared:
    nothing of what is in it is needed to start, and all of it is verified when it is
    read.
    """
    manifest = files.manifest
    if manifest.base is not None:
        ref = manifest.base
        cipher = files.cipher(ref.name, ref.key_id)
        try:
            load_base(files.disk, files.store_id, ref, cipher, memory)
        except CannotReplay as error:
            raise StoreCorrupt(ref.name, 0, ref.sequence, str(error)) from error
    _load_segments(files, memory, entries=entries)


def _load_segments(files: Files, memory: Memory, *, entries: bool) -> None:
    manifest = files.manifest
    anchors = dict.fromkeys(memory.durable_entries, NO_TAG)
    for begins in manifest.dropped:
        if begins.stream not in anchors:
            reason = f"stream {begins.stream} is not declared"
            raise StoreCorrupt(MANIFEST_NAME, 0, None, reason)
        memory.durable_entries[begins.stream] = begins.last
        anchors[begins.stream] = begins.tag
    for segment in manifest.segments:
        last = memory.durable_entries.get(segment.stream)
        if last != segment.first - 1 or anchors[segment.stream] != segment.anchor:
            raise StoreCorrupt(segment.name, 0, None, "the segment is out of order")
        cipher = files.cipher(segment.name, segment.key_id)
        with files.reading(segment.name) as file:
            if entries:
                for _ in read_segment(file, files.store_id, segment, cipher):
                    pass
            else:
                check_seal(file, files.store_id, segment, cipher)
        memory.durable_entries[segment.stream] = segment.last
        anchors[segment.stream] = segment.tag


def replay_sealed(files: Files, replay: Replay) -> None:
    """Apply all journals but the open one. Raises StoreCorrupt."""
    end = journal_start(files.manifest)
    for ref in files.manifest.journals:
        require_continues(ref, end)
        if ref.seal is None:
            continue
        with files.reading(ref.name) as file:
            reader = files.journal_reader(file, ref)
            replay.apply(reader, reader.sealed_frames(ref.seal))
        end = ref.seal


def require_continues(ref: JournalRef, end: Seal) -> None:
    """Raises StoreCorrupt unless the journal begins where the one before ended."""
    if (ref.base_sequence, ref.anchor) != (end.sequence, end.tag):
        raise StoreCorrupt(ref.name, 0, end.sequence, "the journal is out of order")


def journal_start(manifest: Manifest) -> Seal:
    """What the first journal continues."""
    base = manifest.base
    if base is None:
        return Seal(0, NO_TAG, 0)
    return Seal(0, base.chain_tag, base.sequence)
