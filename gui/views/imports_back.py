"""Taking imports back, in a wizard that is there already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from gui.controllers.credentials import Item
from gui.controllers.imports_back import Reverting, earlier_imports
from gui.controllers.problems import Problem
from gui.views.lists import row_of
from gui.views.stage import Stage
from gui.widgets.rows import Column, Rows
from gui.widgets.table import Table
from gui.widgets.wizard import Act, Wizard

BATCHES: Final = (
    Column("label", "File", 220),
    Column("at", "Imported", 140),
    Column("created", "New", 60),
    Column("updated", "Changed", 70),
    Column("until", "Can be taken back", 200),
)


class ImportsBack:
    """Says what taking back would do before it is done."""

    def __init__(
        self, wizard: Wizard, stage: Stage, changed: Callable[[], object]
    ) -> None:
        """`changed` is called when accounts are other than before."""
        self.wizard, self.stage, self._changed = wizard, stage, changed
        self._table: Table

    def show(self, back: Callable[[], object]) -> None:
        """Imports that can still be taken back; `back` is where one came from."""
        wizard = self.wizard
        acts = [Act("Back", "back", back)]
        if self.stage.desk.may("users.delete"):
            acts.append(Act("Take it back…", "revert", self._take, "danger"))
        room = wizard.step("Earlier imports", "The newest first.", acts)
        self._table = table = Table(room, BATCHES, name="batches")
        table.grid(row=0, column=0, sticky="nsew")
        wizard.wait("One moment…")

        def came(items: Sequence[Item]) -> None:
            if table.winfo_exists():
                wizard.idle()
                table.show(Rows([row_of(item) for item in items]))
                table.say("" if items else "There was none in the last days.")
                table.focus_rows()

        earlier_imports(self.stage.desk, came, self._refused)

    def _take(self) -> None:
        table = self._table
        rows = [table.row_at(number) for number in range(table.total)]
        keys = [row.key for row in rows if row and row.key in table.selected]
        if keys:
            self.ask(keys[::-1])

    def _refused(self, problem: Problem) -> None:
        if self.wizard.winfo_exists():
            self.wizard.idle()
            self.wizard.say(problem.text)

    def ask(self, import_ids: Sequence[str]) -> None:
        """Find out what taking these back would do, the oldest first, and ask."""
        reverting = Reverting(self.stage.desk, import_ids)

        def tried() -> None:
            if not self.wizard.winfo_exists():
                return
            command = reverting.command()
            self.wizard.step(
                "Take the import back?",
                _listed(reverting),
                (
                    Act(
                        "As shell command",
                        "shell",
                        lambda: self.stage.show_secret(
                            "The same from a shell", "For one batch.", command
                        ),
                        "quiet",
                    ),
                    Act("Take it back", "doit", lambda: self._do(reverting), "danger"),
                ),
            )

        self.wizard.step("Take the import back?")
        self.wizard.wait("Looking what that would do…")
        reverting.run(tried, self._refused, dry_run=True)

    def _do(self, reverting: Reverting) -> None:
        def done() -> None:
            self._changed()
            if self.wizard.winfo_exists():
                self.wizard.step("The import is taken back", _listed(reverting))

        self.wizard.step("Taking the import back")
        self.wizard.wait("One moment…")
        reverting.run(done, self._refused, dry_run=False)


def _listed(reverting: Reverting) -> str:
    return "\n".join(f"•  {line}" for line in reverting.lines())
