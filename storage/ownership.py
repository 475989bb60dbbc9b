"""One store, one process: who opens a store keeps its lock until it is closed."""

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from storage.disk import Disk, Lock
from storage.errors import StorageFailed
from storage.state import StoreOptions


@contextmanager
def locked(disk: Disk, options: StoreOptions, now: int, failure: str) -> Iterator[Lock]:
    """The lock of the directory, kept by who returns a store and released on failure."""
    lock = disk.lock(_owner(options, now))
    try:
        yield lock
    except OSError as error:
        lock.release()
        raise StorageFailed(f"{failure}: {error}") from error
    except BaseException:
        lock.release()
        raise


def _owner(options: StoreOptions, now: int) -> str:
    owner = options.owner or "a process"
    since = datetime.fromtimestamp(now, UTC).isoformat()
    return f"{owner}, pid {os.getpid()} on {platform.node()}, since {since}"
