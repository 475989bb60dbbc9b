"""What the service measures, for programs that watch it."""

import re

import pytest

from tests.service.harness import Bench, login
from tests.service.test_keys import admin_key
from ums_client.protocol.actions import ACTION_BY_NAME
from ums_client.protocol.errors import ErrorCode
from ums_service.calls.meters import BOUNDS_S, OK, Meters
from ums_service.calls.metrics import gather, prometheus

LINE = re.compile(r'^([a-z_]+)(\{([a-z]+="[\w.+]+",?)+\})? (\d+(\.\d+)?(e-\d+)?)$')
STRANGER = "192.0.2.7"


def series(bench: Bench) -> dict[str, float]:
    """Every series of the text, by its name with its labels."""
    text = prometheus(gather(bench.service.facilities))
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(LINE.match(line) for line in lines), text
    found = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
    assert len(found) == len(lines)
    return found


def requests(bench: Bench, action: str, outcome: str) -> float:
    name = f'ums_requests_total{{action="{action}",outcome="{outcome}"}}'
    return series(bench).get(name, 0)


def test_every_request_is_counted_by_action_and_end(standard: Bench):
    alice = standard.member("alice")
    before = series(standard)
    standard.ask(action="get_user", session_token=alice)
    standard.ask(action="get_user", session_token="A" * 43)
    standard.ask(action="fly")
    standard.ask_bytes(b"{")
    after = series(standard)
    name = "ums_requests_total"
    grown = {
        key: after[key] - before.get(key, 0)
        for key in after
        if key.startswith(name) and after[key] != before.get(key, 0)
    }
    assert grown == {
        name + '{action="get_user",outcome="ok"}': 1,
        name + '{action="get_user",outcome="INVALID_SESSION"}': 1,
        name + '{action="unreadable",outcome="UNKNOWN_ACTION"}': 1,
        name + '{action="unreadable",outcome="INVALID_REQUEST"}': 1,
    }
    assert after["ums_requests_in_flight"] == 0


def test_what_is_not_even_heard_is_counted_too(make_bench):
    bench = make_bench(rate_read_burst=1, rate_read_per_min=1, rate_refusals_max=2)
    for _ in range(5):
        bench.ask(source=STRANGER, action="health_check")
    assert requests(bench, "health_check", "ok") == 1
    assert requests(bench, "health_check", "RATE_LIMITED") == 2
    assert requests(bench, "unreadable", "RATE_LIMITED") == 2


def test_logins_and_lockouts_are_counted(standard: Bench):
    standard.register("alice")
    standard.login("alice")
    for _ in range(standard.profile.failures_max):
        standard.try_login("alice", "wrong password 1", STRANGER)
    found = series(standard)
    assert found['ums_logins_total{outcome="ok"}'] == 1
    assert found['ums_logins_total{outcome="refused"}'] == 5
    assert found["ums_lockouts_total"] == 1
    assert found["ums_sessions"] == 1
    assert found["ums_accounts"] == 2


def test_a_login_that_wants_a_second_factor_has_not_failed(standard: Bench, phone):
    before = series(standard)['ums_logins_total{outcome="ok"}']
    asked = standard.try_login("alice")
    assert asked["code"] == "MFA_REQUIRED"
    found = series(standard)
    assert found['ums_logins_total{outcome="refused"}'] == 0
    assert found['ums_logins_total{outcome="ok"}'] == before
    done = standard.ask(
        action="verify_mfa", mfa_token=asked["mfa_token"], code=phone.backup_codes[0]
    )
    assert done["status"] == "success"
    assert series(standard)['ums_logins_total{outcome="ok"}'] == before + 1


def test_an_address_that_is_blocked_is_counted(make_bench):
    bench = make_bench(address_failures_max=3, failures_max=100)
    for name in ("a", "b", "c", "d"):
        bench.try_login(f"name-{name}", "wrong password 1", STRANGER)
    assert series(bench)["ums_address_blocks_total"] == 1


def test_the_classes_of_the_histogram_add_up():
    now = [0.0]
    meters = Meters(lambda: now[0])
    action = ACTION_BY_NAME["get_user"]
    for took_s in (0.0, 0.0005, 0.0006, 2.0, 99.0):
        begun_s = meters.begin()
        now[0] += took_s
        assert meters.in_flight == 1
        meters.end(begun_s, action, OK)
    times = meters.tallies["get_user"]
    assert times.classes == [2, 1, *[0] * (len(BOUNDS_S) - 3), 1, 1]
    assert times.total_s == pytest.approx(101.0011)
    assert (meters.in_flight, meters.uptime_s) == (0, pytest.approx(101.0011))


def test_durations_are_shown_by_class_and_cumulative(standard: Bench):
    alice = standard.member("alice")
    standard.ask(action="get_user", session_token=alice)
    found = series(standard)
    buckets = [
        value
        for name, value in found.items()
        if name.startswith('ums_request_duration_seconds_bucket{class="read"')
    ]
    assert len(buckets) == len(BOUNDS_S) + 1
    assert buckets == sorted(buckets)
    assert found['ums_request_duration_seconds_count{class="read"}'] == buckets[-1] == 1
    assert found['ums_request_duration_seconds_sum{class="read"}'] > 0


def test_the_time_that_a_refusal_is_held_back_is_not_measured(standard: Bench):
    """What is told at that moment has ended: nothing is in flight any more."""
    standard.register("alice")
    in_flight = []

    async def held(seconds: float) -> None:
        in_flight.append(standard.service.facilities.meters.in_flight)

    standard.service.dispatch._delays._sleep = held
    standard.try_login("alice", "wrong password 1")
    assert in_flight == [0]


def test_no_series_comes_from_what_a_client_says(standard: Bench):
    before = len(series(standard))
    for number in range(50):
        standard.ask(action=f"fly{number}", request_id=f"r{number}")
        standard.ask(source=f"192.0.2.{number}", **login(f"name{number}"))
    assert len(series(standard)) <= before + 2 + 2 * (len(BOUNDS_S) + 3)
    tallies = standard.service.facilities.meters.tallies
    assert tallies.keys() <= {*ACTION_BY_NAME, "unreadable"}
    outcomes = {str(end) for tally in tallies.values() for end in tally.ends}
    assert outcomes <= {*(code.value for code in ErrorCode), OK}


def test_the_store_is_measured(standard: Bench):
    before = series(standard)
    standard.register("alice")
    after = series(standard)
    assert after["ums_store_writable"] == 1
    journal = 'ums_store_bytes{files="journal"}'
    assert after[journal] > before[journal]
    count, total = "ums_store_flush_seconds_count", "ums_store_flush_seconds_sum"
    assert after[count] == before[count] + 1
    assert after[total] > before[total]
    standard.run(standard.store.checkpoint())
    assert series(standard)['ums_store_bytes{files="base"}'] > 0


def test_metrics_take_a_permission_and_come_in_two_forms(standard: Bench):
    assert standard.ask(action="get_metrics")["code"] == "INVALID_SESSION"
    refused = standard.ask(action="get_metrics", session_token=standard.member("alice"))
    assert refused["code"] == "PERMISSION_DENIED"
    key = admin_key(standard, "system.read")
    text = standard.ask(action="get_metrics", api_key=key)["text"]
    found = standard.ask(action="get_metrics", api_key=key, format="json")["metrics"]
    named = set(re.findall(r"^# TYPE (\S+) ", text, flags=re.MULTILINE))
    assert named == {metric["name"] for metric in found}
    accounts = next(m for m in found if m["name"] == "ums_accounts")
    assert accounts["samples"] == [{"value": 2.0, "labels": {}, "suffix": ""}]
    assert accounts["type"] == "gauge"


def test_a_loop_that_is_late_is_seen(make_bench):
    bench = make_bench()
    bench.service.facilities.meters.lags_s.append(1.5)
    assert series(bench)["ums_loop_lag_seconds"] == 1.5
    reply = bench.ask(
        action="health_check", level="detailed", session_token=bench.admin()
    )
    assert reply["state"] == "degraded"
