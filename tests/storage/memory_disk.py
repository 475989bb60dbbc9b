"""A disk in memory that remembers what is durable: the double behind most proofs.

Every call that changes something is an operation in a log. The log replayed up to a
point gives what a power cut at that point may leave (module `crash_states`); the
current view is what a killed process leaves.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import NamedTuple

from storage.disk import LOCK_NAME, Disk
from storage.errors import StoreLocked

ROOT = 0
FREE_BYTES = 1 << 40

Image = dict[str, "bytes | Image"]
"""The content of a directory, subdirectories nested."""


class Created(NamedTuple):
    directory: int
    name: str
    inode: int


class MadeDirectory(NamedTuple):
    directory: int
    name: str
    inode: int


class Renamed(NamedTuple):
    directory: int
    source: str
    target: str
    inode: int


class Unlinked(NamedTuple):
    directory: int
    name: str


class DirectorySynced(NamedTuple):
    directory: int


class Written(NamedTuple):
    inode: int
    offset: int
    data: bytes


class Truncated(NamedTuple):
    inode: int
    length: int


class Synced(NamedTuple):
    inode: int


class Lost(NamedTuple):
    """A flush failed: its pages are clean in the cache and were never written."""

    inode: int


class Mark(NamedTuple):
    """Something the script wants to find again in the log."""

    label: str
    value: int


Operation = (
    Created
    | MadeDirectory
    | Renamed
    | Unlinked
    | DirectorySynced
    | Written
    | Truncated
    | Synced
    | Lost
    | Mark
)


@dataclass(slots=True)
class Machine:
    """What all directories and open files of one simulated computer share."""

    log: list[Operation] = field(default_factory=list)
    mutex: threading.RLock = field(default_factory=threading.RLock)
    next_inode: int = ROOT + 1
    locked: bool = False
    files: dict[int, bytes] = field(default_factory=dict)
    """What was durable at the beginning of the log, by inode."""
    names: dict[int, dict[str, int]] = field(default_factory=dict)
    """The directories at the beginning of the log, by inode."""

    def allocate(self) -> int:
        self.next_inode += 1
        return self.next_inode - 1


class _Inode:
    __slots__ = ("data", "flushed_bytes", "forgotten", "number")

    def __init__(self, number: int, data: bytes) -> None:
        self.number = number
        self.data = bytearray(data)
        self.flushed_bytes = len(data)
        self.forgotten = False  # a failed flush has marked dirty pages as clean


class MemoryFile:
    """An open file; the descriptor outlives the name, as the kernel has it."""

    def __init__(self, machine: Machine, name: str, inode: _Inode) -> None:
        self.name = name
        self._machine = machine
        self._inode = inode

    @property
    def identity(self) -> tuple[int, int]:
        """The file behind the name, whatever computer it is on."""
        return id(self._machine), self._inode.number

    def write(self, data: bytes | memoryview) -> int:
        with self._machine.mutex:
            operation = Written(self._inode.number, len(self._inode.data), bytes(data))
            self._machine.log.append(operation)
            self._inode.data += operation.data
        return len(operation.data)

    def read_at(self, offset: int, length: int) -> bytes:
        with self._machine.mutex:
            return bytes(self._inode.data[offset : offset + length])

    def size(self) -> int:
        return len(self._inode.data)

    def truncate(self, length: int) -> None:
        with self._machine.mutex:
            self._machine.log.append(Truncated(self._inode.number, length))
            data = self._inode.data
            del data[length:]
            data.extend(bytes(length - len(data)))

    def fsync(self) -> None:
        with self._machine.mutex:
            self._machine.log.append(Synced(self._inode.number))
            if not self._inode.forgotten:
                self._inode.flushed_bytes = len(self._inode.data)

    def fdatasync(self) -> None:
        self.fsync()

    def lose_unsynced(self) -> None:
        """What a failed flush does: the cache forgets that the pages are dirty."""
        with self._machine.mutex:
            self._machine.log.append(Lost(self._inode.number))
            self._inode.forgotten = True

    def drop_cache(self) -> None:
        """Pages that only seem to be clean are read from the disk from now on."""
        with self._machine.mutex:
            if self._inode.forgotten:
                del self._inode.data[self._inode.flushed_bytes :]
                self._inode.forgotten = False

    def close(self) -> None:
        """Says nothing about durability."""


class MemoryLock:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    def release(self) -> None:
        self._machine.locked = False


class MemoryDisk:
    """One directory of a simulated computer; the interface of `storage.disk.Disk`."""

    def __init__(self, image: Image | None = None) -> None:
        self._attach(Machine(), ROOT, image or {})
        self._keep_as_durable()

    def _attach(self, machine: Machine, number: int, image: Image) -> None:
        self.machine = machine
        self.number = number
        self._files: dict[str, _Inode] = {}
        self._directories: dict[str, MemoryDisk] = {}
        for name, content in sorted(image.items()):
            if isinstance(content, bytes):
                self._files[name] = _Inode(machine.allocate(), content)
            else:
                self._directories[name] = self._below(machine.allocate(), content)

    def _keep_as_durable(self) -> None:
        names = {name: node.number for name, node in self._files.items()}
        for node in self._files.values():
            self.machine.files[node.number] = bytes(node.data)
        for name, directory in self._directories.items():
            names[name] = directory.number
            directory._keep_as_durable()
        self.machine.names[self.number] = names

    def _below(self, number: int, image: Image) -> MemoryDisk:
        directory = MemoryDisk.__new__(MemoryDisk)
        directory._attach(self.machine, number, image)
        return directory

    @property
    def log(self) -> list[Operation]:
        return self.machine.log

    def mark(self, label: str, value: int) -> None:
        """Put a remark of the script into the log."""
        with self.machine.mutex:
            self.log.append(Mark(label, value))

    def image(self) -> Image:
        """The current view, durable or not: what a killed process leaves behind."""
        with self.machine.mutex:
            files = {name: bytes(node.data) for name, node in self._files.items()}
            return files | {name: d.image() for name, d in self._directories.items()}

    def copy(self) -> MemoryDisk:
        """The same content on another computer, all of it durable."""
        return MemoryDisk(self.image())

    def inodes(self) -> dict[str, int]:
        """Name to inode number, to read the log by."""
        return {name: node.number for name, node in self._files.items()}

    def create(self, name: str) -> MemoryFile:
        with self.machine.mutex:
            if name in self._files or name in self._directories:
                raise FileExistsError(17, "file exists", name)
            node = self._files[name] = _Inode(self.machine.allocate(), b"")
            self.log.append(Created(self.number, name, node.number))
        return MemoryFile(self.machine, name, node)

    def open_append(self, name: str) -> MemoryFile:
        return MemoryFile(self.machine, name, self._inode(name))

    def open_read(self, name: str) -> MemoryFile:
        return self.open_append(name)

    def replace(self, source: str, target: str) -> None:
        with self.machine.mutex:
            node = self._inode(source)
            self.log.append(Renamed(self.number, source, target, node.number))
            self._files[target] = self._files.pop(source)

    def unlink(self, name: str) -> None:
        with self.machine.mutex:
            self._inode(name)
            self.log.append(Unlinked(self.number, name))
            del self._files[name]

    def list(self) -> list[str]:
        with self.machine.mutex:
            return sorted([*self._files, *self._directories])

    def fsync_directory(self) -> None:
        with self.machine.mutex:
            self.log.append(DirectorySynced(self.number))

    def lock(self, owner: str) -> MemoryLock:
        with self.machine.mutex:
            if self.machine.locked:
                raise StoreLocked(owner)
            self.machine.locked = True
            # not logged: whether LOCK survives a crash makes no difference
            self._files.setdefault(LOCK_NAME, _Inode(self.machine.allocate(), b""))
        return MemoryLock(self.machine)

    def free_bytes(self) -> int:
        return FREE_BYTES

    def subdirectory(self, name: str) -> Disk:
        with self.machine.mutex:
            if name not in self._directories:
                number = self.machine.allocate()
                self.log.append(MadeDirectory(self.number, name, number))
                self._directories[name] = self._below(number, {})
            return self._directories[name]

    def _inode(self, name: str) -> _Inode:
        with self.machine.mutex:
            if name not in self._files:
                raise FileNotFoundError(2, "no such file", name)
            return self._files[name]
