"""Room kept aside on the disk, given up when it is full.

The ballast lets compaction or erasure run on a full disk. It is really allocated, so
making it again proves that there is room.
"""

from __future__ import annotations

import errno
import os
from typing import Final

from storage.disk import Disk
from storage.durable import discard, write_new

BALLAST_NAME: Final = "ballast"


class Ballast:
    """The ballast file of one directory."""

    def __init__(self, disk: Disk, size_bytes: int) -> None:
        self._disk = disk
        self._size_bytes = size_bytes

    def release(self) -> None:
        """Give the room up."""
        discard(self._disk, BALLAST_NAME)

    def ensure(self) -> None:
        """Have the ballast in place. Raises OSError when there is no room for it."""
        if not self._size_bytes or self._present():
            return
        discard(self._disk, BALLAST_NAME)
        if self._disk.free_bytes() < self._size_bytes:
            raise OSError(errno.ENOSPC, "no room for the ballast")
        # random, since a file system that compresses keeps no room for zeros
        write_new(self._disk, BALLAST_NAME, os.urandom(self._size_bytes))

    def _present(self) -> bool:
        try:
            file = self._disk.open_read(BALLAST_NAME)
        except FileNotFoundError:
            return False
        try:
            return file.size() == self._size_bytes
        finally:
            file.close()
