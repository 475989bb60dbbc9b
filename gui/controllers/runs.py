"""Tasks on their way through many accounts, piece by piece, and their results."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence

from gui.background import Job
from gui.controllers.deeds import Deed, Result, Task
from gui.controllers.desk import Desk
from gui.controllers.picked import Pick
from gui.controllers.problems import Problem
from ums_client.protocol.user_files import FORMULA_STARTS

FailedWith = Callable[[Problem], object]


class Run:
    """A task on its way: `results` so far, and whether it goes on.

    `told` is called after each piece, `ended` when all is done or after `cancel`.
    """

    def __init__(
        self,
        desk: Desk,
        tasks: Sequence[Task],
        *,
        dry_run: bool,
        told: Callable[[], object],
        ended: Callable[[], object],
        failed: FailedWith,
    ) -> None:
        """Nothing is done before `go_on`."""
        self.results: list[Result] = []
        self.total = sum(len(picks) for _, picks in tasks)
        self.tasks = tasks
        self.dry_run = dry_run
        self.running = False
        self.cancelled = False
        self._desk, self._told, self._ended = desk, told, ended
        self._failed = failed
        self._job: Job | None = None

    def go_on(self) -> None:
        """Begin, or go on after a problem with those that are left."""
        deed, rest = self._rest()
        if not rest or self.cancelled:
            self.running = False
            self._ended()
            return
        self.running = True
        some = rest[: deed.at_once]

        def done(results: list[Result]) -> None:
            self.results += results
            self._told()
            self.go_on()

        def failed(problem: Problem) -> None:
            self.running = False
            self._failed(problem)

        self._job = self._desk.work(
            lambda client: (deed.attempt if self.dry_run else deed.perform)(
                client, some
            ),
            done,
            failed,
        )

    def cancel(self) -> None:
        """End after those it is at; what is done stays done."""
        self.cancelled = True

    def _rest(self) -> tuple[Deed, tuple[Pick, ...]]:
        done = len(self.results)
        for deed, picks in self.tasks:
            if done < len(picks):
                return deed, picks[done:]
            done -= len(picks)
        return self.tasks[-1][0], ()

    @property
    def succeeded(self) -> tuple[Result, ...]:
        """What was done, or would be."""
        return tuple(result for result in self.results if result.ok)

    def undo(self) -> list[Task]:
        """What takes back what was done."""
        tasks: list[Task] = []
        start = 0
        for deed, picks in self.tasks:
            some = self.results[start : start + len(picks)]
            tasks += deed.undo([result.pick for result in some if result.ok])
            start += len(picks)
        return tasks

    def reasons(self) -> list[tuple[str, int]]:
        """Why some were left out, and how many, the most frequent first."""
        return Counter(r.text for r in self.results if not r.ok).most_common()


def as_csv(results: Sequence[Result]) -> str:
    """Results as a file for a spreadsheet; no cell is taken for a formula."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("user_id", "username", "done", "reason"))
    for result in results:
        pick = result.pick
        done = "yes" if result.ok else "no"
        writer.writerow(map(safe, (pick.user_id, pick.username, done, result.text)))
    return text.getvalue()


def safe(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) else cell
