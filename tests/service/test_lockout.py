"""The lockout: a pure state machine, tried against time given by hand."""

from hypothesis import given
from hypothesis import strategies as st

from ums_service.domain.lockout import Lockout, Verdict

HALF_AN_HOUR = 1_800.0


def make(**more: int) -> Lockout:
    return Lockout(
        failures_max=5, window_s=HALF_AN_HOUR, lockout_s=HALF_AN_HOUR, **more
    )


def fail(
    lockout: Lockout, times: int, *, source: str = "here", at_s: float = 0
) -> None:
    for _ in range(times):
        assert lockout.attempt("alice", source, at_s) is Verdict.ADMIT
        lockout.failed("alice", source, at_s)


def test_the_fifth_failure_shuts_the_source_out_for_half_an_hour() -> None:
    lockout = make()
    fail(lockout, 4)
    assert lockout.wait_s("alice", "here", 0) == 0
    fail(lockout, 1)
    assert lockout.attempt("alice", "here", 1) is Verdict.REFUSE
    assert lockout.wait_s("alice", "here", 1) == HALF_AN_HOUR - 1
    assert lockout.attempt("alice", "here", HALF_AN_HOUR - 1) is Verdict.REFUSE
    assert lockout.attempt("alice", "here", HALF_AN_HOUR) is Verdict.ADMIT


def test_another_source_and_another_account_are_not_shut_out() -> None:
    lockout = make()
    fail(lockout, 5)
    assert lockout.attempt("alice", "elsewhere", 1) is Verdict.ADMIT
    assert lockout.attempt("bob", "here", 1) is Verdict.ADMIT


def test_success_forgets_the_failures() -> None:
    lockout = make()
    for _ in range(3):
        fail(lockout, 4)
        assert lockout.attempt("alice", "here", 0) is Verdict.ADMIT
        lockout.succeeded("alice", "here", 0)
    assert lockout.wait_s("alice", "here", 0) == 0


def test_old_failures_are_forgotten() -> None:
    lockout = make()
    fail(lockout, 4)
    fail(lockout, 4, at_s=HALF_AN_HOUR)
    assert lockout.attempt("alice", "here", HALF_AN_HOUR) is Verdict.ADMIT


def test_attempts_in_flight_count_before_their_verdict() -> None:
    lockout = make()
    fail(lockout, 3)
    assert lockout.attempt("alice", "here", 0) is Verdict.ADMIT
    assert lockout.attempt("alice", "here", 0) is Verdict.ADMIT
    assert lockout.attempt("alice", "here", 0) is Verdict.WAIT
    lockout.failed("alice", "here", 0)
    assert lockout.attempt("alice", "here", 0) is Verdict.WAIT
    lockout.succeeded("alice", "here", 0)
    assert lockout.attempt("alice", "here", 0) is Verdict.ADMIT


def test_a_withdrawn_attempt_counts_for_nothing() -> None:
    lockout = make()
    for _ in range(50):
        assert lockout.attempt("alice", "here", 0) is Verdict.ADMIT
        lockout.withdrawn("alice", "here", 0)
    fail(lockout, 4)
    assert lockout.attempt("alice", "here", 0) is Verdict.ADMIT


def test_guessing_from_many_sources_slows_the_account_down_but_never_shuts_it() -> None:
    lockout = make()
    waits = []
    now_s = 0.0
    for number in range(120):
        fail(lockout, 1, source=f"address {number}", at_s=now_s)
        waits.append(lockout.wait_s("alice", "at home", now_s))
        now_s += 10
    assert [waits[n - 1] for n in (9, 10, 24, 25, 49, 50, 99, 100, 120)] == [
        0, 1, 1, 3, 3, 5, 5, 10, 10,
    ]  # fmt: skip
    assert lockout.attempt("alice", "at home", now_s) is Verdict.ADMIT


def test_the_table_is_bounded_under_a_million_names() -> None:
    lockout = make(entries_max=1_000)
    for number in range(5_000):
        lockout.attempt(f"name {number}", "here", 0)
        lockout.failed(f"name {number}", "here", 0)
    assert len(lockout._counts) <= 1_000


@given(
    st.lists(
        st.tuples(st.sampled_from(["right", "wrong", "later"]), st.sampled_from("AB")),
        max_size=60,
    )
)
def test_no_source_ever_gets_more_than_five_wrong_guesses_in_half_an_hour(
    steps: list[tuple[str, str]],
) -> None:
    lockout, now_s = make(), 0.0
    wrong: dict[str, list[float]] = {"A": [], "B": []}
    for what, source in steps:
        if what == "later":
            now_s += 400
            continue
        if lockout.attempt("alice", source, now_s) is not Verdict.ADMIT:
            continue
        if what == "right":
            lockout.succeeded("alice", source, now_s)
            wrong[source].clear()
        else:
            lockout.failed("alice", source, now_s)
            wrong[source].append(now_s)
        recent = [at for at in wrong[source] if now_s - at < HALF_AN_HOUR]
        # a window may end inside the list: no more than two windows' worth meet
        assert len(recent) <= 5 or recent[-1] - recent[0] >= 400
