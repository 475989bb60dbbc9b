"""Refusals that are held back, and limits of requests."""

import json

import pytest

from tests.service.guessing import (
    HERE,
    THERE,
    fail,
    login_with,
)
from tests.service.harness import LOCAL, Bench, update

# --- delays ---


def test_each_failure_is_answered_later_than_the_one_before(alice: Bench):
    assert login_with(alice)["status"] == "success"
    fail(alice, 7)
    assert alice.slept == [0.1, 0.5, 2, 2, 2, 2, 2]
    alice.slept.clear()
    fail(alice, 7, THERE, name="nobody")
    assert alice.slept == [0.1, 0.5, 2, 2, 2, 2, 2]


def test_compat_answers_without_delay(compat: Bench):
    compat.register("alice")
    fail(compat, 7)
    assert compat.slept == []


def test_only_so_many_answers_are_held_back(make_bench):
    bench = make_bench(
        settings={"delayed_replies_max": 12, "delayed_replies_per_address_max": 5}
    )
    held = Held()
    bench.service.dispatch._delays._sleep = held.sleep

    async def hold_many() -> list[bool]:
        import asyncio

        hold = bench.service.dispatch._delays.hold
        addresses = [HERE] * 8 + [f"198.51.100.{n}" for n in range(20)]
        tasks = [asyncio.create_task(hold(a, 3)) for a in addresses]
        await asyncio.sleep(0)
        done = [task.done() for task in tasks]
        held.release.set()
        await asyncio.gather(*tasks)
        return done

    done = bench.run(hold_many())
    assert done[:8].count(False) == 5
    assert done.count(False) == 12
    assert not bench.service.dispatch._delays._held


class Held:
    """A sleep that lasts until it is released."""

    def __init__(self) -> None:
        import asyncio

        self.release = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.release.wait()


# --- limits of requests ---


def test_an_address_far_over_its_limit_is_not_heard_for_a_moment(alice: Bench):
    replies = [login_with(alice, source=HERE) for _ in range(200)]
    assert replies[99]["status"] == "success"
    limited = replies[100]
    assert (limited["code"], limited["retry_after"]) == ("RATE_LIMITED", 0.6)
    unheard = alice.ask(source=HERE, action="health_check")
    assert (unheard["code"], unheard["retry_after"]) == ("RATE_LIMITED", 5)
    assert json.loads(alice.ask_bytes(b"\xff not even a message", HERE)) == unheard
    assert alice.ask(source=THERE, action="health_check")["status"] == "healthy"
    alice.clock.advance(5)
    assert alice.ask(source=HERE, action="health_check")["status"] == "healthy"
    assert login_with(alice)["status"] == "success"


def test_who_is_now_and_then_over_the_limit_is_always_heard(alice: Bench):
    for _ in range(100):
        login_with(alice)
    for _ in range(150):
        login_with(alice)
        alice.clock.advance(0.3)
    assert alice.ask(source=HERE, action="health_check")["status"] == "healthy"


def test_a_caller_is_limited_wherever_they_ask_from(make_bench):
    bench = make_bench(caller_write_burst=3, caller_write_per_min=60)
    token, other = bench.member("alice"), bench.member("bobby")
    codes = [
        bench.ask(source=source, **update(token, city="x")).get("code")
        for source in (HERE, THERE, LOCAL, HERE)
    ]
    assert codes == [None, None, None, "RATE_LIMITED"]
    assert bench.ask(**update(token, city="x"))["retry_after"] == 1
    assert bench.ask(**update(other, city="x"))["status"] == "success"
    bench.clock.advance(1)
    assert bench.ask(**update(token, city="x"))["status"] == "success"


def test_reads_can_be_limited_too(make_bench):
    bench = make_bench(rate_read_burst=2, rate_read_per_min=6)
    ask = {"action": "health_check", "source": HERE}
    statuses = [bench.ask(**ask)["status"] for _ in range(3)]
    assert statuses == ["healthy", "healthy", "error"]
    assert bench.ask(**ask)["retry_after"] == 10


@pytest.mark.parametrize("name", ["rate_login_per_min", "rate_write_per_min"])
def test_a_rate_of_nothing_is_no_limit(make_bench, name: str):
    bench = make_bench(**{name: 0})
    assert name[5:10] not in bench.service.dispatch._limits._kinds
