"""The one place that reads a clock."""

import time
from datetime import UTC, datetime

from ums_service.domain.moment import Moment


def read_clock() -> Moment:
    """Now, on both clocks. CLOCK_BOOTTIME goes on while the machine sleeps."""
    return Moment(
        datetime.now(UTC),  # noqa: TID251 - this is the clock
        time.clock_gettime(time.CLOCK_BOOTTIME),
    )
