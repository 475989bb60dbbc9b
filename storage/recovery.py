"""Opening: read everything, verify everything, and only then repair what may be.

    1. MANIFEST, keyring, every named file present
    2. base, sealed journals: complete, or StoreCorrupt; of segments the ends only
    3. the open journal: to the byte after a clean stop; otherwise a torn tail, and
       nothing else, may be dropped
    4. files the MANIFEST does not name: a newer journal with frames means that the
       MANIFEST was rolled back, so StoreCorrupt
    5. now modify: repair the keyring, keep and cut the torn tail, flush the journal,
       remove orphans, begin a new journal after an unclean stop, write a MANIFEST
       without `clean`

Steps 1 to 4 modify nothing.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from time import perf_counter
from typing import Final, NamedTuple, TypeVar

from storage.ballast import BALLAST_NAME
from storage.creation import require_manifest
from storage.disk import Disk
from storage.durable import TEMPORARY_SUFFIX, discard
from storage.errors import StoreCorrupt
from storage.files import Files
from storage.frames import Damage
from storage.headers import HEADER_BYTES
from storage.journal import Journal, JournalReader, journal_name
from storage.keyring import KEYRING_NAME, Keyring, StoredKeyring, write_keyring
from storage.loading import (
    Replay,
    files_of,
    load_immutable,
    replay_sealed,
    require_files,
    stored_keyring,
)
from storage.manifest import (
    MANIFEST_NAME,
    JournalRef,
    Manifest,
    Seal,
)
from storage.memory import Memory
from storage.quarantine import keep_copy
from storage.segment_index import segment_of
from storage.state import Recovery

R = TypeVar("R")

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


@dataclass(slots=True)
class Opened:
    """An opened store, ready for its writer."""

    files: Files
    journal: Journal
    next_transaction: int
    recovery: Recovery


class Tail(NamedTuple):
    """The open journal as found: its good end, and how long the file is."""

    reader: JournalReader
    size: int

    @property
    def dropped_bytes(self) -> int:
        return self.size - self.reader.end.length


def open_files(
    disk: Disk, unlock: Callable[[StoredKeyring], Keyring], memory: Memory
) -> Opened:
    """Open an existing store and fill `memory`; the caller holds the lock.

    Raises CannotOpen errors with nothing modified, or OSError.
    """
    begun = perf_counter()
    require_manifest(disk)
    stored = stored_keyring(disk)
    files = files_of(disk, unlock(stored))
    manifest = files.manifest
    require_files(disk, manifest)
    replay = Replay(memory, manifest.next_transaction)
    load_immutable(files, memory, entries=False)
    replay_sealed(files, replay)
    tail = _replay_open(files, replay)
    memory.settle()
    orphans = find_orphans(disk, manifest, memory.durable_entries)

    if stored.damaged is not None:
        _with_room(disk, lambda: write_keyring(disk, files.keyring))
    quarantine = None
    if manifest.clean is None:
        quarantine = _settle_tail(disk, tail)
    if orphans:
        # The MANIFEST may have been renamed in the page cache only when its process was
        # killed; the one before still names these files.
        disk.fsync_directory()
    for name in orphans:
        disk.unlink(name)
    journal = _with_room(disk, lambda: _begin(files, tail))
    recovery = Recovery(
        clean=manifest.clean is not None,
        frames=replay.frames,
        dropped_bytes=tail.dropped_bytes,
        quarantine=quarantine,
        removed=tuple(orphans),
        keyring_repaired=stored.damaged,
        seconds=perf_counter() - begun,
    )
    return Opened(files, journal, replay.next_transaction, recovery)


def find_orphans(disk: Disk, manifest: Manifest, streams: Iterable[str]) -> list[str]:
    """Files of an unfinished checkpoint. Raises StoreCorrupt for a rolled-back MANIFEST."""
    ours = {"base", "journal", *streams}
    temporary = {
        name + TEMPORARY_SUFFIX for name in (MANIFEST_NAME, KEYRING_NAME, BALLAST_NAME)
    }
    named = manifest.files()
    orphans = []
    for name in disk.list():
        stem, _, number = name.rpartition("-")
        segment = segment_of(name)
        if name in temporary:
            orphans.append(name)
        elif segment is not None and segment.rpartition("-")[0] in ours:
            if segment not in named or name.endswith(TEMPORARY_SUFFIX):
                orphans.append(name)
        elif stem in ours and number.isdigit() and name not in named:
            if stem == "journal" and int(number) > manifest.generation:
                _require_no_frames(disk, name)
            orphans.append(name)
    return orphans


def _require_no_frames(disk: Disk, name: str) -> None:
    file = disk.open_read(name)
    try:
        size = file.size()
    finally:
        file.close()
    if size > HEADER_BYTES:
        reason = f"it is older than {name}, which holds commits"
        raise StoreCorrupt(MANIFEST_NAME, 0, None, reason)


def _replay_open(files: Files, replay: Replay) -> Tail:
    ref = files.manifest.journals[-1]
    clean = files.manifest.clean
    with files.reading(ref.name) as file:
        if clean is None:
            # After a failed flush the cache may hold what the disk does not.
            file.drop_cache()
        reader = files.journal_reader(file, ref)
        if clean is not None:
            if clean.journal != ref.name:
                raise reader.corrupt(0, "the clean stop names another journal")
            replay.apply(reader, reader.sealed_frames(clean.seal))
            return Tail(reader, clean.seal.length)
        size = file.size()
        try:
            replay.apply(reader, reader.frames(size))
        except Damage as damage:
            if not damage.torn:
                raise reader.corrupt(damage.offset, damage.reason) from damage
        return Tail(reader, size)


def _settle_tail(disk: Disk, tail: Tail) -> str | None:
    """Cut the torn end off, and flush what was read: it may have been in the cache only.

    A frame that was written but not flushed before the process was killed is visible
    from now on, so it must survive a power cut from now on. Returns the name of the
    copy of what was cut off.
    """
    name, good = tail.reader.ref.name, tail.reader.end.length
    copy = None
    if tail.dropped_bytes:
        copy = _with_room(disk, lambda: keep_copy(disk, name, good, tail.size))
    file = disk.open_append(name)
    try:
        if tail.dropped_bytes:
            file.truncate(good)
        file.fsync()
    finally:
        file.close()
    return copy


def _begin(files: Files, tail: Tail) -> Journal:
    """The journal to write to, named by a MANIFEST without `clean`."""
    reader = tail.reader
    if files.manifest.clean is None:
        return switch_journal(files, reader.ref, reader.end)
    cipher = files.cipher(reader.ref.name, reader.ref.key_id)
    files.update(lambda manifest: replace(manifest, clean=None))
    return Journal.reopen(files.disk, reader.header, reader.ref, cipher, reader.end)


def switch_journal(files: Files, old: JournalRef, end: Seal) -> Journal:
    """Seal the open journal at `end` and begin a new one, durable on return.

    An old journal without frames is left out. Raises OSError when the old one is still
    in force, OutcomeUnknown when either may be.
    """
    generation = files.manifest.generation + 1
    ciphers = files.ciphers
    ref = JournalRef(
        journal_name(generation),
        ciphers.active_id,
        generation,
        end.sequence,
        end.tag,
        None,
    )
    discard(files.disk, ref.name)
    journal = Journal.create(files.disk, files.store_id, ref, ciphers.active)
    sealed = () if end.length == HEADER_BYTES else (old._replace(seal=end),)
    try:
        files.disk.fsync_directory()
        files.update(
            lambda manifest: replace(
                manifest,
                generation=generation,
                journals=(*manifest.journals[:-1], *sealed, ref),
                clean=None,
            )
        )
    except OSError:
        journal.close()
        discard(files.disk, ref.name)
        raise
    if not sealed:
        discard(files.disk, old.name)
    return journal


def _with_room(disk: Disk, step: Callable[[], R]) -> R:
    """Run a step that needs little room, at the ballast's expense on a full disk."""
    try:
        return step()
    except OSError as error:
        if error.errno not in _NO_ROOM or BALLAST_NAME not in disk.list():
            raise
    disk.unlink(BALLAST_NAME)
    return step()
