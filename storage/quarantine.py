"""Copies of bytes that are about to be dropped.

Nothing is cut off before its copy is durable. It knows names and bytes only.
"""

from __future__ import annotations

from typing import Final

from storage.disk import Disk
from storage.durable import write_all

QUARANTINE_NAME: Final = "quarantine"
_BLOCK_BYTES: Final = 1024 * 1024


def keep_copy(disk: Disk, name: str, begin: int, end: int) -> str:
    """Copy the bytes `begin` to `end` of a file; returns the name of the copy.

    Durable on return. Raises OSError; nothing may be dropped then.
    """
    quarantine = disk.subdirectory(QUARANTINE_NAME)
    disk.fsync_directory()
    taken = set(quarantine.list())
    stem = f"{name}-at-{begin}"
    copy, number = stem, 1
    while copy in taken:
        number += 1
        copy = f"{stem}-{number}"
    file, target = disk.open_read(name), quarantine.create(copy)
    try:
        for offset in range(begin, end, _BLOCK_BYTES):
            write_all(target, file.read_at(offset, min(_BLOCK_BYTES, end - offset)))
        target.fsync()
    finally:
        target.close()
        file.close()
    quarantine.fsync_directory()
    return copy
