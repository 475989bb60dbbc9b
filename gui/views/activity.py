"""What happened to my account."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.activity import ANY, KINDS, Activity
from gui.views.lock_down import ask_lock_down
from gui.views.reader import Reader
from gui.views.stage import Page, Stage
from gui.views.streams import StreamPane
from gui.widgets.basics import Split, choice
from gui.widgets.rows import Column


class ActivityPage(Page):
    """Entries of the audit log about oneself, and what to do if one was not oneself."""

    title = "What happened"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.activity = Activity(stage.desk)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(0, weight=1)
        panes = Split(self.body, 330)
        panes.grid(row=0, column=0, sticky="nsew")
        self.list = pane = StreamPane(
            panes.left,
            "",
            (
                Column("at", "When", 150),
                Column("event", "What", 180),
                Column("outcome", "Outcome", 80),
                Column("who", "By", 110),
                Column("address", "From", 120),
            ),
            name="events",
        )
        pane.grid(row=0, column=0, sticky="nsew")
        pane.add_button("This was not me…", self._not_me, name="notme", kind="danger")
        self.kind = choice(pane.bar, tuple(KINDS), name="kind", width=22)
        pane.bar.add(self.kind)
        self.kind.bind("<<ComboboxSelected>>", lambda _: self.look())
        pane.on_selected = self._selected
        self.reader = Reader(panes.right)
        self._selected()

    @override
    def open(self) -> None:
        """Fetch the newest entries."""
        self.begin("Reading the log…")
        self.activity.begin(self._came, self.failing(self.open))

    def _came(self) -> None:
        self.end()
        self.list.follow(
            self.activity,
            nothing=("Nothing of that kind", f"Choose “{ANY}” to see all."),
            failed=self.failing(self.open),
        )

    def look(self) -> None:
        """Fetch anew: another kind is wanted."""
        self.activity.kind = str(self.kind.get())
        self.list.table.clear_selection()
        self._selected()
        self.open()

    def _selected(self) -> None:
        chosen = self.list.selected
        found = self.activity.read(chosen[0].key) if len(chosen) == 1 else None
        if found is None:
            self.reader.rest(
                "Nothing selected", "Select an entry to read it.", icon="clock-history"
            )
        else:
            self.reader.read(found[0], "", found[1])

    def _not_me(self) -> None:
        ask_lock_down(self.stage)
