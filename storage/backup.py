"""Backup and restore: one tar file, taken while the service runs.

Members, in this order: HEAD, keyring, the data files, MANIFEST, SHA256SUMS. The
MANIFEST in the archive is a new one: it names only these files and declares a clean
stop at the last whole frame, so any damage to the archive refuses to open. The archive
is as secret as the store: it opens with the same master password.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, BinaryIO, Final, NamedTuple

from storage.collection import Collection, Stream
from storage.creation import RESTORING_NAME, remove_unfinished, require_manifest
from storage.disk import LOCK_NAME, Disk, File
from storage.durable import read_all, write_all, write_new
from storage.errors import BadArchive, StoreCorrupt, StoreExists
from storage.files import Files
from storage.frames import Damage
from storage.journal import JournalReader
from storage.keyring import COPY_BYTES, KEYRING_NAME, Ciphers, read_keyring
from storage.loading import require_files, stored_keyring, unlock_files
from storage.manifest import (
    MANIFEST_NAME,
    CleanStop,
    Manifest,
    Seal,
    decode_manifest,
    encode_manifest,
    store_id_of,
    write_manifest,
)
from storage.quarantine import QUARANTINE_NAME
from storage.state import Head
from storage.verify import verify_full

HEAD_NAME: Final = "HEAD"
SUMS_NAME: Final = "SHA256SUMS"
_COPY_BYTES: Final = 1024 * 1024
_ATTEMPTS: Final = 5


class _Member(NamedTuple):
    """An open data file, and how much of it belongs into the archive."""

    name: str
    file: File
    length: int


def backup(
    disk: Disk,
    master: bytes,
    archive: BinaryIO,
    *,
    scratch: Disk,
    collections: Sequence[Collection[Any]],
    streams: Sequence[Stream],
) -> Head:
    """Write a verified archive; returns the head it contains.

    `archive` must be seekable and readable; flushing it to its disk is up to the
    caller. `scratch`, an empty directory, receives a restored copy, which is verified
    in full and left to the caller to remove. Raises CannotOpen errors or OSError.
    """
    require_manifest(disk)
    files, members = _pin(disk, master)
    try:
        manifest, head = _archived_manifest(files, members)
        keyring = read_all(disk, KEYRING_NAME, 2 * COPY_BYTES)
        _write_archive(archive, files, members, manifest, keyring, head)
    finally:
        for member in members:
            member.file.close()
    archive.seek(0)
    restored = restore(archive, scratch, master)
    verify_full(scratch, master, collections=collections, streams=streams)
    if restored._replace(epoch=head.epoch) != head:
        raise StoreCorrupt(HEAD_NAME, 0, head.sequence, "the copy has another head")
    return head


def restore(archive: BinaryIO, disk: Disk, master: bytes) -> Head:
    """Unpack into an empty directory, durable on return; the epoch grows by one.

    What a restore that was interrupted has left is unpacked anew; until one has come
    to its end, nothing opens the directory. What was valid at the time of the backup
    (sessions, one-time codes) must be revoked by the caller. Raises StoreExists,
    StoreLocked, BadArchive, StoreCorrupt, WrongPassword or OSError, with the directory
    emptied.
    """
    lock = disk.lock("a restore")
    try:
        if RESTORING_NAME in disk.list():
            _clear(disk)
        remove_unfinished(disk)
        if set(disk.list()) - {LOCK_NAME}:
            raise StoreExists("a backup is restored into an empty directory only")
        write_new(disk, RESTORING_NAME, b"")
        disk.fsync_directory()
        try:
            head = _begin_epoch(disk, master, _unpack_all(archive, disk))
        except Exception:
            _clear(disk)
            raise
        disk.unlink(RESTORING_NAME)
        disk.fsync_directory()
        return head
    finally:
        lock.release()


def _unpack_all(archive: BinaryIO, disk: Disk) -> bytes:
    """Write all members but MANIFEST, durable on return; returns that one's bytes."""
    try:
        listed, sums, manifest = _unpack_members(archive, disk)
    except (tarfile.TarError, ValueError) as error:  # ValueError: a header's odd text
        raise BadArchive(
            f"the archive is no backup, or not a whole one ({error}); nothing was restored"
        ) from error
    if not sums or listed != _sums_text(sums).encode():
        raise BadArchive(
            "the archive does not match its checksums: it is damaged, or no backup; "
            "nothing was restored"
        )
    disk.fsync_directory()
    return manifest


def _unpack_members(
    archive: BinaryIO, disk: Disk
) -> tuple[bytes, dict[str, str], bytes]:
    """Write them; returns the checksums it names, those of its files, the MANIFEST."""
    sums: dict[str, str] = {}
    listed, manifest = b"", b""
    with tarfile.open(fileobj=archive, mode="r:") as tar:
        for entry in tar:
            source = tar.extractfile(entry)
            if source is None or "/" in entry.name:
                raise BadArchive(
                    f"the archive is no backup: {entry.name!r} is no file of one"
                )
            if entry.name == SUMS_NAME:
                listed = source.read()
            elif entry.name in (HEAD_NAME, MANIFEST_NAME):
                data = source.read()
                sums[entry.name] = hashlib.sha256(data).hexdigest()
                manifest = data if entry.name == MANIFEST_NAME else manifest
            else:
                sums[entry.name] = _unpack(disk, entry.name, source)
    return listed, sums, manifest


def _clear(disk: Disk) -> None:
    """Remove what a restore has made, its mark last."""
    for name in disk.list():
        if name not in (LOCK_NAME, QUARANTINE_NAME, RESTORING_NAME):
            disk.unlink(name)
    disk.unlink(RESTORING_NAME)
    disk.fsync_directory()


def _pin(disk: Disk, master: bytes) -> tuple[Files, list[_Member]]:
    """Open all files of one MANIFEST; an open file survives its removal."""
    for attempt in range(_ATTEMPTS):
        files = unlock_files(disk, stored_keyring(disk), master)
        try:
            return files, _open_members(files)
        except FileNotFoundError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise StoreCorrupt(
        MANIFEST_NAME, 0, None, "it never stayed long enough to be copied"
    )


def _open_members(files: Files) -> list[_Member]:
    manifest = files.manifest
    names = [] if manifest.base is None else [manifest.base.name]
    names += [ref.name for ref in manifest.segments]
    names += [ref.name for ref in manifest.journals]
    members: list[_Member] = []
    try:
        for name in names:
            file = files.disk.open_read(name)
            members.append(_Member(name, file, file.size()))
    except OSError:
        for member in members:
            member.file.close()
        raise
    return members


def _archived_manifest(files: Files, members: list[_Member]) -> tuple[Manifest, Head]:
    """The MANIFEST for the archive; cuts the open journal to its last whole frame."""
    manifest = files.manifest
    ref = manifest.journals[-1]
    member = members[-1]
    reader = files.journal_reader(member.file, ref)
    if manifest.clean is not None:
        # nothing writes to it: it must be as it was left, to the byte
        for _ in reader.sealed_frames(manifest.clean.seal):
            pass
        end = manifest.clean.seal
    else:
        end = _last_whole_frame(reader, member.length)
    members[-1] = member._replace(length=end.length)
    head = Head(manifest.store_id, manifest.epoch, end.sequence, end.tag)
    clean = CleanStop(ref.name, end)
    return replace(manifest, previous=(), clean=clean), head


def _last_whole_frame(reader: JournalReader, size: int) -> Seal:
    try:
        for _ in reader.frames(size):
            pass
    except Damage as damage:
        if not damage.torn:
            raise reader.corrupt(damage.offset, damage.reason) from damage
    return reader.end


def _write_archive(
    archive: BinaryIO,
    files: Files,
    members: list[_Member],
    manifest: Manifest,
    keyring: bytes,
    head: Head,
) -> None:
    sums: dict[str, str] = {}
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.PAX_FORMAT) as tar:
        _add_bytes(tar, HEAD_NAME, f"{head.text}\n".encode(), sums)
        _add_bytes(tar, KEYRING_NAME, keyring, sums)
        for member in members:
            source = _Source(member)
            entry = _entry(member.name, member.length)
            tar.addfile(entry, source)  # type: ignore[arg-type] # it only reads
            sums[member.name] = source.digest.hexdigest()
        _add_bytes(tar, MANIFEST_NAME, encode_manifest(manifest, files.ciphers), sums)
        _add_bytes(tar, SUMS_NAME, _sums_text(sums).encode(), {})


class _Source:
    """A data file as tar reads it, with its running checksum."""

    def __init__(self, member: _Member) -> None:
        self.digest = hashlib.sha256()
        self._file = member.file
        self._length = member.length
        self._offset = 0

    def read(self, length: int) -> bytes:
        data = self._file.read_at(
            self._offset, min(length, self._length - self._offset)
        )
        self._offset += len(data)
        self.digest.update(data)
        return data


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size, 0o600
    return entry


def _add_bytes(
    tar: tarfile.TarFile, name: str, data: bytes, sums: dict[str, str]
) -> None:
    tar.addfile(_entry(name, len(data)), io.BytesIO(data))
    sums[name] = hashlib.sha256(data).hexdigest()


def _sums_text(sums: dict[str, str]) -> str:
    return "".join(f"{digest}  {name}\n" for name, digest in sums.items())


def _unpack(disk: Disk, name: str, source: Any) -> str:
    """Write one member; returns its SHA-256."""
    digest = hashlib.sha256()
    file = disk.create(name)
    try:
        while data := source.read(_COPY_BYTES):
            digest.update(data)
            write_all(file, data)
        file.fsync()
    finally:
        file.close()
    return digest.hexdigest()


def _begin_epoch(disk: Disk, master: bytes, archived: bytes) -> Head:
    """Put the MANIFEST in force, last of all and in an epoch of its own."""
    ciphers = Ciphers(read_keyring(disk, store_id_of(archived)).unlock(master))
    manifest = decode_manifest(archived, ciphers)
    clean = manifest.clean
    if clean is None:
        raise StoreCorrupt(MANIFEST_NAME, 0, None, "the archive has no clean end")
    require_files(disk, manifest)
    manifest = replace(manifest, epoch=manifest.epoch + 1)
    write_manifest(disk, manifest, ciphers)
    seal = clean.seal
    return Head(manifest.store_id, manifest.epoch, seal.sequence, seal.tag)
