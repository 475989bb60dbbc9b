"""Disks that fail on purpose.

`MemoryDisk` (module `memory_disk`) loses what was not flushed, `FaultyDisk` fails one
call, `Killed` ends a simulated process in the middle of a write.
"""

from __future__ import annotations

import errno
import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from storage.disk import Disk, File, Lock
from tests.storage.memory_disk import MemoryDisk, MemoryFile

__all__ = ["Call", "Fault", "FaultyDisk", "Killed", "MemoryDisk", "Way", "quiet_deaths"]

R = TypeVar("R")


class Killed(BaseException):
    """The process is gone. No code of the engine may catch it."""


class Call(StrEnum):
    """The kinds of calls that can fail."""

    CREATE = "create"
    OPEN = "open"
    READ = "read"
    WRITE = "write"
    FSYNC = "fsync"
    FDATASYNC = "fdatasync"
    TRUNCATE = "truncate"
    REPLACE = "replace"
    UNLINK = "unlink"
    FSYNC_DIRECTORY = "fsync_directory"


class Way(StrEnum):
    """How a call fails."""

    ERROR = "error"  # nothing happens, an errno is raised
    SHORT = "short"  # half is written and reported; without an error
    HALF = "half"  # half is written and reported, then the errno is raised
    MEMORY = "memory"  # nothing happens, MemoryError is raised
    KILL = "kill"  # half is written (if it is a write), then the process dies


@dataclass(slots=True)
class Fault:
    """The `number`-th call of a kind fails; `for_good` lets all later ones fail too."""

    call: Call
    number: int
    way: Way = Way.ERROR
    errno: int = errno.EIO
    for_good: bool = False
    fired: int = 0
    counts: Counter[Call] = field(default_factory=Counter)
    failed_flushes: set[object] = field(default_factory=set)  # identities of files
    retried_flushes: list[str] = field(default_factory=list)  # names
    dead: bool = False
    mended: bool = False
    on_death: Callable[[], None] | None = None
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def due(self, call: Call) -> bool:
        """Count one call; True when it is to fail. Raises Killed for a dead process."""
        with self.mutex:
            if self.dead:
                raise Killed
            self.counts[call] += 1
            if self.mended or call is not self.call:
                return False
            count = self.counts[call]
            if count == self.number or (self.for_good and count > self.number):
                self.fired += 1
                return True
            return False

    def die(self) -> Killed:
        self.dead = True
        if self.on_death is not None:
            self.on_death()
        return Killed()

    def error(self, name: str) -> OSError:
        return OSError(self.errno, os.strerror(self.errno), name)

    def strike(self, name: str) -> BaseException:
        """What a call that is no write raises when it fails."""
        if self.way is Way.MEMORY:
            return MemoryError(name)
        return self.die() if self.way is Way.KILL else self.error(name)


class FaultyFile:
    """An open file of a FaultyDisk."""

    def __init__(self, file: File, fault: Fault) -> None:
        self.name = file.name
        self._file = file
        self._fault = fault
        self._half_done = False

    def write(self, data: bytes | memoryview) -> int:
        fault = self._fault
        if self._half_done:
            self._half_done = False
            raise fault.error(self.name)
        if not fault.due(Call.WRITE):
            return self._file.write(data)
        if fault.way in {Way.ERROR, Way.MEMORY}:
            raise fault.strike(self.name)
        half = len(data) // 2 or (fault.way is Way.SHORT)
        written = self._file.write(memoryview(data)[:half])
        if fault.way is Way.KILL:
            raise fault.die()
        self._half_done = fault.way is Way.HALF
        return written

    def read_at(self, offset: int, length: int) -> bytes:
        if self._fault.due(Call.READ):
            raise self._fault.strike(self.name)
        return self._file.read_at(offset, length)

    def size(self) -> int:
        return self._file.size()

    def truncate(self, length: int) -> None:
        if self._fault.due(Call.TRUNCATE):
            raise self._fault.strike(self.name)
        self._file.truncate(length)

    def fsync(self) -> None:
        self._flush(Call.FSYNC, self._file.fsync)

    def fdatasync(self) -> None:
        self._flush(Call.FDATASYNC, self._file.fdatasync)

    def _flush(self, call: Call, flush: Callable[[], None]) -> None:
        file = self._file.identity if isinstance(self._file, MemoryFile) else self
        if file in self._fault.failed_flushes:
            self._fault.retried_flushes.append(self.name)
        if self._fault.due(call):
            strike = self._fault.strike(self.name)
            self._fault.failed_flushes.add(file)
            if isinstance(self._file, MemoryFile) and self._fault.way is Way.ERROR:
                self._file.lose_unsynced()
            raise strike
        flush()

    def drop_cache(self) -> None:
        self._file.drop_cache()

    def close(self) -> None:
        self._file.close()


class FaultyDisk:
    """Any disk, of which one call fails."""

    def __init__(self, disk: Disk, fault: Fault) -> None:
        self._disk = disk
        self.fault = fault

    def _pass(self, call: Call, name: str, act: Callable[[], R]) -> R:
        if self.fault.due(call):
            raise self.fault.strike(name)
        return act()

    def create(self, name: str) -> File:
        file = self._pass(Call.CREATE, name, lambda: self._disk.create(name))
        return FaultyFile(file, self.fault)

    def open_append(self, name: str) -> File:
        file = self._pass(Call.OPEN, name, lambda: self._disk.open_append(name))
        return FaultyFile(file, self.fault)

    def open_read(self, name: str) -> File:
        file = self._pass(Call.OPEN, name, lambda: self._disk.open_read(name))
        return FaultyFile(file, self.fault)

    def replace(self, source: str, target: str) -> None:
        self._pass(Call.REPLACE, source, lambda: self._disk.replace(source, target))

    def unlink(self, name: str) -> None:
        self._pass(Call.UNLINK, name, lambda: self._disk.unlink(name))

    def list(self) -> list[str]:
        return self._disk.list()

    def fsync_directory(self) -> None:
        self._pass(Call.FSYNC_DIRECTORY, ".", self._disk.fsync_directory)

    def lock(self, owner: str) -> Lock:
        return self._disk.lock(owner)

    def free_bytes(self) -> int:
        return self._disk.free_bytes()

    def subdirectory(self, name: str) -> Disk:
        return FaultyDisk(self._disk.subdirectory(name), self.fault)


@contextmanager
def quiet_deaths(kind: type[BaseException] = Killed) -> Iterator[None]:
    """Let threads end with such an exception without a report."""
    before = threading.excepthook

    def hook(details: threading.ExceptHookArgs) -> None:
        if not issubclass(details.exc_type, kind):
            before(details)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before
