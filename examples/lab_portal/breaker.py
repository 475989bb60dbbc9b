"""A circuit breaker: while the service does not answer, nobody waits for it."""

from collections.abc import Callable
from threading import Lock


class ServiceDown(Exception):
    """The service is not there. `retry_after` in seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__("the service does not answer")
        self.retry_after = retry_after


class Breaker:
    """Counts failures in a row; past `failures_max` it opens for `pause_s` seconds.

    Then one question is let through at a time, and an answer closes it again. Safe to
    use from several threads.
    """

    def __init__(
        self, failures_max: int, pause_s: float, clock: Callable[[], float]
    ) -> None:
        self._failures_max = failures_max
        self._pause_s = pause_s
        self._clock = clock
        self._lock = Lock()
        self._failures = 0
        self._open_until_s = 0.0

    def check(self) -> None:
        """Return when a question may be asked. Raises ServiceDown."""
        with self._lock:
            if self._failures < self._failures_max:
                return
            left_s = self._open_until_s - self._clock()
            if left_s > 0:
                raise ServiceDown(left_s)
            self._open_until_s = self._clock() + self._pause_s  # for all but this one

    def answered(self) -> None:
        """The service is there."""
        with self._lock:
            self._failures = 0

    def failed(self) -> ServiceDown:
        """It did not answer; what to raise."""
        with self._lock:
            self._failures += 1
            self._open_until_s = self._clock() + self._pause_s
            return ServiceDown(self._pause_s)
