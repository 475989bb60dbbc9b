"""The one place that reads a clock."""

import time
from collections.abc import Callable

from ums_service.domain.moment import Moment


def read_clock() -> Moment:
    """Now, on both clocks. CLOCK_BOOTTIME goes on while the machine sleeps."""
    return Moment(time.time_ns(), time.clock_gettime(time.CLOCK_BOOTTIME))


class SteadyClock:
    """A clock that knows how far time got since it was made, whatever is set back.

    A wall clock that was ahead at the start and is corrected makes what is granted end
    that much too early, until the next start; it never makes anything end too late.
    """

    __slots__ = ("_begin_ns", "_read")

    def __init__(self, read: Callable[[], Moment]) -> None:
        self._read = read
        now = read()
        self._begin_ns = now.epoch_ns - _ns(now.ticks_s)

    def __call__(self) -> Moment:
        """Now, on both clocks."""
        now = self._read()
        reached_ns = self._begin_ns + _ns(now.ticks_s)
        if reached_ns > now.epoch_ns:
            now.reached_ns = reached_ns
        return now


def _ns(ticks_s: float) -> int:
    return int(ticks_s * 1e9)
