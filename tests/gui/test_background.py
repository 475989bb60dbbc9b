"""Work beside the window's thread, without a window."""

import threading
from collections.abc import Iterator

import pytest

from gui.background import OUTCOMES_PER_DRAIN, Background, Done, Failed, Once, Outcome
from tests.service.running import wait_until


@pytest.fixture
def background() -> Iterator[Background]:
    made = Background(lambda: (KeyError,), threads=2)
    yield made
    made.close()


def drained(background: Background, outcomes: list[Outcome[int]], count: int) -> None:
    def came() -> bool:
        background.drain()
        return len(outcomes) >= count

    wait_until(came)


def test_an_outcome_is_delivered_on_the_thread_that_drains(background: Background):
    threads: list[str] = []
    outcomes: list[Outcome[str]] = []

    def then(outcome: Outcome[str]) -> None:
        threads.append(threading.current_thread().name)
        outcomes.append(outcome)

    background.run(lambda: threading.current_thread().name, then)
    drained(background, outcomes, 1)  # type: ignore[arg-type]
    assert threads == [threading.current_thread().name]
    assert isinstance(outcomes[0], Done)
    assert outcomes[0].value.startswith("worker-")


def test_an_expected_error_is_a_value(background: Background):
    outcomes: list[Outcome[int]] = []
    background.run(lambda: {}["nothing"], outcomes.append)
    drained(background, outcomes, 1)
    assert isinstance(outcomes[0], Failed)
    assert isinstance(outcomes[0].error, KeyError)


def test_any_other_error_is_raised_where_it_is_reported(background: Background):
    background.run(lambda: 1 // 0, lambda _: None)
    with pytest.raises(ZeroDivisionError):
        drained(background, [], 1)


def test_what_was_cancelled_is_dropped(background: Background):
    go, outcomes = threading.Event(), []
    job = background.run(lambda: go.wait(20), outcomes.append)
    job.cancel()
    go.set()
    background.run(lambda: 2, outcomes.append)
    drained(background, outcomes, 1)
    assert outcomes == [Done(2)]


def test_a_flood_does_not_hold_up_the_window(background: Background):
    outcomes: list[Outcome[int]] = []
    count = OUTCOMES_PER_DRAIN * 2
    for number in range(count):
        background.run(lambda n=number: n, outcomes.append)  # type: ignore[misc]
    wait_until(lambda: background._outcomes.qsize() == count)
    background.drain()
    assert len(outcomes) == OUTCOMES_PER_DRAIN
    drained(background, outcomes, count)


def test_what_is_made_once_is_made_once_by_many_threads():
    made: list[int] = []
    gate = threading.Barrier(4)

    def make() -> int:
        made.append(1)
        return len(made)

    once = Once(make)
    got: list[int] = []

    def ask() -> None:
        gate.wait()
        got.append(once.get())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (got, once.end()) == ([1] * 4, 1)


def test_what_could_not_be_made_is_tried_again():
    answers = iter([KeyError("first"), None])

    def make() -> str:
        error = next(answers)
        if error is not None:
            raise error
        return "made"

    once = Once(make)
    with pytest.raises(KeyError):
        once.get()
    assert once.end() is None
    assert once.get() == "made"
