"""Changing the master password of a stopped store.

The data keys stay; only their wrapping changes. An old copy of the keyring still opens
with the old password: after a leak, rotate the data key as well.
"""

from __future__ import annotations

import secrets

from storage.creation import require_manifest
from storage.disk import Disk
from storage.kdf import SALT_BYTES, KdfParameters
from storage.keyring import write_keyring
from storage.loading import stored_keyring


def change_master_password(
    disk: Disk, old: bytes, new: bytes, *, kdf: KdfParameters, owner: str
) -> None:
    """Durable on return; after a crash the old or the new one opens, never neither.

    Raises StoreLocked while the service runs, WrongPassword, KeyringCorrupt, OSError.
    """
    lock = disk.lock(owner)
    try:
        require_manifest(disk)
        keyring = stored_keyring(disk).unlock(old)
        salt = secrets.token_bytes(SALT_BYTES)
        write_keyring(disk, keyring.rewrapped(new, salt, kdf))
    finally:
        lock.release()
