"""A run over many accounts, in a wizard: progress, problems, what became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from gui.controllers.deeds import Result, Task
from gui.controllers.problems import Problem
from gui.controllers.runs import Run, as_csv
from gui.controllers.wording import counted
from gui.views.stage import Stage
from gui.widgets.basics import Frame
from gui.widgets.table import Column, Row, Rows, Table
from gui.widgets.wizard import Act, Wizard

COLUMNS: Final = (
    Column("username", "User name", 160),
    Column("outcome", "Outcome", 130),
    Column("why", "Why", 400),
)
LAST_SHOWN: Final = 50


class RunView:
    """Shows runs in a wizard, one after the other."""

    def __init__(self, wizard: Wizard, stage: Stage) -> None:
        """Nothing runs."""
        self.wizard, self.stage = wizard, stage
        self._ended: Callable[[Run], object] = lambda _: None
        self.run = self._run_of((), dry_run=True)
        self._table: Table
        wizard.on_closed = self._closed

    def _closed(self) -> None:
        """Nobody looks any more: end after those it is at."""
        self.run.cancel()

    def _run_of(self, tasks: Sequence[Task], *, dry_run: bool) -> Run:
        return Run(
            self.stage.desk,
            tasks,
            dry_run=dry_run,
            told=self._told,
            ended=self._over,
            failed=self._failed,
        )

    def start(
        self,
        title: str,
        tasks: Sequence[Task],
        ended: Callable[[Run], object],
        *,
        dry_run: bool,
    ) -> None:
        """Begin; `ended` gets the run when it is over and the wizard is still there."""
        self._ended = ended
        self._table = _table(self.wizard.step(title))
        self.run = self._run_of(tasks, dry_run=dry_run)
        self._go_on()

    def _go_on(self) -> None:
        self.wizard.notice.clear()
        self.wizard.offer((Act("Stop", "stop", self._stop),))
        self._told()
        self.run.go_on()

    def _stop(self) -> None:
        self.run.cancel()
        self.wizard.buttons["stop"].configure(state="disabled")

    def _told(self) -> None:
        if self.wizard.winfo_exists():
            done, total = len(self.run.results), self.run.total
            self.wizard.wait(f"{done:,} of {total:,}", done, total)
            last = self.run.results[-LAST_SHOWN:]
            self._table.show(Rows([row_of(result) for result in last]))

    def _over(self) -> None:
        if self.wizard.winfo_exists():
            self.wizard.idle()
            self._ended(self.run)

    def _failed(self, problem: Problem) -> None:
        if self.wizard.winfo_exists():
            self.wizard.say(problem.text, "warning" if problem.again else "danger")
            self.wizard.offer(
                (
                    Act("Stop here", "stophere", self._over),
                    Act("Go on", "goon", self._go_on, "primary"),
                )
            )

    def show(
        self, room: Frame, results: Sequence[Result], good: str, bad: str
    ) -> Table:
        """List what became of each, those that were left out first."""
        ordered = sorted(results, key=lambda result: result.ok)
        rows = [row_of(result, good, bad) for result in ordered]
        made = _table(room)
        made.show(Rows(rows))
        return made

    def save(self) -> None:
        """Have the results saved as a file for a spreadsheet."""
        try:
            path = self.stage.dialogs.save_text("results.csv", as_csv(self.run.results))
        except OSError as error:
            self.wizard.say(f"The file cannot be written: {error.strerror}.")
            return
        if path:
            self.wizard.say(f"Saved to {path}.", "success")

    def report(self, done: str, undone: Callable[[Run], object], *more: Act) -> None:
        """Tell what became of all; offer to save that, and to take it back."""
        run, number = self.run, len(self.run.succeeded)
        told = f"{counted(number, 'account')} {'is' if number == 1 else 'are'} {done}"
        told += f", {len(run.results) - number:,} left out"
        left = run.total - len(run.results)
        told += f", {left:,} not come to, as it was stopped." if left else "."
        acts = [*more, Act("Save as CSV…", "save", self.save)]
        tasks = run.undo()
        if tasks:

            def undo() -> None:
                self.start("Taking it back", tasks, undone, dry_run=False)

            back = sum(len(picks) for _, picks in tasks)
            text = f"Take it back: {counted(back, 'account')}"
            acts.insert(0, Act(text, "undo", undo))
        room = self.wizard.step("What became of it", told, acts)
        self.show(room, run.results, "done", "left out")
        self.wizard.buttons["close"].focus_set()


def _table(room: Frame) -> Table:
    made = Table(room, COLUMNS, name="results")
    made.grid(row=0, column=0, sticky="nsew")
    return made


def row_of(result: Result, good: str = "ok", bad: str = "left out") -> Row:
    """A result as a row."""
    cells = (result.pick.username, good if result.ok else bad, result.text)
    return Row(result.pick.user_id, cells, "" if result.ok else "warning")
