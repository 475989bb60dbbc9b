"""A pool of threads for password hashes, so that the loop never computes one.

One niced thread per core gives the whole rate of the machine and leaves other requests
undisturbed (measured: docs/performance.md). The queue is bounded: past it the answer
is `Busy` at once, not a wait without end.
"""

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from ums_service.domain.errors import Busy

T = TypeVar("T")
NICENESS: Final = 10


class HashingPool:
    """Runs slow functions off the loop. Belongs to the loop that calls it."""

    def __init__(self, *, threads: int, queue_max: int) -> None:
        self._threads = threads
        self._admitted_max = threads + queue_max
        self._admitted = 0
        self._pool = ThreadPoolExecutor(threads, "hashing", initializer=_yield_to_loop)

    async def run(self, function: Callable[..., T], *arguments: object) -> T:
        """The function's result.

        Raises:
            Busy: the queue is full.
        """
        if self._admitted >= self._admitted_max:
            raise Busy(retry_after_s=1.0)
        self._admitted += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, function, *arguments)
        finally:
            self._admitted -= 1

    @property
    def admitted(self) -> int:
        """What runs or waits now."""
        return self._admitted

    @property
    def is_full(self) -> bool:
        """Whether the next one is told that the service is busy."""
        return self._admitted >= self._admitted_max

    def close(self) -> None:
        """Let running hashes end; drop waiting ones."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _yield_to_loop() -> None:
    """Lower this thread's own priority (on Linux it is a property of the thread)."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
