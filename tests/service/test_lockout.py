"""The lockout: a pure state machine, tried against time given by hand and a slow model."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ums_service.domain.lockout import SOURCES_MAX, Lock, Lockout, Source, Verdict

HALF_AN_HOUR = 1_800.0
HERE, ELSEWHERE = Source("here"), Source("elsewhere")
DEVICE = Source("here", "device 1")


def make(**more: int) -> Lockout:
    rules = {"failures_max": 5, "window_s": HALF_AN_HOUR, "in_row_max": 100}
    return Lockout(lockout_s=HALF_AN_HOUR, **(rules | more))  # type: ignore[arg-type]


def fail(
    lockout: Lockout, times: int, *, source: Source = HERE, at_s: float = 0
) -> list[Lock | None]:
    locks = []
    for _ in range(times):
        assert lockout.attempt("alice", source, at_s) is Verdict.ADMIT
        locks.append(lockout.failed("alice", source, at_s))
    return locks


def is_locked(lockout: Lockout, account: str, at_s: float) -> bool:
    counts = lockout.counts(account)
    return counts is not None and lockout.shuts_out(counts, at_s)


def fail_from_afar(lockout: Lockout, times: int, *, at_s: float = 0) -> float:
    """Failures from one address after the other; returns when they have ended."""
    for number in range(times):
        fail(lockout, 1, source=Source(f"address {number}"), at_s=at_s)
        at_s += 10
    return at_s


def test_the_fifth_failure_shuts_the_source_out_for_half_an_hour() -> None:
    lockout = make()
    assert fail(lockout, 4) == [None] * 4
    assert lockout.wait_s("alice", HERE, 0) == 0
    assert fail(lockout, 1) == [Lock.SHUT]
    assert lockout.attempt("alice", HERE, 1) is Verdict.REFUSE
    assert lockout.wait_s("alice", HERE, 1) == HALF_AN_HOUR - 1
    assert lockout.attempt("alice", HERE, HALF_AN_HOUR - 1) is Verdict.REFUSE
    assert lockout.attempt("alice", HERE, HALF_AN_HOUR) is Verdict.ADMIT


def test_another_source_and_another_account_are_not_shut_out() -> None:
    lockout = make()
    fail(lockout, 5)
    assert lockout.attempt("alice", ELSEWHERE, 1) is Verdict.ADMIT
    assert lockout.attempt("bob", HERE, 1) is Verdict.ADMIT


def test_success_forgets_the_failures() -> None:
    lockout = make()
    for _ in range(3):
        fail(lockout, 4)
        assert lockout.attempt("alice", HERE, 0) is Verdict.ADMIT
        assert lockout.succeeded("alice", HERE, 0)
    assert lockout.wait_s("alice", HERE, 0) == 0


def test_old_failures_are_forgotten() -> None:
    lockout = make()
    fail(lockout, 4)
    fail(lockout, 4, at_s=HALF_AN_HOUR)
    assert lockout.attempt("alice", HERE, HALF_AN_HOUR) is Verdict.ADMIT


def test_attempts_in_flight_count_before_their_verdict() -> None:
    lockout = make()
    fail(lockout, 3)
    assert lockout.attempt("alice", HERE, 0) is Verdict.ADMIT
    assert lockout.attempt("alice", HERE, 0) is Verdict.ADMIT
    assert lockout.attempt("alice", HERE, 0) is Verdict.WAIT
    lockout.failed("alice", HERE, 0)
    assert lockout.attempt("alice", HERE, 0) is Verdict.WAIT
    lockout.succeeded("alice", HERE, 0)
    assert lockout.attempt("alice", HERE, 0) is Verdict.ADMIT


def test_a_withdrawn_attempt_counts_for_nothing() -> None:
    lockout = make()
    for _ in range(50):
        assert lockout.attempt("alice", HERE, 0) is Verdict.ADMIT
        lockout.withdrawn("alice", HERE, 0)
    fail(lockout, 4)
    assert lockout.attempt("alice", HERE, 0) is Verdict.ADMIT


def test_guessing_from_many_sources_slows_the_account_down_more_and_more() -> None:
    lockout = make()
    waits = []
    now_s = 0.0
    for number in range(99):
        fail(lockout, 1, source=Source(f"address {number}"), at_s=now_s)
        waits.append(lockout.wait_s("alice", Source("at home"), now_s))
        now_s += 10
    assert [waits[n - 1] for n in (9, 10, 24, 25, 49, 50, 99)] == [0, 1, 1, 3, 3, 5, 5]
    assert lockout.attempt("alice", Source("at home"), now_s) is Verdict.ADMIT


def test_a_higher_limit_in_a_row_has_the_longest_wait_before_it() -> None:
    lockout = make(in_row_max=200)
    now_s = fail_from_afar(lockout, 100)
    assert lockout.wait_s("alice", HERE, now_s - 10) == 10


def test_a_hundred_failures_in_a_row_stop_strangers_for_good() -> None:
    lockout = make()
    now_s = fail_from_afar(lockout, 99)
    assert fail(lockout, 1, at_s=now_s) == [Lock.STOPPED]
    years_later = now_s + 10 * 365 * 86_400
    assert lockout.attempt("alice", ELSEWHERE, years_later) is Verdict.REFUSE
    assert lockout.wait_s("alice", ELSEWHERE, years_later) == math.inf
    assert lockout.attempt("alice", DEVICE, now_s) is Verdict.ADMIT
    assert is_locked(lockout, "alice", years_later)
    lockout.clear("alice")
    assert not is_locked(lockout, "alice", years_later)
    assert lockout.attempt("alice", ELSEWHERE, years_later) is Verdict.ADMIT


def test_a_right_password_before_the_hundredth_failure_starts_the_row_anew() -> None:
    lockout = make()
    now_s = fail_from_afar(lockout, 99)
    assert lockout.attempt("alice", HERE, now_s) is Verdict.ADMIT
    lockout.succeeded("alice", HERE, now_s)
    assert fail(lockout, 1, at_s=now_s) == [None]


def test_a_right_password_on_a_known_device_leaves_the_row_of_strangers() -> None:
    lockout = make()
    now_s = fail_from_afar(lockout, 99)
    assert lockout.attempt("alice", DEVICE, now_s) is Verdict.ADMIT
    lockout.succeeded("alice", DEVICE, now_s)
    assert fail(lockout, 1, at_s=now_s) == [Lock.STOPPED]


def test_a_known_device_is_shut_out_by_its_own_failures_only() -> None:
    lockout = make()
    assert fail(lockout, 5, source=DEVICE)[-1] is Lock.SHUT
    assert lockout.attempt("alice", DEVICE, 1) is Verdict.REFUSE
    assert lockout.attempt("alice", Source("here", "device 2"), 1) is Verdict.ADMIT
    assert lockout.attempt("alice", HERE, 1) is Verdict.ADMIT


def test_a_stolen_device_cannot_guess_for_ever() -> None:
    lockout, now_s, tries = make(), 0.0, 0
    while lockout.wait_s("alice", DEVICE, now_s) < math.inf:
        if lockout.attempt("alice", DEVICE, now_s) is Verdict.ADMIT:
            lockout.failed("alice", DEVICE, now_s)
            tries += 1
        now_s += HALF_AN_HOUR
    assert tries == 100
    assert lockout.attempt("alice", HERE, now_s) is Verdict.ADMIT


def test_guesses_in_flight_from_many_sources_are_no_more_than_the_free_ones() -> None:
    lockout = make()
    verdicts = [lockout.attempt("alice", Source(f"a{n}"), 0) for n in range(100)]
    assert verdicts.count(Verdict.ADMIT) == 10
    for number in range(10):
        lockout.failed("alice", Source(f"a{number}"), 0)
    later = [lockout.attempt("alice", Source(f"a{n}"), 1) for n in range(100)]
    assert later.count(Verdict.ADMIT) == 1


def test_the_table_is_bounded_under_many_names_and_sources() -> None:
    lockout = make(entries_max=1_000)
    for number in range(5_000):
        lockout.attempt(f"name {number}", HERE, 0)
        lockout.failed(f"name {number}", HERE, 0)
    assert len(lockout) == 1_000
    for number in range(100):
        lockout.attempt("alice", Source(f"address {number}"), 0)
        lockout.attempt("alice", Source("here", f"session {number}"), 0)
    counts = lockout.counts("alice")
    assert counts is not None
    assert (len(counts.strangers), len(counts.known)) == (SOURCES_MAX, SOURCES_MAX)


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_a_hundred_thousand_names_stay_of_a_million() -> None:
    lockout = make(entries_max=100_000)
    for number in range(1_000_000):
        lockout.attempt(f"name {number}", HERE, 0)
        lockout.failed(f"name {number}", HERE, 0)
    assert len(lockout) == 100_000


@dataclass
class Tried:
    """One attempt of the model's past."""

    source: Source
    at_s: float
    right: bool


WAITS = ((100, 10), (50, 5), (25, 3), (10, 1))


class SlowModel:
    """Looks at all that ever happened, anew for each question."""

    def __init__(self, failures_max: int, in_row_max: int) -> None:
        self.past: list[Tried] = []
        self.failures_max = failures_max
        self.in_row_max = in_row_max

    def row(self, source: Source) -> list[Tried]:
        """Failures in a row of a device, or of all strangers."""
        whole = [
            t
            for t in self.past
            if t.source.known_as == source.known_as
            and (source.known_as is None or t.source == source)
        ]
        row: list[Tried] = []
        for tried in whole:
            row = [] if tried.right else [*row, tried]
        return row

    def recent(self, source: Source, now_s: float) -> list[Tried]:
        """Failures of the source that still count."""
        recent: list[Tried] = []
        for tried in [t for t in self.past if t.source == source]:
            if recent and tried.at_s - recent[-1].at_s >= HALF_AN_HOUR:
                recent = []
            recent = [] if tried.right else [*recent, tried]
        if recent and now_s - recent[-1].at_s >= HALF_AN_HOUR:
            return []
        return recent

    def may_try(self, source: Source, now_s: float) -> bool:
        row, recent = self.row(source), self.recent(source, now_s)
        if len(row) >= self.in_row_max or len(recent) >= self.failures_max:
            return False
        wait_s = next((s for n, s in WAITS if len(row) >= n), 0)
        return not row or now_s >= row[-1].at_s + wait_s


SOURCES = [HERE, ELSEWHERE, DEVICE, Source("here", "device 2")]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(SOURCES),
        st.sampled_from([True, False, False, False, False]),
        st.sampled_from([0, 0, 1, 3, 400, 1_800]),
    ),
    max_size=80,
)


@settings(max_examples=300, deadline=None)
@given(STEPS, st.integers(1, 6), st.integers(1, 20))
def test_it_agrees_with_a_slow_and_obvious_model(
    steps: list[tuple[Source, bool, int]], failures_max: int, in_row_max: int
) -> None:
    lockout = make(failures_max=failures_max, in_row_max=in_row_max)
    model, now_s = SlowModel(failures_max, in_row_max), 0.0
    for source, right, later_s in steps:
        now_s += later_s
        may = model.may_try(source, now_s)
        verdict = lockout.attempt("alice", source, now_s)
        assert verdict is (Verdict.ADMIT if may else Verdict.REFUSE)
        if may and right:
            lockout.succeeded("alice", source, now_s)
        elif may:
            lockout.failed("alice", source, now_s)
        if may:
            model.past.append(Tried(source, now_s, right))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["begin", "wrong", "right", "later"]), st.integers(0, 40)
        ),
        max_size=150,
    )
)
def test_whatever_strangers_do_the_known_device_is_let_in(
    steps: list[tuple[str, int]],
) -> None:
    lockout, now_s = make(in_row_max=15), 0.0
    in_flight: list[Source] = []
    for what, number in steps:
        source = Source(f"address {number % 7}")
        if what == "begin":
            if lockout.attempt("alice", source, now_s) is Verdict.ADMIT:
                in_flight.append(source)
        elif what == "later":
            now_s += number
        elif in_flight:
            ended = in_flight.pop(number % len(in_flight))
            if what == "wrong":
                lockout.failed("alice", ended, now_s)
            else:
                lockout.succeeded("alice", ended, now_s)
        assert lockout.wait_s("alice", DEVICE, now_s) == 0
    assert lockout.attempt("alice", DEVICE, now_s) is Verdict.ADMIT
