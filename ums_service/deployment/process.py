"""What the process asks of the operating system, for safety and for room."""

import ctypes
import gc
import resource
from pathlib import Path
from typing import Final, NamedTuple

_PR_SET_DUMPABLE: Final = 4
_M_ARENA_MAX: Final = -8
_MIB: Final = 1024 * 1024


def keep_secrets_in() -> None:
    """No core files, and no other process of this user may look inside."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def allow_many_connections() -> None:
    """As many open files as the administrator of the machine permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def keep_arenas_few() -> None:
    """Call before any thread begins: the allocator reserves 64 MiB for each arena."""
    ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def settle_after_load() -> None:
    """What was loaded stays: the collector need never look at it again."""
    gc.collect()
    gc.freeze()


class MemoryWatch:
    """Keeps the process within `headroom_mib`, and as much again as it needs.

    A peer that sends a message without end makes libzmq ask for memory without end. At
    the limit set here libzmq drops a peer of large frames; one of many small frames
    would end the process, so whoever watches has to act at half of the way.
    """

    def __init__(self, headroom_mib: int) -> None:
        self._headroom_bytes = headroom_mib * _MIB
        self._settled_bytes = self._allowed_bytes = 0
        self.settle()

    def is_high(self) -> bool:
        """Whether half of the headroom is used up."""
        return memory().resident - self._settled_bytes > self._allowed_bytes // 2

    def settle(self) -> None:
        """Give back what is free; what is used now counts as needed from here on."""
        ctypes.CDLL(None).malloc_trim(0)
        used = memory()
        self._settled_bytes = used.resident
        # a checkpoint of a large store holds what its journals changed
        self._allowed_bytes = self._headroom_bytes + used.resident
        limit = used.address_space + self._allowed_bytes
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        if hard != resource.RLIM_INFINITY:
            limit = min(limit, hard)
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


class Memory(NamedTuple):
    """What the process uses, in bytes."""

    address_space: int
    resident: int


def memory() -> Memory:
    """What it uses now."""
    with open("/proc/self/statm") as file:  # noqa: PTH123 - not a file of ours
        pages = file.read().split()[:2]
    return Memory(*(int(count) * resource.getpagesize() for count in pages))


def open_files() -> int:
    """How many files and connections the process has open."""
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
