"""Failures outlive restarts, kill -9, jumps of the clock and a full disk."""

import errno

import pytest

from tests.service.guessing import (
    DAY_S,
    HALF_HOUR_S,
    HOUR_S,
    THERE,
    events,
    fail,
    fail_from_afar,
    kill,
    login_with,
)
from tests.service.harness import Bench, login
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_service.domain.failure_records import FAILURES, FAILURES_OF_NOBODY


def test_a_failure_that_was_answered_survives_kill_9(alice: Bench):
    for _ in range(5):
        fail(alice, 1)
        kill(alice)
    assert login_with(alice)["retry_after"] == HALF_HOUR_S


def test_being_shut_out_survives_a_restart_and_ends_when_it_would(alice: Bench):
    fail(alice, 5)
    alice.clock.advance(600)
    kill(alice)
    assert login_with(alice)["retry_after"] == HALF_HOUR_S - 600
    alice.clock.advance(HALF_HOUR_S - 600)
    assert login_with(alice)["status"] == "success"


def test_known_and_unknown_names_are_alike_after_a_restart(alice: Bench):
    for name in ("alice", "nobody"):
        fail(alice, 5, name=name)
    kill(alice)
    assert login_with(alice) == login_with(alice, "nobody")
    assert login_with(alice)["retry_after"] == HALF_HOUR_S


def test_being_stopped_and_being_blocked_survive_a_restart(alice: Bench):
    fail_from_afar(alice, 100)
    for number in range(20):
        fail(alice, 1, name=f"name{number}")
    kill(alice)
    alice.register("bobby")
    assert login_with(alice, "bobby")["retry_after"] == HOUR_S
    alice.clock.advance(DAY_S)
    assert login_with(alice, "bobby")["status"] == "success"
    assert login_with(alice, source=THERE)["status"] == "error"
    restored = alice.store.get(FAILURES, alice.user_id("alice"))
    assert restored is not None
    assert restored.alone[1] == 100


@pytest.mark.parametrize("years", [-10, 10])
def test_a_turned_wall_clock_prolongs_no_lock(alice: Bench, years: int):
    fail(alice, 5)
    for number in range(20):
        fail(alice, 1, THERE, f"name{number}")
    alice.clock.set_wall_clock(years * 365 * DAY_S)
    kill(alice)
    login_with(alice)
    login_with(alice, source=THERE)
    alice.clock.advance(HOUR_S)
    assert login_with(alice)["status"] == "success"
    assert login_with(alice, source=THERE)["status"] == "success"


def test_a_right_password_forgets_durably(alice: Bench):
    fail(alice, 4)
    assert login_with(alice)["status"] == "success"
    alice.restart()
    assert alice.store.count(FAILURES) == 0
    fail(alice, 4)
    assert login_with(alice)["status"] == "success"


def test_failures_count_while_the_disk_is_full_and_are_written_later():
    fault = Fault(Call.WRITE, number=1_000_000, errno=errno.ENOSPC, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        bench.register("alice")
        fault.number = fault.counts[Call.WRITE] + 1
        fail(bench, 5)
        assert login_with(bench)["code"] == "INVALID_CREDENTIALS"
        assert bench.store.count(FAILURES) == 0
        fault.mended = True
        fail(bench, 1, THERE, "nobody")
        assert len(events(bench, "account_locked")) == 1
        kill(bench)
        assert login_with(bench)["code"] == "INVALID_CREDENTIALS"


def test_attempts_of_who_is_shut_out_write_no_counts(alice: Bench):
    fail(alice, 5)
    before = alice.store.get_value(FAILURES, alice.user_id("alice"))
    alice.clock.advance(1)
    fail(alice, 300)
    assert alice.store.get_value(FAILURES, alice.user_id("alice")) == before


def test_names_that_nobody_has_fill_neither_memory_nor_disk(make_bench):
    bench = make_bench(settings={"limit_entries_max": 1_000})
    for start in range(0, 1_300, 50):
        bench.ask_all([login(f"name{n}", "wrong") for n in range(start, start + 50)])
    bench.run(bench.service.dispatch.refusals.flush(bench.clock.now))
    assert bench.store.count(FAILURES_OF_NOBODY) <= 1_000
