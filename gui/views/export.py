"""Taking accounts out into a file: what, how, why, where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from gui.controllers.exports import FORMATS, Export, Wanted, export_command
from gui.controllers.picked import Gathering, Pick
from gui.controllers.problems import Problem
from gui.controllers.users import Search
from gui.controllers.wording import counted
from gui.views.stage import Stage
from gui.widgets.basics import label
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.wizard import Act

IN_USE: Final = "all that are in use"
ALL: Final = "all, also those out of use"
EVERYTHING: Final = "everything"
FEW: Final = "names, mail addresses, roles, statuses"
REASON_MIN: Final = 5


class ExportView:
    """Opens at once. `found` is how many the list shows by `search`."""

    def __init__(
        self, stage: Stage, search: Search, found: int, picks: Sequence[Pick]
    ) -> None:
        """Asks what is wanted."""
        self.stage, self.search, self.picks = stage, search, picks
        self.listed = f"those that the list shows ({found:,})"
        self.selected = f"those that are selected ({len(picks):,})"
        self.wizard = stage.dialogs.wizard("Export accounts")
        self.form: Form
        self._gathering: Gathering | None = None
        self._export: Export | None = None
        self.wizard.bind("<Destroy>", self._destroyed)
        self.ask()

    def ask(self) -> None:
        """What is wanted, and why."""
        room = self.wizard.step(
            "Export accounts",
            "Into a file that only you can read.",
            (
                Act("As shell command", "shell", self._show_command, "quiet"),
                Act("Save to…", "saveto", self._save_to, "primary"),
            ),
        )
        which = [IN_USE, ALL, self.listed]
        if self.picks:
            which.append(self.selected)
        formats = list(FORMATS)
        self.form = Form(
            room,
            (
                FieldSpec(
                    "which", "Which accounts", "choice", which[-1], choices=which
                ),
                FieldSpec("format", "Format", "choice", formats[0], choices=formats),
                FieldSpec(
                    "fields", "What of them", "choice", FEW, choices=(FEW, EVERYTHING)
                ),
                FieldSpec(
                    "reason",
                    "Reason",
                    required=True,
                    hint="The audit log keeps it, with what was taken.",
                    check=lambda text: (
                        ""
                        if len(text.strip()) >= REASON_MIN
                        else "A few words, please."
                    ),
                ),
            ),
            name="form",
        )
        self.wizard.fill(self.form)
        for line in (
            "The file holds personal data: delete it when it has served its purpose.",
            "Passwords, factors and other secrets are never in it.",
        ):
            label(room, f"•  {line}", wrap=700).grid(sticky="w")

    def _wanted(self, picks: Sequence[Pick] | None) -> Wanted:
        values = self.form.values()
        return Wanted(
            values["reason"].strip(),
            FORMATS[values["format"]],
            few_fields=values["fields"] == FEW,
            inactive=values["which"] == ALL,
            picks=picks,
        )

    def _show_command(self) -> None:
        selected = self.form.values()["which"] == self.selected
        wanted = self._wanted(self.picks if selected else None)
        self.stage.show_secret(
            "The same from a shell",
            "For the first page; the others follow with --cursor.",
            export_command(self.stage.desk, wanted),
        )

    def _save_to(self) -> None:
        if not self.form.judge():
            return
        which = self.form.values()["which"]
        ending = FORMATS[self.form.values()["format"]]
        path = self.stage.dialogs.pick_place(f"accounts.{ending}")
        if not path:
            return
        if which == self.listed:
            self._gather(Path(path))
        else:
            picks = self.picks if which == self.selected else None
            self._start(Path(path), self._wanted(picks))

    def _gather(self, path: Path) -> None:
        """Find out first who is in the list."""
        self.wizard.wait("Reading the list…")
        self.wizard.offer((Act("Stop", "stop", self.wizard.close),))

        def then(picks: list[Pick]) -> None:
            if self.wizard.winfo_exists():
                self._start(path, self._wanted(picks))

        self._gathering = Gathering(
            self.stage.desk,
            self.search,
            told=lambda number: self.wizard.wait(f"Reading the list: {number:,}"),
            then=then,
            failed=self._refused,
        )
        self._gathering.begin()

    def _refused(self, problem: Problem) -> None:
        if self.wizard.winfo_exists():
            self.ask()
            self.wizard.say(problem.text)

    def _start(self, path: Path, wanted: Wanted) -> None:
        if wanted.picks is not None and not wanted.picks:
            self._refused(Problem("There is no account to export."))
            return
        self._export = export = Export(
            self.stage.desk,
            wanted,
            path,
            told=self._told,
            ended=self._ended,
            failed=self._failed,
        )
        self.wizard.step("Exporting", f"To {path}")
        self._go_on()
        self.wizard.wait("", 0, export.total)

    def _go_on(self) -> None:
        assert self._export is not None, "it was started"
        self.wizard.notice.clear()
        self.wizard.offer((Act("Stop", "stop", self.wizard.close),))
        self._export.go_on()

    def _told(self) -> None:
        export = self._export
        if export is not None and self.wizard.winfo_exists():
            text = counted(export.count, "account")
            self.wizard.wait(text, export.count, export.total)

    def _failed(self, problem: Problem) -> None:
        if self.wizard.winfo_exists():
            self.wizard.say(problem.text, "warning" if problem.again else "danger")
            self.wizard.offer((Act("Go on", "goon", self._go_on, "primary"),))

    def _ended(self) -> None:
        export = self._export
        if export is None or not self.wizard.winfo_exists():
            return
        room = self.wizard.step(
            "The file is there",
            f"{counted(export.count, 'account')} in {export.path}. "
            "Only you can read it (mode 0600).",
        )
        label(room, f"SHA-256  {export.sha256}", font="small", look="secondary").grid(
            row=0, sticky="nw"
        )

    def _destroyed(self, event: Any) -> None:
        """Also where the whole window was closed: nothing half is left on the disk."""
        if event.widget is not self.wizard:
            return
        if self._gathering is not None:
            self._gathering.cancel()
        if self._export is not None:
            self._export.give_up()
