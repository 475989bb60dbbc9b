"""Work beside the window's thread: worker threads in, a queue of outcomes out.

The only module of the program that knows threads. The window calls `drain` every few
milliseconds; whatever is to happen with an outcome happens there, on its thread.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

T = TypeVar("T")
OUTCOMES_PER_DRAIN: Final = 200
"""A flood of outcomes must not freeze the window; the rest waits for the next tick."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The work came to its end with a value."""

    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """The work ended with an error of those that were to be expected."""

    error: Exception


Outcome: TypeAlias = Done[T] | Failed
Then: TypeAlias = Callable[[Outcome[T]], None]


class Job:
    """One piece of work. Work that takes long looks at `cancelled` now and then."""

    def __init__(self) -> None:
        self._cancelled = threading.Event()

    @property
    def cancelled(self) -> bool:
        """Nobody wants the outcome any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Drop the outcome, whenever it comes."""
        self._cancelled.set()


class Once(Generic[T]):
    """A value that is made when it is first asked for, on whichever thread that is."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Nothing is made yet; `made` is the value when it is there."""
        self._make = make
        self._making = threading.Lock()
        self.made: T | None = None

    def get(self) -> T:
        """The value. Raises what `make` raises, and tries again the next time."""
        with self._making:
            if self.made is None:
                self.made = self._make()
            return self.made

    def end(self) -> T | None:
        """The value if there is one, after waiting for whoever is making it."""
        with self._making:
            return self.made


class Runner(Protocol):
    """Whoever runs work for a controller: `Background`, or a test at once."""

    def run(self, work: Callable[[], T], then: Then[T]) -> Job:
        """Do `work` some time, and `then` something with what came of it."""
        ...


class Background:
    """Worker threads, and what they brought about.

    `expected` tells the errors that are handed on as values. Any other is a fault of the
    program: `drain` raises it on the window's thread, where it is reported.
    """

    def __init__(
        self, expected: Callable[[], tuple[type[Exception], ...]], threads: int = 4
    ) -> None:
        self._expected = expected
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._serve, name=f"worker-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def run(self, work: Callable[[], T], then: Then[T]) -> Job:
        """Queue work; `then` gets its outcome in a later `drain`, unless cancelled."""
        job = Job()
        self._work.put(lambda: self._do(job, work, then))
        return job

    def drain(self) -> None:
        """Deliver outcomes, on the thread that calls this.

        Raises:
            Exception: what a job raised unexpectedly; the others stay in the queue.
        """
        for _ in range(OUTCOMES_PER_DRAIN):
            try:
                deliver = self._outcomes.get_nowait()
            except queue.Empty:
                return
            deliver()

    def close(self, within_s: float = 1.0) -> None:
        """Stop the threads; those still waiting for a service are left behind."""
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(within_s)

    def _serve(self) -> None:
        while (task := self._work.get()) is not None:
            task()

    def _do(self, job: Job, work: Callable[[], Any], then: Then[Any]) -> None:
        if job.cancelled:
            return
        try:
            outcome: Outcome[Any] = Done(work())
        except Exception as error:  # noqa: BLE001 - goes on where it is reported
            if not isinstance(error, self._expected()):
                self._outcomes.put(lambda fault=error: _reraise(fault))  # type: ignore[misc]
                return
            outcome = Failed(error)
        self._outcomes.put(lambda: None if job.cancelled else then(outcome))


def _reraise(fault: Exception) -> None:
    raise fault
