"""Repair: give up the end of the journals, explicitly and with copies.

Only an operator who names the last sequence to keep may lose data. Every file that is
cut or dropped is copied to the quarantine first. A damaged base or segment cannot be
repaired here: that needs a backup. It returns what was lost; the caller writes that
into the audit log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from storage.collection import Collection, Stream
from storage.creation import require_manifest
from storage.disk import Disk
from storage.durable import discard
from storage.errors import Misuse, StoreCorrupt
from storage.files import Files
from storage.frames import Damage
from storage.headers import HEADER_BYTES
from storage.journal import JournalReader
from storage.loading import (
    Replay,
    journal_start,
    load_immutable,
    require_continues,
    require_files,
    stored_keyring,
    unlock_files,
)
from storage.manifest import JournalRef, Manifest, Seal
from storage.memory import Memory
from storage.quarantine import keep_copy
from storage.recovery import switch_journal


@dataclass(frozen=True, slots=True)
class Repaired:
    """What a repair kept and gave up.

    Attributes:
        last_sequence: the newest commit that is left.
        lost_bytes: bytes of journals that were given up.
        reason: what was wrong.
        quarantined: names of the copies, in the quarantine directory.
    """

    last_sequence: int
    lost_bytes: int
    reason: str
    quarantined: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Break:
    """Where the chain ends: in this journal, at this point."""

    index: int
    end: Seal
    reason: str


def repair(
    disk: Disk,
    master: bytes,
    *,
    accept_loss_after: int,
    collections: Sequence[Collection[Any]],
    streams: Sequence[Stream],
    owner: str,
) -> Repaired | None:
    """Cut the journals behind their last good frame; None when nothing is damaged.

    Durable on return. Raises StoreCorrupt, with nothing modified, when less than
    `accept_loss_after` would be left or the damage is not in a journal; StoreLocked,
    OSError.
    """
    if accept_loss_after < 0:
        raise Misuse("a sequence is never negative")
    lock = disk.lock(owner)
    try:
        require_manifest(disk)
        files = unlock_files(disk, stored_keyring(disk), master)
        found = _find_break(files, Memory(collections, streams))
        if found is None:
            return None
        if found.end.sequence < accept_loss_after:
            name = files.manifest.journals[found.index].name
            raise StoreCorrupt(
                name,
                found.end.length,
                found.end.sequence,
                f"{found.reason}; more than accepted would be lost",
            )
        return _cut(files, found)
    finally:
        lock.release()


def _find_break(files: Files, memory: Memory) -> _Break | None:
    manifest = files.manifest
    require_files(files.disk, manifest)
    replay = Replay(memory, manifest.next_transaction)
    load_immutable(files, memory, entries=True)
    end = journal_start(manifest)
    for index, ref in enumerate(manifest.journals):
        try:
            require_continues(ref, end)
            with files.reading(ref.name) as file:
                reader = files.journal_reader(file, ref)
                size = file.size()
                reason = _read(reader, replay, size, _expected_end(manifest, ref))
        except StoreCorrupt as error:
            return _Break(index, Seal(HEADER_BYTES, end.tag, end.sequence), str(error))
        if reason is not None:
            return _Break(index, reader.end, reason)
        end = reader.end
    return None


def _expected_end(manifest: Manifest, ref: JournalRef) -> Seal | None:
    """None for the open journal after an unclean stop: any end will do."""
    if ref.seal is not None:
        return ref.seal
    return None if manifest.clean is None else manifest.clean.seal


def _read(
    reader: JournalReader, replay: Replay, size: int, expected: Seal | None
) -> str | None:
    """What is wrong with a journal whose header is sound; None for nothing."""
    try:
        replay.apply(reader, reader.frames(size))
    except Damage as damage:
        # The next start cuts an ordinary torn tail by itself.
        return None if damage.torn and expected is None else damage.reason
    except StoreCorrupt as error:
        return error.reason
    if expected is not None and (reader.end, size) != (expected, expected.length):
        return "the journal does not end as recorded"
    return None


def _cut(files: Files, found: _Break) -> Repaired:
    manifest, disk = files.manifest, files.disk
    broken, *dropped = manifest.journals[found.index :]
    copies, lost = [], 0
    for ref in (broken, *dropped):
        with files.reading(ref.name) as file:
            size = file.size()
        copies.append(keep_copy(disk, ref.name, 0, size))
        kept = found.end.length if ref is broken else HEADER_BYTES
        lost += max(0, size - kept)
    file = disk.open_append(broken.name)
    try:
        file.truncate(found.end.length)
        file.fsync()
    finally:
        file.close()
    files.manifest = replace(manifest, journals=manifest.journals[: found.index + 1])
    switch_journal(files, broken, found.end).close()
    for ref in dropped:
        discard(disk, ref.name)
    return Repaired(found.end.sequence, lost, found.reason, tuple(copies))
