"""Runs over many accounts without a window: pieces, problems, proofs, stops."""

from collections.abc import Callable, Sequence
from typing import Any

from typing_extensions import override

from gui.controllers.bulk import Run, as_csv
from gui.controllers.chain import Chain
from gui.controllers.deeds import Bulk, Deed, Result, SetStatus
from gui.controllers.desk import Desk
from gui.controllers.picked import Pick
from tests.gui.test_controllers import Told, desk
from ums_client.errors import Busy, NotFound, ReauthenticationRequired

__all__ = ["desk"]  # the fixture
PICKS = tuple(Pick(str(number), f"user{number}") for number in range(5))


class Marking(Deed):
    """Remembers to whom it was done; `trouble` may raise before a piece."""

    at_once = 2

    def __init__(self, trouble: Callable[[], None] = lambda: None) -> None:
        self.marked: list[str] = []
        self._trouble = trouble

    @override
    def attempt(self, client: Any, picks: Sequence[Pick]) -> list[Result]:
        return [Result(pick, pick.user_id != "3", "not 3") for pick in picks]

    @override
    def perform(self, client: Any, picks: Sequence[Pick]) -> list[Result]:
        self._trouble()
        self.marked += [pick.user_id for pick in picks]
        return [Result(pick, ok=True) for pick in picks]


def run_of(desk: Desk, deed: Deed, told: Told, *, dry_run: bool = False) -> Run:
    return Run(
        desk,
        [(deed, PICKS)],
        dry_run=dry_run,
        told=lambda: None,
        ended=lambda: told.then("ended"),
        failed=told.problems.append,
    )


def once(error: Exception) -> Callable[[], None]:
    """What raises the second time that it is called, and never again."""
    calls: list[int] = []

    def trouble() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise error

    return trouble


def test_a_trial_changes_nothing_and_tells_why_not(desk: Desk):
    deed, told = Marking(), Told()
    run = run_of(desk, deed, told, dry_run=True)
    run.go_on()
    assert told.value == "ended"
    assert deed.marked == []
    assert len(run.succeeded) == 4
    assert run.reasons() == [("not 3", 1)]


def test_after_a_problem_a_run_goes_on_with_those_that_are_left(desk: Desk):
    deed, told = Marking(once(Busy("busy", code="BUSY"))), Told()
    run = run_of(desk, deed, told)
    run.go_on()
    assert not told.values
    assert told.problems.pop().again
    assert deed.marked == ["0", "1"]
    run.go_on()
    assert told.value == "ended"
    assert deed.marked == ["0", "1", "2", "3", "4"], "each once"


def test_a_proof_that_is_asked_for_in_the_middle_loses_nothing(desk: Desk):
    asked: list[str] = []

    def prove(again: Callable[[], object], _: Any) -> None:
        asked.append("proof")
        again()

    desk.on_proof = prove
    error = ReauthenticationRequired("prove it", code="REAUTHENTICATION_REQUIRED")
    deed, told = Marking(once(error)), Told()
    run_of(desk, deed, told).go_on()
    assert told.value == "ended"
    assert asked == ["proof"]
    assert deed.marked == ["0", "1", "2", "3", "4"]


def test_a_run_that_is_stopped_ends_after_the_piece_it_is_at(desk: Desk):
    told = Told()

    def stop() -> None:
        run.cancel()

    deed = Marking(stop)
    run = run_of(desk, deed, told)
    run.go_on()
    assert told.value == "ended"
    assert deed.marked == ["0", "1"]
    assert len(run.results) == 2


def test_a_chain_begins_again_with_the_step_that_failed(desk: Desk):
    trouble, done, told = once(NotFound("gone", code="NOT_FOUND")), [], Told()

    def step(number: int) -> Callable[[Any], int]:
        def work(_: Any) -> int:
            trouble()
            return number

        return work

    chain = Chain(
        desk,
        [step(number) for number in range(3)],
        told=done.append,
        ended=lambda: told.then("ended"),
        failed=told.problems.append,
    )
    chain.go_on()
    assert (done, len(told.problems)) == ([0], 1)
    chain.go_on()
    assert (done, told.values) == ([0, 1, 2], ["ended"])


def test_statuses_go_back_to_what_the_trial_has_seen():
    picks = [
        Pick(name, name, before)
        for name, before in (("a", "active"), ("b", "suspended"), ("c", "inactive"))
    ]
    tasks = SetStatus("activate").undo(picks)
    told = {
        deed.operation: [pick.user_id for pick in some]
        for deed, some in tasks
        if isinstance(deed, Bulk)
    }
    assert told == {"suspend": ["b"], "deactivate": ["c"]}
    ((deed, some),) = SetStatus("suspend").undo(picks)
    assert isinstance(deed, Bulk)
    assert (deed.operation, [pick.user_id for pick in some]) == ("activate", ["a"])
    assert Bulk("unlock").undo(picks) == []


def test_no_cell_of_a_report_is_a_formula():
    text = as_csv([Result(Pick("1", "=SUM(A1)"), ok=False, text="@why")])
    assert "'=SUM(A1)" in text
    assert "'@why" in text


def test_a_password_is_not_in_the_text_of_a_deed():
    assert "winter" not in repr(Bulk("delete", password="long winter"))
