"""The one place that reads a clock."""

import time

from ums_service.domain.moment import Moment


def read_clock() -> Moment:
    """Now, on both clocks. CLOCK_BOOTTIME goes on while the machine sleeps."""
    return Moment(time.time_ns(), time.clock_gettime(time.CLOCK_BOOTTIME))
