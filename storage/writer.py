"""Group commit: the one thread that owns the open journal.

    commit -> turn of the loop -> queue -> [ all queued, one frame, flush ] -> loop

What queues up during a flush is the next frame; there is no timer. The outcome of a
frame reaches the loop by one call_soon_threadsafe. States:

    WRITABLE --no room--> FULL --written again--> WRITABLE
    WRITABLE, FULL --flush failed, other write error, cut-back failed--> READ_ONLY

After a failure everything queued behind it fails too, since it may depend on what was
lost: each commit carries the term it was queued in, and a failure ends the term. The
module knows bytes and outcomes; it must not know what a transaction changes.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from collections import deque
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Final, Protocol, TypeVar, final

from storage.ballast import Ballast
from storage.errors import (
    NotWritten,
    OutcomeUnknown,
    StorageFailed,
    StorageFull,
    StoreReadOnly,
)
from storage.journal import CutBackFailed, Journal
from storage.state import FlushTimes, Health, State

R = TypeVar("R")

MAX_BATCH_BYTES: Final = 1024 * 1024
MAX_BATCH_TRANSACTIONS: Final = 256
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


class Queued(Protocol):
    """A commit in the queue."""

    @property
    def record(self) -> bytes:
        """The packed transaction."""

    @property
    def term(self) -> int:
        """When it was queued, counted in failures."""


class Outcomes(Protocol):
    """Who hears of the outcomes, on the loop's thread and in order."""

    def published(self, count: int) -> None:
        """The oldest `count` commits in flight are durable."""

    def failed(self, term: int, error: NotWritten) -> None:
        """All commits of this term that are in flight have failed."""


class _Job:
    """Something to be done in the writer's thread, behind all that is queued."""

    def __init__(self, run: Callable[[], None]) -> None:
        self.run = run


class _Stop:
    """The end of the thread."""


Item = list[Queued] | _Job | _Stop


@final
class Writer:
    """The writer thread with its queue.

    `journal` may be replaced by a job; `health` is replaced as a whole, so that any
    thread may read it.
    """

    def __init__(self, journal: Journal, ballast: Ballast) -> None:
        self.journal = journal
        self.health = Health()
        self.flush_times = FlushTimes()
        self._ballast = ballast
        self._queue: SimpleQueue[Item] = SimpleQueue()
        self._ended_term = -1
        self._loop: asyncio.AbstractEventLoop | None = None
        self._outcomes: Outcomes | None = None
        self._thread = threading.Thread(
            target=self._run, name="store-writer", daemon=True
        )
        self._gathered: list[Queued] = []

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def start(self, loop: asyncio.AbstractEventLoop, outcomes: Outcomes) -> None:
        """Begin to write. `loop` is only told of outcomes."""
        self._loop = loop
        self._outcomes = outcomes
        self._thread.start()

    def put(self, commit: Queued) -> None:
        """Queue a commit.

        All commits of one turn of the loop are handed over together at its end: waking
        the thread costs the loop more than making a commit does.
        """
        self._gathered.append(commit)
        if len(self._gathered) == 1:
            assert self._loop is not None
            self._loop.call_soon(self._hand_over)

    def _hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    async def run(self, function: Callable[[], R]) -> R:
        """Run `function` in the writer's thread, behind all that is queued."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()

        def resolve(result: R | None, error: Exception | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type] # R may be None

        def run() -> None:
            try:
                result = function()
            except Exception as error:  # noqa: BLE001 - handed to the caller
                self._tell(resolve, None, error)
            else:
                self._tell(resolve, result, None)

        self._hand_over()
        self._queue.put(_Job(run))
        return await future

    def stop(self) -> None:
        """End the thread behind all that is queued; returns when it has ended."""
        if self._thread.is_alive():
            self._hand_over()
            self._queue.put(_Stop())
            self._thread.join()

    def read_only(self, reason: str) -> None:
        """End writing until the store is opened again."""
        self.health = Health(State.READ_ONLY, reason)

    def _run(self) -> None:
        while True:
            commits, control = self._take()
            while commits:
                batch = _next_batch(commits)
                if batch[0].term > self._ended_term:
                    self._commit(batch[0].term, [commit.record for commit in batch])
            if isinstance(control, _Stop):
                return
            if control is not None:
                control.run()

    def _take(self) -> tuple[deque[Queued], _Job | _Stop | None]:
        """All that is queued, waiting for something; up to what is no commit."""
        commits: deque[Queued] = deque()
        item = self._queue.get()
        while isinstance(item, list):
            commits.extend(item)
            try:
                item = self._queue.get_nowait()
            except Empty:
                return commits, None
        return commits, item

    def _commit(self, term: int, batch: list[bytes]) -> None:
        outcomes = self._outcomes
        assert outcomes is not None
        try:
            self._write(batch)
        except NotWritten as error:
            self._ended_term = term
            self._tell(outcomes.failed, term, error)
        except Exception as error:  # noqa: BLE001 - the thread must live to tell of it
            self.read_only(f"{self.journal.ref.name}: {type(error).__name__}")
            self._ended_term = term
            self._tell(outcomes.failed, term, OutcomeUnknown(self.health.reason))
        else:
            self._tell(outcomes.published, len(batch))

    def _write(self, batch: list[bytes]) -> None:
        if self.health.state is State.READ_ONLY:
            raise StoreReadOnly(self.health.reason)
        begun_s = perf_counter()
        try:
            if self.health.state is State.FULL:
                self._ballast.ensure()
            end = self.journal.write(batch)
        except OSError as error:
            raise self._write_failed(error) from error
        except MemoryError as error:
            raise StorageFailed(f"{self.journal.ref.name}: no memory") from error
        except CutBackFailed as error:
            self.read_only(f"{self.journal.ref.name}: partial frame remains: {error}")
            raise StorageFailed(self.health.reason) from error
        try:
            self.journal.flush(end)
        except OSError as error:
            self.read_only(f"{self.journal.ref.name}: flush failed: {error}")
            raise OutcomeUnknown(self.health.reason) from error
        self.flush_times.add(perf_counter() - begun_s)
        if self.health.state is State.FULL:
            self.health = Health()

    def _write_failed(self, error: OSError) -> NotWritten:
        reason = f"{self.journal.ref.name}: {error}"
        if error.errno in _NO_ROOM:
            self.health = Health(State.FULL, reason)
            self._ballast.release()
            return StorageFull(reason)
        self.read_only(reason)
        return StorageFailed(reason)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        loop = self._loop
        assert loop is not None
        try:
            loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            # The loop is closed: nobody is left to hear of it, and the frame is on
            # disk or not either way.
            return


def _next_batch(commits: deque[Queued]) -> list[Queued]:
    """Take the commits of the next frame: of one term, and as many as fit."""
    batch = [commits.popleft()]
    size = len(batch[0].record)
    while commits and len(batch) < MAX_BATCH_TRANSACTIONS:
        size += len(commits[0].record)
        if size > MAX_BATCH_BYTES or commits[0].term != batch[0].term:
            break
        batch.append(commits.popleft())
    return batch
