"""The only module that touches files: a narrow interface of system-call grain.

It knows names, bytes and flushes; it must not know what the bytes mean. Every method
either does its one thing or raises OSError (lock: StoreLocked; unsafe modes:
UnsafePermissions). Nothing is retried here, so that a double can fail any single call.
"""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path
from typing import Protocol, final

from storage.errors import StoreLocked, UnsafeFileSystem, UnsafePermissions

FILE_MODE = 0o600
DIRECTORY_MODE = 0o700
LOCK_NAME = "LOCK"
LOCK_TEXT_MAX_BYTES = 512

NETWORK_FILE_SYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"}
)


class File(Protocol):
    """An open file. One thread writes; any thread may call `read_at` and `size`."""

    @property
    def name(self) -> str:
        """The name it was opened under."""

    def write(self, data: bytes | memoryview) -> int:
        """Append at the end; may write less than given. Returns the bytes written."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes; fewer only at the end of the file."""

    def size(self) -> int:
        """Current length in bytes."""

    def truncate(self, length: int) -> None:
        """Cut the file to `length` bytes; durable after `fsync`."""

    def fsync(self) -> None:
        """Flush data and metadata. A failure is final: never call it again."""

    def fdatasync(self) -> None:
        """Flush data and the length. A failure is final: never call it again."""

    def drop_cache(self) -> None:
        """Forget cached pages, so that the next read comes from the disk."""

    def close(self) -> None:
        """Release the descriptor; says nothing about durability."""


class Lock(Protocol):
    """Exclusive ownership of a directory, held until released."""

    def release(self) -> None:
        """Let the next owner in."""


class Disk(Protocol):
    """One flat directory."""

    def create(self, name: str) -> File:
        """A new file, 0600. Raises FileExistsError if the name is taken."""

    def open_append(self, name: str) -> File:
        """An existing file, for writing at its end and for reading."""

    def open_read(self, name: str) -> File:
        """An existing file, for reading only."""

    def replace(self, source: str, target: str) -> None:
        """Rename over `target` atomically; durable after `fsync_directory`."""

    def unlink(self, name: str) -> None:
        """Remove a name; durable after `fsync_directory`."""

    def list(self) -> list[str]:
        """All names in the directory, sorted, subdirectories included."""

    def fsync_directory(self) -> None:
        """Make creations, renames and removals of names durable."""

    def lock(self, owner: str) -> Lock:
        """Own the directory. `owner` is shown to whom it is refused: StoreLocked."""

    def free_bytes(self) -> int:
        """Room left for an ordinary user."""

    def subdirectory(self, name: str) -> Disk:
        """A directory below this one, made with 0700 when it is missing."""


@final
class RealFile:
    """A descriptor of the operating system."""

    def __init__(self, path: Path, flags: int) -> None:
        self.name = path.name
        flags |= os.O_CLOEXEC | os.O_NOFOLLOW
        self._descriptor = os.open(path, flags, FILE_MODE)
        try:
            _require_private(path, os.fstat(self._descriptor), FILE_MODE)
        except UnsafePermissions:
            self.close()
            raise

    def write(self, data: bytes | memoryview) -> int:
        return os.write(self._descriptor, data)

    def read_at(self, offset: int, length: int) -> bytes:
        return os.pread(self._descriptor, length, offset)

    def size(self) -> int:
        return os.fstat(self._descriptor).st_size

    def truncate(self, length: int) -> None:
        os.ftruncate(self._descriptor, length)

    def fsync(self) -> None:
        os.fsync(self._descriptor)

    def fdatasync(self) -> None:
        os.fdatasync(self._descriptor)

    def drop_cache(self) -> None:
        os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def close(self) -> None:
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


@final
class RealLock:
    """`flock` on the directory and on a file in it, released by the kernel on a crash.

    The file tells who holds them; deleting it, as people do with locks that they think
    were left behind, lets nobody else in.
    """

    def __init__(self, path: Path, owner: str) -> None:
        self._descriptors: list[int] = []
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW
        file = self._open(path, flags)
        try:
            _require_private(path, os.fstat(file), FILE_MODE)
            directory = self._open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            for descriptor in (directory, file):
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(file, 0)
            os.pwrite(file, owner.encode()[:LOCK_TEXT_MAX_BYTES], 0)
        except BlockingIOError:
            holder = os.pread(file, LOCK_TEXT_MAX_BYTES, 0).decode(errors="replace")
            self.release()
            raise StoreLocked(holder or "another process") from None
        except (OSError, UnsafePermissions):
            self.release()
            raise

    def _open(self, path: Path, flags: int) -> int:
        descriptor = os.open(path, flags | os.O_CLOEXEC, FILE_MODE)
        self._descriptors.append(descriptor)
        return descriptor

    def release(self) -> None:
        while self._descriptors:
            os.close(self._descriptors.pop())


@final
class RealDisk:
    """A private directory on a local file system.

    The directory is made (0700) when it is missing. Raises UnsafePermissions for wider
    modes or another owner, UnsafeFileSystem where locks and flushes cannot be trusted.
    """

    def __init__(self, root: Path) -> None:
        _make_durably(root)
        self.root = root.resolve()
        _require_private(self.root, self.root.stat(), DIRECTORY_MODE)
        kind = _file_system(self.root, Path("/proc/self/mountinfo"))
        if kind in NETWORK_FILE_SYSTEMS:
            raise UnsafeFileSystem(str(self.root), kind)

    def create(self, name: str) -> RealFile:
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL
        return RealFile(self.root / name, flags)

    def open_append(self, name: str) -> RealFile:
        return RealFile(self.root / name, os.O_RDWR | os.O_APPEND)

    def open_read(self, name: str) -> RealFile:
        return RealFile(self.root / name, os.O_RDONLY)

    def replace(self, source: str, target: str) -> None:
        (self.root / source).replace(self.root / target)

    def unlink(self, name: str) -> None:
        (self.root / name).unlink()

    def list(self) -> list[str]:
        return sorted(path.name for path in self.root.iterdir())

    def fsync_directory(self) -> None:
        descriptor = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def lock(self, owner: str) -> RealLock:
        return RealLock(self.root / LOCK_NAME, owner)

    def free_bytes(self) -> int:
        status = os.statvfs(self.root)
        return status.f_bavail * status.f_frsize

    def subdirectory(self, name: str) -> RealDisk:
        return RealDisk(self.root / name)


def _make_durably(root: Path) -> None:
    """Make a directory and its parents; their names survive a power cut on return."""
    missing = [path for path in (root, *root.parents) if not path.exists()]
    root.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
    for path in missing:
        descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _require_private(path: Path, status: os.stat_result, mode: int) -> None:
    if status.st_uid != os.geteuid():
        raise UnsafePermissions(str(path), f"chown {os.geteuid()} {path}")
    if stat.S_IMODE(status.st_mode) & ~mode:
        raise UnsafePermissions(str(path), f"chmod {mode:o} {path}")


def _file_system(root: Path, mounts: Path) -> str:
    """The type of the longest mount point above `root`; "" where it is not told."""
    try:
        lines = mounts.read_text().splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        before, _, after = line.partition(" - ")
        point = before.split()[4].encode().decode("unicode_escape")
        if root.is_relative_to(point) and len(point) >= best:
            best, kind = len(point), after.split()[0]
    return kind
