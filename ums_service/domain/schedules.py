"""When something happens that is to happen once, or again and again.

    daily, weekly, monthly   at the same time of the day in a time zone, whatever is done
                             to its clocks; a 31st is the last day of shorter months
    interval                 so many seconds apart

A time that a clock leaves out is as much later as the clock was put forward; one that it
shows twice is the first of both.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import MAXYEAR, UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, NamedTuple

from ums_service.domain.details import is_time_zone, time_zone
from ums_service.domain.errors import InvalidInput
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import DAY_S

YEARS_AHEAD_MAX: Final = 10
_MONTHS: Final = 12


class Every(StrEnum):
    """How often."""

    ONCE = "once"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    INTERVAL = "interval"


_ABOUT_S: Final[Mapping[str, int]] = {
    Every.DAILY: DAY_S,
    Every.WEEKLY: 7 * DAY_S,
    Every.MONTHLY: 31 * DAY_S,
}
"""At least as long as one step, so that no occurrence is passed over in looking."""


class Schedule(NamedTuple):
    """When it begins, and how it goes on. Seconds count from 1970."""

    every: str
    start_s: int
    zone: str = "UTC"
    interval_s: int = 0
    end_s: int | None = None

    def occurrence(self, number: int) -> int:
        """The seconds of one of them; 0 is the first. Raises OverflowError far ahead."""
        if number == 0:
            return self.start_s
        if self.every == Every.ONCE:
            raise OverflowError
        if self.every == Every.INTERVAL:
            return self.start_s + number * self.interval_s
        zone = time_zone(self.zone)
        first = datetime.fromtimestamp(self.start_s, zone).replace(tzinfo=None, fold=0)
        if self.every == Every.MONTHLY:
            local = _months_later(first, number)
        else:
            days = number if self.every == Every.DAILY else 7 * number
            local = first + timedelta(days=days)
        return int(local.replace(tzinfo=zone).astimezone(UTC).timestamp())

    def after(self, epoch_s: int) -> int | None:
        """The first one later than that; None where there is none any more."""
        try:
            found = self._after(epoch_s)
        except OverflowError:
            return None
        return None if self.end_s is not None and found > self.end_s else found

    def _after(self, epoch_s: int) -> int:
        step_s = self.interval_s or _ABOUT_S.get(self.every, DAY_S)
        # a day has up to 25 hours: one step less than there can have been
        number = max(0, (epoch_s - self.start_s) // step_s - 1)
        while (found := self.occurrence(number)) <= epoch_s:
            number += 1
        return found


def _months_later(first: datetime, months: int) -> datetime:
    years, month = divmod(first.month - 1 + months, _MONTHS)
    year = first.year + years
    if year > MAXYEAR:
        raise OverflowError
    day = min(first.day, monthrange(year, month + 1)[1])
    return first.replace(year=year, month=month + 1, day=day)


def new_schedule(
    every: str,
    begins: str | None,
    zone: str,
    interval_s: int,
    ends: str | None,
    now: Moment,
) -> Schedule:
    """A schedule from what was asked for; without `begins` it begins now.

    Raises:
        InvalidInput: a time is none, or makes no sense.
    """
    if not is_time_zone(zone):
        raise InvalidInput("timezone", "should be a time zone like Europe/London")
    if (every == Every.INTERVAL) is not bool(interval_s):
        raise InvalidInput("interval_minutes", "belongs to the schedule interval")
    start_s = now.epoch_s
    if begins is not None:
        start_s = _parsed("scheduled_time", begins, zone)
        if not now.epoch_s < start_s < _far_s(now):
            raise InvalidInput("scheduled_time", "should be within the next ten years")
    end_s = None
    if ends is not None:
        end_s = _parsed("end_date", ends, zone, end_of_day=True)
        if every == Every.ONCE or not start_s < end_s < _far_s(now):
            raise InvalidInput(
                "end_date", "should end a schedule, within the next ten years"
            )
    return Schedule(every, start_s, zone, interval_s, end_s)


def _far_s(now: Moment) -> int:
    return now.epoch_s + YEARS_AHEAD_MAX * 366 * DAY_S


def _parsed(field: str, text: str, zone: str, *, end_of_day: bool = False) -> int:
    """Seconds since 1970; a date alone is its beginning, or its end."""
    try:
        found = datetime.fromisoformat(text)
        if "T" not in text and " " not in text.strip() and end_of_day:
            found += timedelta(days=1, seconds=-1)
        if found.tzinfo is None:
            found = found.replace(tzinfo=time_zone(zone))
        return int(found.timestamp())
    except (ValueError, OverflowError):
        raise InvalidInput(field, "should be a time like 2026-05-01T09:00") from None
