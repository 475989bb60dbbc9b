"""Copies of bytes that are about to be dropped.

Nothing is cut off before its copy is durable. It knows names and bytes only.
"""

from __future__ import annotations

from typing import Final

from storage.disk import Disk
from storage.durable import write_new

QUARANTINE_NAME: Final = "quarantine"


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
    file = disk.open_read(name)
    try:
        write_new(quarantine, copy, file.read_at(begin, end - begin))
    finally:
        file.close()
    quarantine.fsync_directory()
    return copy
