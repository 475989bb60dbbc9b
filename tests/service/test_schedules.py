"""When what is scheduled happens, whatever is done to clocks; and when mail is held back."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ums_service.domain.errors import InvalidInput
from ums_service.domain.moment import Moment
from ums_service.domain.quiet_hours import quiet_for_s
from ums_service.domain.schedules import Schedule, new_schedule

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia"]
FROM_S, UNTIL_S = 1_600_000_000, 2_200_000_000
HOUR_S, DAY_S = 3_600, 86_400
ONE_DAY = timedelta(days=1)

times = st.integers(FROM_S, UNTIL_S)
zones = st.sampled_from(ZONES)
repeated = st.sampled_from(["daily", "weekly", "monthly"])


def at(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp())


def local(epoch_s: int, zone: str) -> datetime:
    return datetime.fromtimestamp(epoch_s, ZoneInfo(zone))


def moment(epoch_s: int) -> Moment:
    return Moment(epoch_s * 1_000_000_000, 0.0)


def some(schedule: Schedule, count: int, after_s: int | None = None) -> list[int]:
    """The first occurrences, each found from the one before."""
    found, last_s = [], schedule.start_s - 1 if after_s is None else after_s
    while len(found) < count and (next_s := schedule.after(last_s)) is not None:
        found.append(next_s)
        last_s = next_s
    return found


def days_of(schedule: Schedule, count: int) -> list[str]:
    return [f"{local(s, schedule.zone):%m-%d %H:%M}" for s in some(schedule, count)]


def test_the_31st_is_the_last_day_of_shorter_months_and_comes_back():
    monthly = Schedule("monthly", at("2027-12-31T09:00"))
    assert days_of(monthly, 6) == [
        "12-31 09:00", "01-31 09:00", "02-29 09:00", "03-31 09:00",
        "04-30 09:00", "05-31 09:00",
    ]  # fmt: skip
    short = Schedule("monthly", at("2026-01-30T09:00"))
    assert days_of(short, 3) == ["01-30 09:00", "02-28 09:00", "03-30 09:00"]


def test_clocks_that_are_put_forward_and_back_change_nothing_for_people():
    daily = Schedule("daily", at("2026-03-27T09:00", "Europe/Berlin"), "Europe/Berlin")
    found = some(daily, 4)
    assert days_of(daily, 4) == [f"03-{day} 09:00" for day in (27, 28, 29, 30)]
    assert [b - a for a, b in pairwise(found)] == [
        DAY_S,
        DAY_S - HOUR_S,
        DAY_S,
    ]


def test_a_time_that_is_left_out_is_later_and_one_that_comes_twice_happens_once():
    spring = Schedule("daily", at("2026-03-28T02:30", "Europe/Berlin"), "Europe/Berlin")
    assert days_of(spring, 3) == ["03-28 02:30", "03-29 03:30", "03-30 02:30"]
    autumn = Schedule("daily", at("2026-10-24T02:30", "Europe/Berlin"), "Europe/Berlin")
    found = some(autumn, 3)
    assert [f"{local(s, 'UTC'):%d %H:%M}" for s in found] == [
        "24 00:30", "25 00:30", "26 01:30",
    ]  # fmt: skip


@given(repeated, times, zones, st.integers(-10 * DAY_S, 1_500 * DAY_S))
def test_the_next_is_the_first_of_all_that_are_later(
    every: str, start_s: int, zone: str, later_s: int
):
    """Against the obvious way: to go through all of them."""
    schedule, after_s, number = Schedule(every, start_s, zone), start_s + later_s, 0
    while schedule.occurrence(number) <= after_s:
        number += 1
    assert schedule.after(after_s) == schedule.occurrence(number)


@given(repeated, times, zones)
def test_days_are_those_of_the_calendar_at_the_same_time(
    every: str, start_s: int, zone: str
):
    schedule = Schedule(every, start_s, zone)
    first = local(start_s, zone).replace(tzinfo=None)
    for number in range(40):
        months, days = (number, 0) if every == "monthly" else (0, number)
        years, month = divmod(first.month - 1 + months, 12)
        last = monthrange(first.year + years, month + 1)[1]
        wanted = first.replace(
            year=first.year + years, month=month + 1, day=min(first.day, last)
        ) + ONE_DAY * days * (7 if every == "weekly" else 1)
        found = local(schedule.occurrence(number), zone).replace(tzinfo=None)
        # an hour later where the clock leaves it out
        assert found - wanted in (timedelta(0), timedelta(hours=1))


@given(st.integers(300, 10_000_000), times, times)
def test_intervals_are_exact(interval_s: int, start_s: int, after_s: int):
    schedule = Schedule("interval", start_s, interval_s=interval_s)
    found = schedule.after(after_s)
    assert found is not None
    assert (found - start_s) % interval_s == 0
    assert found > after_s
    assert found == start_s or found - after_s <= interval_s


@given(repeated, times, zones, st.integers(0, 400 * DAY_S))
def test_nothing_comes_after_the_end(every: str, start_s: int, zone: str, length: int):
    schedule = Schedule(every, start_s, zone, end_s=start_s + length)
    found = some(schedule, 500)
    assert all(start_s <= s <= start_s + length for s in found)
    assert found == sorted(set(found))
    if every == "daily":
        assert len(found) >= length // DAY_S


def test_once_is_once_and_a_clock_far_ahead_ends_what_cannot_be_told():
    once = Schedule("once", 1_000)
    assert (once.after(999), once.after(1_000), once.after(10**12)) == (
        1_000,
        None,
        None,
    )
    for every in ("daily", "weekly", "monthly"):
        assert Schedule(every, FROM_S, "Europe/Berlin").after(253_402_300_000) is None


def test_a_zone_that_is_gone_is_taken_for_utc():
    lost = Schedule("daily", at("2026-03-28T09:00"), "Mars/Olympus")
    assert some(lost, 2) == [at("2026-03-28T09:00"), at("2026-03-29T09:00")]


NOW = moment(at("2026-05-01T12:00"))


def made(**given: object) -> Schedule:
    asked = {"every": "once", "begins": None, "zone": "UTC", "interval_s": 0}
    asked |= {"ends": None, "now": NOW}
    return new_schedule(**(asked | given))


def test_times_are_those_of_the_zone_unless_they_say_otherwise():
    berlin = made(begins="2026-05-02T09:00", zone="Europe/Berlin")
    assert berlin.start_s == at("2026-05-02T07:00")
    offset = made(begins="2026-05-02T09:00+00:00", zone="Europe/Berlin")
    assert offset.start_s == at("2026-05-02T09:00")
    ending = made(every="daily", ends="2026-05-03")
    assert ending.end_s == at("2026-05-03T23:59:59")
    assert len(some(ending, 10)) == 3


@pytest.mark.parametrize(
    ("field", "given"),
    [
        ("scheduled_time", {"begins": "tomorrow"}),
        ("scheduled_time", {"begins": "2026-05-01T11:59"}),
        ("scheduled_time", {"begins": "2099-01-01T00:00"}),
        ("scheduled_time", {"begins": "0001-01-01T00:00", "zone": "Asia/Kathmandu"}),
        ("scheduled_time", {"begins": "9999-12-31T23:59", "zone": "America/New_York"}),
        ("end_date", {"every": "daily", "ends": "2026-04-30"}),
        ("end_date", {"every": "daily", "ends": "9999-12-31"}),
        ("end_date", {"ends": "2026-06-01"}),
        ("timezone", {"zone": "Mars/Olympus"}),
        ("timezone", {"zone": "../etc/passwd"}),
        ("interval_minutes", {"every": "interval"}),
        ("interval_minutes", {"every": "daily", "interval_s": 600}),
    ],
)
def test_what_makes_no_sense_is_refused(field: str, given: dict[str, object]):
    with pytest.raises(InvalidInput) as refused:
        made(**given)
    assert refused.value.field == field


def night(
    zone: str = "UTC", start: str = "22:00", end: str = "07:00"
) -> dict[str, str]:
    return {"timezone": zone, "quiet_hours_start": start, "quiet_hours_end": end}


@pytest.mark.parametrize(
    ("clock", "hours"),
    [
        ("21:59", 0),
        ("22:00", 9),
        ("23:00", 8),
        ("03:00", 4),
        ("07:00", 0),
        ("12:00", 0),
    ],
)
def test_a_night_goes_over_midnight(clock: str, hours: int):
    now = moment(at(f"2026-05-01T{clock}"))
    assert quiet_for_s(night(), now) == hours * HOUR_S


def test_without_both_times_or_with_the_same_twice_nothing_is_quiet():
    now = moment(at("2026-05-01T23:00"))
    for start, end in (("", "07:00"), ("22:00", ""), ("23:00", "23:00")):
        assert quiet_for_s(night(start=start, end=end), now) == 0
    assert quiet_for_s({}, now) == 0


minutes = st.integers(0, 1_439).map(lambda m: f"{m // 60:02}:{m % 60:02}")


@given(times, zones, minutes, minutes)
def test_no_mail_waits_for_ever_and_none_comes_in_the_quiet(
    now_s: int, zone: str, start: str, end: str
):
    wanted = night(zone, start, end)
    wait_s = quiet_for_s(wanted, moment(now_s))
    assert 0 <= wait_s <= 25 * HOUR_S
    clock = f"{local(now_s, zone):%H:%M}"
    inside = start <= clock < end if start < end else clock >= start or clock < end
    assert (wait_s > 0) == (inside and start != end)
    if wait_s:
        again = quiet_for_s(wanted, moment(now_s + wait_s))
        assert again <= 2 * HOUR_S  # where a clock is set back, its hour comes twice


def test_days_with_a_change_of_the_clock():
    assert date(2026, 10, 25).weekday() == 6
    utc = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)  # 02:10, for the first time
    wanted = night("Europe/Berlin", "01:00", "02:30")
    assert quiet_for_s(wanted, moment(int(utc.timestamp()))) == 20 * 60
    later = utc + timedelta(hours=1)  # 02:10 again
    assert quiet_for_s(wanted, moment(int(later.timestamp()))) == 20 * 60
