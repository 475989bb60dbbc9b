"""The circuit breaker of the portal, with a clock set by hand."""

import pytest

from examples.lab_portal.breaker import Breaker, ServiceDown


class Hands:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def opened(clock: Hands) -> Breaker:
    breaker = Breaker(failures_max=2, pause_s=5, clock=clock)
    for _ in range(2):
        breaker.check()
        breaker.failed()
    return breaker


def test_it_opens_with_failures_in_a_row_only():
    breaker = Breaker(failures_max=2, pause_s=5, clock=Hands())
    for _ in range(3):
        breaker.failed()
        breaker.check()
        breaker.answered()


def test_while_it_is_open_nobody_asks():
    clock = Hands()
    breaker = opened(clock)
    clock.now_s += 2
    with pytest.raises(ServiceDown) as down:
        breaker.check()
    assert down.value.retry_after == 3


def test_then_one_at_a_time_asks_and_an_answer_closes_it():
    clock = Hands()
    breaker = opened(clock)
    clock.now_s += 5
    breaker.check()
    with pytest.raises(ServiceDown):
        breaker.check()
    breaker.failed()
    clock.now_s += 5
    breaker.check()
    breaker.answered()
    breaker.check()
    breaker.check()
