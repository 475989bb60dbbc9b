"""Blocked addresses, limits of requests and suspected guessing: the rules by themselves."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles import ManualClock
from ums_service.domain.address_blocks import AddressBlocks
from ums_service.domain.addresses import ExemptAddresses
from ums_service.domain.errors import RateLimited
from ums_service.domain.failure_records import FAILURES, count_of, record_of
from ums_service.domain.guessing import GuessingWatch
from ums_service.domain.lockout import Count, Lockout, Source, Verdict
from ums_service.domain.rate_limit import Bucket, Buckets, RateLimits

HOUR_S = 3_600.0
NAMES, KEPT = 1_000_000, 100_000


def make_blocks(failures_max: int = 20) -> AddressBlocks:
    return AddressBlocks(failures_max=failures_max, window_s=HOUR_S, block_s=HOUR_S)


def test_attempts_in_flight_count_before_their_verdict() -> None:
    blocks = make_blocks(failures_max=3)
    for _ in range(3):
        assert blocks.ask("a", 0) is Verdict.ADMIT
        blocks.began("a", 0)
    assert blocks.ask("a", 0) is Verdict.WAIT
    assert not blocks.ended("a", 0, failed=True)
    assert blocks.ask("a", 0) is Verdict.WAIT
    assert not blocks.ended("a", 0, failed=False)
    assert blocks.ask("a", 0) is Verdict.ADMIT


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([0, 1, 200, 900, 3_599, 3_600]), max_size=60))
def test_a_block_begins_with_the_failures_of_one_hour_and_lasts_one(
    waits: list[int],
) -> None:
    """Against a model that looks at all failures anew."""
    blocks, now_s, blocked_at = make_blocks(failures_max=4), 0, -HOUR_S
    failed: list[int] = []
    for wait_s in waits:
        now_s += wait_s
        may = now_s >= blocked_at + HOUR_S
        assert (blocks.ask("a", now_s) is Verdict.ADMIT) is may
        assert blocks.wait_s("a", now_s) == max(0, blocked_at + HOUR_S - now_s)
        if not may:
            continue
        blocks.began("a", now_s)
        failed.append(now_s)
        begins = sum(now_s - at < HOUR_S for at in failed) == 4
        assert blocks.ended("a", now_s, failed=True) is begins
        if begins:
            blocked_at, failed = now_s, []


def test_no_block_is_restored_for_longer_than_a_new_one() -> None:
    blocks = make_blocks()
    blocks.block("a", 50, 10 * HOUR_S)
    assert blocks.wait_s("a", 50) == HOUR_S


def test_a_hundred_thousand_addresses_stay_of_a_million() -> None:
    blocks = make_blocks()
    for number in range(NAMES):
        blocks.began(f"address {number}", 0)
    assert len(blocks) == KEPT
    assert "address 0" not in blocks
    assert f"address {NAMES - 1}" in blocks


def test_a_hundred_thousand_buckets_stay_of_a_million() -> None:
    buckets = Buckets({"login": Bucket(burst=1, per_s=1)})
    for number in range(NAMES):
        buckets.take("login", f"address {number}", 0)
    assert len(buckets) == KEPT
    with pytest.raises(RateLimited):
        buckets.take("login", f"address {NAMES - 1}", 0)


def test_the_list_of_the_unheard_is_bounded() -> None:
    limits = RateLimits(
        {"login": Bucket(burst=1, per_s=0.001)},
        {},
        ExemptAddresses([]),
        refusals_max=1,
        unheard_s=5,
        entries_max=1_000,
    )
    for number in range(3_000):
        limits.take("login", f"address {number}", 0)
        with pytest.raises(RateLimited):
            limits.take("login", f"address {number}", 0)
    assert len(limits.unheard) == 1_000
    assert limits.unheard_for_s("address 2999", 4) == 1
    assert limits.unheard_for_s("address 2999", 5) == 0
    assert "address 2999" not in limits.unheard


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0, 20), max_size=60),
    st.integers(1, 5),
    st.sampled_from([0.1, 1, 7]),
)
def test_the_time_to_try_again_is_neither_too_short_nor_too_long(
    waits: list[float], burst: int, per_s: float
) -> None:
    buckets, now_s = Buckets({"k": Bucket(burst, per_s)}), 0.0
    for wait_s in waits:
        now_s += wait_s
        try:
            buckets.take("k", "a", now_s)
        except RateLimited as refused:
            told_s = refused.retry_after_s or 0.0
            with pytest.raises(RateLimited):
                buckets.take("k", "a", now_s + told_s * 0.99)
            now_s += told_s * (1 + 1e-9) + 1e-9
            buckets.take("k", "a", now_s)


def test_guessing_is_told_at_the_last_account_and_then_not_for_a_window() -> None:
    watch = GuessingWatch(accounts_min=3, window_s=100)
    told = [watch.failed(f"account {n}", f"address {n % 2}", n) for n in range(20)]
    assert [n for n, guessing in enumerate(told) if guessing] == [2]
    assert told[2] == (3, 2)
    assert watch.failed("a", "x", 102) is None
    assert watch.failed("b", "x", 103) is None
    assert watch.failed("a", "x", 150) is None
    assert watch.failed("c", "x", 202.9) == (3, 1)


def test_the_watch_remembers_no_more_accounts_than_it_needs() -> None:
    watch = GuessingWatch(accounts_min=50, window_s=100)
    for number in range(10_000):
        watch.failed(f"account {number}", "x", number)
        assert len(watch._failed) < 50


@pytest.mark.parametrize(
    ("address", "exempt"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.1.2.3", True),
        ("10.2.0.1", False),
        ("", False),
        ("local", False),
        (None, False),
    ],
)
def test_networks_and_single_addresses_are_exempt(
    address: object, exempt: bool
) -> None:
    networks = ExemptAddresses(["127.0.0.0/8", "::1", "10.1.0.0/16"])
    assert (address in networks) is exempt


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="gateway"):
        ExemptAddresses(["gateway"])


@settings(deadline=None)
@given(
    st.integers(0, 5_000),
    st.integers(-(10**8), 10**8),
    st.floats(0, 10**6),
)
def test_a_stored_lock_never_lasts_longer_than_it_would_from_now(
    elapsed_s: int, turned_s: int, boot_ticks_s: float
) -> None:
    def fresh() -> Lockout:
        return Lockout(failures_max=1, window_s=1_800, lockout_s=1_800, in_row_max=100)

    clock, lockout, here = ManualClock(), fresh(), Source("here")
    lockout.attempt("alice", here, clock.ticks_s)
    lockout.failed("alice", here, clock.ticks_s)
    clock.advance(elapsed_s)
    counts = lockout.counts("alice")
    assert counts is not None
    record = record_of("alice", counts, clock.now)
    assert record is not None
    record = FAILURES.from_document(dict(FAILURES.to_document(record)))
    clock.set_wall_clock(turned_s)
    clock.ticks_s = boot_ticks_s
    restored = fresh()
    strangers = {name: count_of(s, clock.now) for name, s in record.strangers.items()}
    restored.restore("alice", count_of(record.alone, clock.now), strangers, {})
    wait_s = restored.wait_s("alice", here, clock.ticks_s)
    expected = min(1_800, max(0, 1_800 - elapsed_s - turned_s))
    assert wait_s == pytest.approx(expected, abs=0.001)


def test_nothing_is_stored_of_who_has_no_failures() -> None:
    lockout, clock = (
        Lockout(failures_max=5, window_s=1, lockout_s=1, in_row_max=9),
        ManualClock(),
    )
    lockout.attempt("alice", Source("here"), 0)
    counts = lockout.counts("alice")
    assert counts is not None
    assert record_of("alice", counts, clock.now) is None
    assert Count().is_empty()
