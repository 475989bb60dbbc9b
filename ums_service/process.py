"""What the process asks of the operating system, for safety and for room."""

import ctypes
import gc
import resource
from typing import Final

_PR_SET_DUMPABLE: Final = 4
_MIB: Final = 1024 * 1024


def keep_secrets_in() -> None:
    """No core files, and no other process of this user may look inside."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def allow_many_connections() -> None:
    """As many open files as the administrator of the machine permits."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def settle_after_load() -> None:
    """What was loaded stays: the collector need never look at it again."""
    gc.collect()
    gc.freeze()


def limit_memory(headroom_mib: int) -> None:
    """Let the process grow by `headroom_mib` from here.

    A peer that sends a message without end makes libzmq ask for memory without end;
    at this limit libzmq drops that peer, and the service lives.
    """
    with open("/proc/self/statm") as file:  # noqa: PTH123 - not a file of ours
        pages = int(file.read().split()[0])
    limit = pages * resource.getpagesize() + headroom_mib * _MIB
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        limit = min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
