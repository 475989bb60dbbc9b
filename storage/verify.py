"""Checking a store without changing it, also while the service runs.

    quick    no key: headers, lengths, CRCs, names
    full     every tag, the chain, counts, unique keys and groups rebuilt from the documents
    against  also that a head kept elsewhere lies in the chain: nothing newer was lost

A running store only appends to its open journal and replaces whole files, so a set of
files named by one MANIFEST is consistent; when a checkpoint takes it away, the check
begins again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from storage.chunks import END
from storage.collection import Collection, Stream
from storage.creation import require_manifest
from storage.disk import Disk, File
from storage.durable import read_all
from storage.errors import HeadMismatch, StoreCorrupt
from storage.files import Files
from storage.frames import MAX_BODY_BYTES, Damage, read_frames
from storage.headers import HEADER_BYTES, JOURNAL_MAGIC, BadHeader, decode_header
from storage.keyring import KEYRING_NAME
from storage.loading import (
    Replay,
    load_immutable,
    replay_sealed,
    require_files,
    stored_keyring,
    unlock_files,
)
from storage.manifest import MANIFEST_NAME, check_frame, read_store_id
from storage.memory import Memory
from storage.records import document_of, groups_in, unique_values
from storage.state import Head
from storage.table import Table

Progress = Callable[[str], None]

_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check has seen; it raised nothing.

    Attributes:
        files: names of the data files read.
        frames: frames (quick) or journal frames (full) that verify.
        documents: documents whose keys were compared; 0 for a quick check.
        unfinished_bytes: a frame being written, or a torn tail the next start drops.
        head: the newest commit read; None for a quick check.
    """

    files: tuple[str, ...]
    frames: int
    documents: int = 0
    unfinished_bytes: int = 0
    head: Head | None = None


def _no_progress(_: str) -> None:
    """Nobody wants to know."""


def verify_quick(disk: Disk, progress: Progress = _no_progress) -> Verified:
    """Needs no key.

    Raises StoreMissing, StoreCorrupt, StoreTooNew, KeyringCorrupt, ForeignKeyring or
    OSError.
    """
    require_manifest(disk)
    check_frame(read_all(disk, MANIFEST_NAME, 2 * MAX_BODY_BYTES))
    store_id = read_store_id(disk)
    stored_keyring(disk)
    names = [name for name in disk.list() if _is_numbered(name)]
    newest = {_stem(name): name for name in sorted(names, key=_number)}
    frames = unfinished = 0
    for name in names:
        progress(name)
        file = _open_if_there(disk, name)
        if file is None:
            continue  # a checkpoint has just removed it
        try:
            count, damaged = _scan(
                file, name, store_id, may_tear=name in newest.values()
            )
        finally:
            file.close()
        frames += count
        unfinished += damaged
    return Verified(tuple(names), frames, unfinished_bytes=unfinished)


def verify_full(
    disk: Disk,
    master: bytes,
    *,
    collections: Sequence[Collection[Any]],
    streams: Sequence[Stream],
    against: Head | None = None,
    progress: Progress = _no_progress,
) -> Verified:
    """Reads every byte. Raises as `Store.open`, and HeadMismatch for `against`."""
    require_manifest(disk)
    for _ in range(_ATTEMPTS):
        before = _identity(disk)
        try:
            files = unlock_files(disk, stored_keyring(disk), master)
            return _verify_files(files, Memory(collections, streams), against, progress)
        except (FileNotFoundError, StoreCorrupt):
            if _identity(disk) == before:
                raise
    raise StoreCorrupt(
        MANIFEST_NAME, 0, None, "it never stayed long enough to be checked"
    )


def _identity(disk: Disk) -> tuple[bytes, bytes]:
    """What changes when a running store replaces files."""
    limit = 2 * MAX_BODY_BYTES
    return read_all(disk, MANIFEST_NAME, limit), read_all(disk, KEYRING_NAME, limit)


def _verify_files(
    files: Files, memory: Memory, against: Head | None, progress: Progress
) -> Verified:
    manifest = files.manifest
    require_files(files.disk, manifest)
    replay = Replay(memory, manifest.next_transaction)
    if against is not None:
        replay.watched_sequence = against.sequence
    progress("base and segments")
    load_immutable(files, memory, entries=True)
    progress("journals")
    replay_sealed(files, replay)
    head, unfinished = _read_open_journal(files, replay)
    documents = 0
    for table in memory.tables.values():
        progress(f"unique keys and groups of {table.name}")
        _compare_keys(table, head.sequence)
        _compare_groups(table, head.sequence)
        documents += len(table.docs)
    if against is not None:
        _require_head(files, replay, head, against)
    names = tuple(sorted(manifest.files()))
    return Verified(names, replay.frames, documents, unfinished, head)


def _read_open_journal(files: Files, replay: Replay) -> tuple[Head, int]:
    manifest = files.manifest
    ref = manifest.journals[-1]
    with files.reading(ref.name) as file:
        reader = files.journal_reader(file, ref)
        size = file.size()
        try:
            if manifest.clean is not None:
                replay.apply(reader, reader.sealed_frames(manifest.clean.seal))
            else:
                replay.apply(reader, reader.frames(size))
        except Damage as damage:
            if not damage.torn:
                raise reader.corrupt(damage.offset, damage.reason) from damage
        end = reader.end
    head = Head(manifest.store_id, manifest.epoch, end.sequence, end.tag)
    return head, size - end.length


def _compare_keys(table: Table, sequence: int) -> None:
    """Rebuild the unique keys from the documents. Raises StoreCorrupt."""
    counts = dict.fromkeys(table.unique, 0)
    for id_, value in table.docs.items():
        unique = unique_values(document_of(value), table.unique)
        for field, key in unique.items():
            if key is None:
                continue
            counts[field] += 1
            if table.indexes[field].get(key) != id_:
                reason = f"{table.name}.{field} of document {id_} is not its key"
                raise StoreCorrupt(MANIFEST_NAME, 0, sequence, reason)
    for field, count in counts.items():
        if len(table.indexes[field]) != count:
            reason = f"{table.name}.{field} has keys without a document"
            raise StoreCorrupt(MANIFEST_NAME, 0, sequence, reason)


def _compare_groups(table: Table, sequence: int) -> None:
    """Rebuild the groups from the documents. Raises StoreCorrupt."""
    for field, groups in table.groups.items():
        wanted: dict[str, list[str]] = {}
        for id_, value in table.docs.items():
            for group in groups_in(document_of(value).get(field)):
                wanted.setdefault(group, []).append(id_)
        same = wanted.keys() == set(groups.values()) and all(
            groups.page(group, None, None) == sorted(ids)
            for group, ids in wanted.items()
        )
        if not same:
            reason = (
                f"the groups of {table.name}.{field} are not those of its documents"
            )
            raise StoreCorrupt(MANIFEST_NAME, 0, sequence, reason)


def _require_head(files: Files, replay: Replay, head: Head, against: Head) -> None:
    """Raises HeadMismatch unless `against` lies in the chain that ends with `head`."""
    if against.store_id != head.store_id:
        raise HeadMismatch("the head belongs to another store")
    if against.epoch != head.epoch:
        raise HeadMismatch(
            f"the head is of epoch {against.epoch}, the store of epoch {head.epoch}: "
            "it was restored from a backup"
        )
    if against.sequence > head.sequence:
        raise HeadMismatch(
            f"the store ends at sequence {head.sequence}, "
            f"before the head's {against.sequence}: newer commits are missing"
        )
    base = files.manifest.base
    tag = replay.watched_tag
    if base is not None and against.sequence == base.sequence:
        tag = base.chain_tag
    # A head inside the base has no frame left; the chain that continues it is checked.
    inside_base = base is not None and against.sequence < base.sequence
    if not inside_base and against.sequence and tag != against.tag:
        raise HeadMismatch(f"commit {against.sequence} is not the one of the head")


def _scan(file: File, name: str, store_id: bytes, *, may_tear: bool) -> tuple[int, int]:
    """Frames, and bytes of an unfinished one. Raises StoreCorrupt.

    The newest file of each kind may be just being written, or have been when the
    process was killed; which files are needed, only the keys tell.
    """
    size, frames, good = file.size(), 0, HEADER_BYTES
    if may_tear and size < HEADER_BYTES:
        return 0, size
    try:
        header = decode_header(name, file.read_at(0, HEADER_BYTES))
    except BadHeader as error:
        raise StoreCorrupt(name, 0, None, str(error)) from error
    if header.store_id != store_id:
        raise StoreCorrupt(name, 0, None, "the file belongs to another store")
    try:
        for frame in read_frames(file.read_at, HEADER_BYTES, size):
            frames, good = frames + 1, frame.end
    except Damage as damage:
        if not (damage.torn and may_tear):
            raise StoreCorrupt(name, damage.offset, None, damage.reason) from damage
    if header.magic != JOURNAL_MAGIC and not frames and not may_tear:
        raise StoreCorrupt(name, good, None, f"it has no {END} chunk")
    return frames, size - good


def _is_numbered(name: str) -> bool:
    stem, _, number = name.rpartition("-")
    return bool(stem) and number.isdigit()


def _stem(name: str) -> str:
    return name.rpartition("-")[0]


def _number(name: str) -> int:
    return int(name.rpartition("-")[2])


def _open_if_there(disk: Disk, name: str) -> File | None:
    try:
        return disk.open_read(name)
    except FileNotFoundError:
        return None
