"""When mail that can wait is held back: every day between two times of somebody's clock.

It is asked anew each time such a mail could leave, so a clock that jumps, and people who
change their mind or their time zone, hold nothing back for longer than one night.
"""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any

from ums_service.domain.details import time_zone
from ums_service.domain.moment import Moment


def quiet_for_s(preferences: Mapping[str, Any], now: Moment) -> int:
    """Seconds until mail may come; 0 where it may now.

    There are none unless both times are given and differ. `22:00` to `07:00` is the night.
    """
    begins, ends = (preferences.get(f"quiet_hours_{end}") for end in ("start", "end"))
    if not begins or not ends or begins == ends:
        return 0
    start, end = _time(begins), _time(ends)
    here = now.utc.astimezone(time_zone(preferences.get("timezone", "UTC")))
    at = here.time()
    inside = start <= at < end if start < end else at >= start or at < end
    return _until(end, here, now) if inside else 0


def _time(text: str) -> time:
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


def _until(end: time, here: datetime, now: Moment) -> int:
    """Seconds until the clock shows `end` again: where it is set back, the next of both."""
    days = (here.date(), here.date() + timedelta(days=1))
    ends = [
        datetime.combine(day, end, here.tzinfo).replace(fold=fold)
        for day in days
        for fold in (0, 1)
    ]
    later = [s for s in (int(e.timestamp()) - now.epoch_s for e in ends) if s > 0]
    return min(later)
