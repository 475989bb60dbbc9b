"""Making a store in an empty directory.

The MANIFEST is written last: without it, and without any frame, a directory is an
unfinished creation and may be made anew. With a frame but no MANIFEST it is a damaged
store and is never touched.
"""

from __future__ import annotations

import secrets
from typing import Final

from storage.ballast import BALLAST_NAME
from storage.disk import LOCK_NAME, Disk
from storage.durable import TEMPORARY_SUFFIX
from storage.errors import StoreCorrupt, StoreExists, StoreMissing
from storage.headers import HEADER_BYTES, NO_TAG
from storage.journal import Journal, journal_name
from storage.kdf import SALT_BYTES, KdfParameters
from storage.keyring import KEYRING_NAME, Ciphers, Keyring, new_keyring, write_keyring
from storage.manifest import (
    MANIFEST_NAME,
    CleanStop,
    JournalRef,
    Manifest,
    Seal,
    write_manifest,
)
from storage.quarantine import QUARANTINE_NAME

STORE_ID_BYTES: Final = 16
FIRST_GENERATION: Final = 1
FIRST_EPOCH: Final = 1

RESTORING_NAME: Final = "RESTORING"
"""Lies in the directory while a backup is being unpacked into it."""

_LEFTOVERS = frozenset(
    {
        KEYRING_NAME,
        BALLAST_NAME,
        KEYRING_NAME + TEMPORARY_SUFFIX,
        MANIFEST_NAME + TEMPORARY_SUFFIX,
        journal_name(FIRST_GENERATION),
    }
)


def create_files(
    disk: Disk, master: bytes, parameters: KdfParameters, now: int
) -> Keyring:
    """An empty store, durable on return, and its keyring; `now` in seconds of Unix time.

    Raises StoreExists or StoreCorrupt when the directory is not empty, OSError.
    """
    remove_unfinished(disk)
    keyring = new_keyring(
        master,
        secrets.token_bytes(STORE_ID_BYTES),
        secrets.token_bytes(SALT_BYTES),
        parameters,
        now,
    )
    write_keyring(disk, keyring)
    write_manifest(disk, _first_manifest(disk, keyring), Ciphers(keyring))
    return keyring


def require_manifest(disk: Disk) -> None:
    """Raises StoreMissing for no store, StoreCorrupt for one without its MANIFEST."""
    names = disk.list()
    if RESTORING_NAME in names:
        raise StoreMissing("a backup was not restored to its end: restore it again")
    if MANIFEST_NAME in names:
        return
    _refuse_frames(disk, names)
    raise StoreMissing("there is no store in this directory")


def remove_unfinished(disk: Disk) -> None:
    """Clear what an interrupted creation left. Raises StoreExists, StoreCorrupt."""
    names = disk.list()
    if RESTORING_NAME in names:
        raise StoreExists("a backup was not restored to its end: restore it again")
    if MANIFEST_NAME in names:
        raise StoreExists("there is a store in this directory already")
    _refuse_frames(disk, names)
    for name in names:
        if name not in _LEFTOVERS | {LOCK_NAME, QUARANTINE_NAME}:
            raise StoreExists(f"the directory is not empty: {name}")
    for name in _LEFTOVERS.intersection(names):
        disk.unlink(name)


def _first_manifest(disk: Disk, keyring: Keyring) -> Manifest:
    key = keyring.active
    ref = JournalRef(
        journal_name(FIRST_GENERATION), key.key_id, FIRST_GENERATION, 0, NO_TAG, None
    )
    cipher = Ciphers(keyring).active
    Journal.create(disk, keyring.store_id, ref, cipher).close()
    disk.fsync_directory()
    return Manifest(
        store_id=keyring.store_id,
        epoch=FIRST_EPOCH,
        generation=FIRST_GENERATION,
        next_transaction=1,
        journals=(ref,),
        clean=CleanStop(ref.name, Seal(HEADER_BYTES, NO_TAG, 0)),
    )


def _refuse_frames(disk: Disk, names: list[str]) -> None:
    for name in names:
        if name in _LEFTOVERS and not name.startswith("journal-"):
            continue
        if name.endswith(TEMPORARY_SUFFIX) or name in {LOCK_NAME, QUARANTINE_NAME}:
            continue
        stem, _, number = name.rpartition("-")
        if stem and number.isdigit() and _holds_frames(disk, name):
            raise StoreCorrupt(
                MANIFEST_NAME, 0, None, f"it is missing, but {name} holds data"
            )


def _holds_frames(disk: Disk, name: str) -> bool:
    file = disk.open_read(name)
    try:
        return file.size() > HEADER_BYTES
    finally:
        file.close()
