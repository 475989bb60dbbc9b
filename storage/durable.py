"""How bytes become durable: whole writes, and files replaced in one step.

It knows the order write, fsync, rename, fsync of the directory; it must not know what
the bytes mean.
"""

from __future__ import annotations

import contextlib

from storage.disk import Disk, File
from storage.errors import OutcomeUnknown

TEMPORARY_SUFFIX = ".tmp"


def write_all(file: File, data: bytes) -> None:
    """Append all of `data`, however short the single writes are. Not yet durable."""
    written = file.write(data)
    if written == len(data):
        return
    rest = memoryview(data)[written:]
    while rest:
        rest = rest[file.write(rest) :]


def read_all(disk: Disk, name: str, limit_bytes: int) -> bytes:
    """The whole file, at most `limit_bytes` and one more to show that it is longer."""
    file = disk.open_read(name)
    try:
        return file.read_at(0, min(file.size(), limit_bytes + 1))
    finally:
        file.close()


def write_new(disk: Disk, name: str, data: bytes) -> None:
    """Create `name` with `data`, flushed; its name needs a flush of the directory.

    Raises OSError; the half-made file is removed then.
    """
    file = disk.create(name)
    try:
        write_all(file, data)
        file.fsync()
    except OSError:
        discard(disk, name)
        raise
    finally:
        file.close()


def replace_file(disk: Disk, name: str, data: bytes) -> None:
    """Replace `name` by `data` in one step, durable on return.

    Raises OSError when the old file is still in force, OutcomeUnknown when only the
    final flush of the directory failed: after a crash either may be found.
    """
    temporary = name + TEMPORARY_SUFFIX
    discard(disk, temporary)
    write_new(disk, temporary, data)
    try:
        disk.replace(temporary, name)
    except OSError:
        discard(disk, temporary)
        raise
    try:
        disk.fsync_directory()
    except OSError as error:
        raise OutcomeUnknown(f"{name}: flush of the directory: {error}") from error


def discard(disk: Disk, name: str) -> None:
    """Remove a file of no value; one that stays is an orphan the next start removes."""
    with contextlib.suppress(OSError):
        disk.unlink(name)
