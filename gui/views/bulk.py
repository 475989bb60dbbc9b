"""What is to be done to many accounts: asked, tried, done, told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gui.controllers.bulk import BulkWork
from gui.controllers.deeds import Deed, Task
from gui.controllers.lab_members import ROLES
from gui.controllers.offers import Offer
from gui.controllers.picked import Pick
from gui.controllers.problems import Problem
from gui.controllers.runs import Run
from gui.controllers.wording import counted
from gui.views.runs import RunView
from gui.views.stage import Stage
from gui.widgets.basics import choice, frame, label, px
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.wizard import Act


def specs_of(offer: Offer, roles: Sequence[str]) -> list[FieldSpec]:
    """The fields of an offer."""
    known = {
        "reason": FieldSpec("reason", "Reason", hint="The owners may read it."),
        "role": FieldSpec("role", "Role", "choice", choices=roles, required=True),
        "lab": FieldSpec("lab", "Lab", required=True, hint="Its code"),
        "lab_role": FieldSpec(
            "lab_role", "There as", "choice", "member", choices=ROLES
        ),
        "password": FieldSpec(
            "password", "Your own password", "password", required=True
        ),
    }
    return [known[name] for name in offer.fields]


class BulkWizard:
    """Leads from what is wanted to what became of it.

    `changed` is called when accounts are other than before.
    """

    def __init__(
        self,
        stage: Stage,
        picks: Sequence[Pick],
        roles: Sequence[str],
        changed: Callable[[], object],
    ) -> None:
        """Opens at once, with the question what is to be done."""
        self.stage, self.picks, self.roles = stage, tuple(picks), roles
        self._changed = changed
        self.work = BulkWork(stage.desk)
        self.who = counted(len(self.picks), "account")
        self.offer = self.work.offers[0]
        self._values: dict[str, str] = {}
        self.wizard = stage.dialogs.wizard(f"Change {self.who}")
        self.runs = RunView(self.wizard, stage)
        self.form: Form
        self.ask()

    def ask(self) -> None:
        """What is to be done, and with what."""
        room = self.wizard.step(
            f"Change {self.who}",
            "First it is tried for each account, and nothing is changed.",
            (
                Act("As shell command", "shell", self._show_command, "quiet"),
                Act("Try it", "try", self._try, "primary"),
            ),
        )
        gap = px(room, 8)
        row = frame(room)
        row.grid(row=0, column=0, sticky="new")
        label(row, "What").pack(side="left", padx=(0, gap))
        titles = [offer.title for offer in self.work.offers]
        self.what = choice(row, titles, name="what", width=34)
        self.what.set(self.offer.title)
        self.what.pack(side="left")
        self.what.bind("<<ComboboxSelected>>", lambda _: self._chosen())
        self._below = frame(room)
        self._draw_fields(room)
        self.what.focus_set()

    def _draw_fields(self, room: Any) -> None:
        self._below.destroy()
        self._below = below = frame(room, name="below")
        below.grid(row=1, column=0, sticky="new", pady=px(room, 10))
        below.columnconfigure(0, weight=1)
        room.rowconfigure(0, weight=0)
        room.rowconfigure(1, weight=1)
        look = "danger" if self.offer.danger else ""
        for line in self.offer.lines:
            label(below, f"•  {line}", wrap=700, look=look).grid(sticky="w")
        self.form = Form(below, specs_of(self.offer, self.roles), name="form")
        self.form.fill(self._values)
        self.form.grid(sticky="ew", pady=(px(room, 10), 0))
        self.form.on_return(self._try)

    def _chosen(self) -> None:
        self._values |= self.form.values()
        title = self.what.get()
        self.offer = next(o for o in self.work.offers if o.title == title)
        self._draw_fields(self._below.master)

    def _show_command(self) -> None:
        command = self.work.command(self.offer, self.form.values(), self.picks)
        self.stage.show_secret(
            "The same from a shell",
            "For the first accounts, as many as one request may name.",
            command,
        )

    def _try(self) -> None:
        if not self.form.judge():
            return
        self._values |= self.form.values()
        form, wizard = self.form, self.wizard

        def failed(problem: Problem) -> None:
            if wizard.winfo_exists() and not (
                problem.field and form.blame(problem.field, problem.text)
            ):
                wizard.say(problem.text)

        self.work.prepare(self.offer, form.values(), self._try_deed, failed)

    def _try_deed(self, deed: Deed) -> None:
        tasks: list[Task] = [(deed, self.picks)]
        title = f"Trying: {self.offer.title.lower()}"
        self.runs.start(title, tasks, lambda run: self._tried(run, tasks), dry_run=True)

    def _tried(self, run: Run, tasks: Sequence[Task]) -> None:
        good = run.succeeded
        left_out = len(run.results) - len(good)
        text = f"It can be done to {counted(len(good), 'account')}"
        text += f"; {left_out:,} would be left out." if left_out else "."
        for why, number in run.reasons()[:3]:
            text += f"\n{number:,}:  {why}"
        acts = [Act("Back", "back", self.ask)]
        if good:
            deed = tasks[0][0]
            picks = tuple(result.pick for result in good)
            acts.append(
                Act(
                    f"{self.offer.title}: {counted(len(good), 'account')}",
                    "doit",
                    lambda: self._do([(deed, picks)]),
                    "danger" if self.offer.danger else "primary",
                )
            )
        room = self.wizard.step(f"{self.offer.title}: what would happen", text, acts)
        shown = self.runs.show(room, run.results, "would be done", "left out")
        if good and self.offer.danger:  # Return neither does it nor loses the trial
            shown.focus_rows()

    def _do(self, tasks: Sequence[Task]) -> None:
        self.runs.start(self.offer.title, tasks, self._done, dry_run=False)

    def _done(self, _: Run) -> None:
        self._changed()
        self.runs.report(self.offer.done, self._undone)

    def _undone(self, _: Run) -> None:
        self._changed()
        self.runs.report("as before", self._undone)
