"""What is picked in the list of accounts: told, gathered, handed on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gui.controllers.finding import Search
from gui.controllers.paged import Pages
from gui.controllers.picked import Gathering, Pick, Picked, pick_of
from gui.controllers.problems import Problem
from gui.controllers.wording import counted
from gui.views.stage import Stage
from gui.widgets.basics import Frame, Kind, button, label, px
from gui.widgets.checks import CheckTable
from gui.widgets.rows import Row


class PickBar(Frame):
    """Takes no room while nobody is picked. `picked` are those that are."""

    def __init__(
        self,
        parent: Any,
        stage: Stage,
        table: CheckTable,
        failed: Callable[[Problem], object],
    ) -> None:
        """Listens to the table. The parent puts it where it belongs, with `grid`."""
        super().__init__(parent, padding=(0, px(parent, 6), 0, 0), name="picks")
        self.stage, self._table, self._failed = stage, table, failed
        self.picked = Picked()
        self.picked.changed = self._changed
        self.search = Search()
        self.found: Pages
        self._gathering: Gathering | None = None
        table.picked = self.picked
        table.on_pick = self._pick
        table.on_pick_range = self._pick_range
        table.on_pick_all = self.pick_all
        self.text = label(self, font="strong", name="pickcount")
        self.text.pack(side="left", padx=(0, px(self, 12)))
        self.stop = button(self, "Stop", self.give_up, name="stoppicking")
        self.drop = button(self, "Drop the selection", self.picked.clear, name="drop")
        self.drop.pack(side="right")

    def add_button(
        self,
        text: str,
        command: Callable[[], object],
        name: str,
        kind: Kind = "primary",
    ) -> None:
        """A button for what can be done with those that are picked."""
        made = button(self, text, command, name=name, kind=kind)
        made.pack(side="left", padx=(0, px(self, 6)))

    def show(self, found: Pages, search: Search) -> None:
        """The list shows others now; what is picked stays."""
        self.found, self.search = found, search

    def _changed(self) -> None:
        number = len(self.picked)
        if self._gathering is None:
            self.text.configure(text=f"{counted(number, 'account')} selected")
            self.stop.pack_forget()
        if number or self._gathering is not None:
            self.grid()
        else:
            self.grid_remove()
        self._table.refresh()

    def _pick(self, row: Row) -> None:
        self.picked.toggle(pick_of(row.key, row.cells))

    def _pick_range(self, low: int, high: int) -> None:
        items = self.found.held(low, high)
        if items is None:
            self._gather(low, high)
        else:
            self.picked.add(pick_of(item.key, item.cells) for item in items)

    def pick_all(self) -> None:
        """Pick all that are found, also those that nobody has looked at; or none."""
        if self.picked and len(self.picked) >= self.found.total:
            self.picked.clear()
        elif self.found.total:
            self._pick_range(0, self.found.total - 1)

    def _gather(self, low: int, high: int) -> None:
        self.give_up()
        total = high - low + 1

        def told(number: int) -> None:
            self.text.configure(text=f"Selecting: {number:,} of {total:,}")

        def then(picks: list[Pick]) -> None:
            self._gathering = None
            self.picked.add(picks)

        def failed(problem: Problem) -> None:
            self.give_up()
            self._failed(problem)

        self._gathering = Gathering(
            self.stage.desk, self.search, told=told, then=then, failed=failed
        )
        self.stop.pack(side="left")
        told(0)
        self._gathering.begin(low, high)
        self._changed()

    def give_up(self) -> None:
        """Drop what is being gathered."""
        if self._gathering is not None:
            self._gathering.cancel()
            self._gathering = None
            self._changed()
