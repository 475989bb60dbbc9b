"""Labs: found as one types, in a table; one of them with its members beside it."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.labs import FoundLabs, Labs
from gui.controllers.who import WHO
from gui.controllers.wording import counted
from gui.views.lab_pane import LabPane
from gui.views.lists import ItemSource
from gui.views.stage import Page, Stage
from gui.widgets.basics import Split, button, entry, frame, label, px, toggle
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.table import Column, Row, Table
from gui.widgets.timing import Debounce


class LabsPage(Page):
    """Search, select; make a lab."""

    title = "Labs"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.labs = Labs(stage.desk)
        self.found = FoundLabs(stage.desk)
        self.lab: LabPane
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(1, weight=1)
        self._bar()
        self.panes = Split(self.body, 560)
        self.panes.grid(row=1, column=0, sticky="nsew")
        left = self.panes.left
        self.table = Table(
            left,
            (
                Column("name", "Name", 170),
                Column("code", "Code", 80),
                Column("state", "State", 70),
                Column("created", "Made", 130),
            ),
        )
        self.table.grid(row=0, column=0, sticky="nsew")
        self.table.on_select = self._selected
        self.table.on_open = lambda _: self.lab.focus()
        self.count = label(left, font="small", look="secondary", name="count")
        self.count.grid(row=1, column=0, sticky="w", pady=px(self, 4))
        self.lab = LabPane(self.panes.right, stage, self.labs, self.find)
        self.lab.grid(row=0, column=0, sticky="nsew")
        self._reveal(lab=False)

    def _bar(self) -> None:
        bar, gap = frame(self.body, name="bar"), px(self, 8)
        bar.grid(row=0, column=0, sticky="ew", pady=(0, gap))
        label(bar, "Search").pack(side="left")
        self.query = entry(bar, name="query", width=28)
        self.query.pack(side="left", padx=gap)
        self.inactive = toggle(bar, "Also inactive ones", self.find, name="inactive")
        self.inactive.pack(side="left")
        if self.stage.desk.may("labs.manage"):
            button(bar, "New lab…", self.create, kind="primary", name="new").pack(
                side="right"
            )
        typed = Debounce(self.query, self.look)
        self.query.bind("<KeyRelease>", typed.poke)
        for key in ("<Down>", "<Return>"):
            self.query.bind(key, lambda _: self.table.focus_rows())

    @override
    def open(self) -> None:
        """Find anew; the search is as it was."""
        window = self.stage.root
        window.bind("<Control-f>", lambda _: self.query.focus_set())
        window.bind("<Control-n>", lambda _: self.create())
        self.find()
        self.query.focus_set()

    @override
    def close(self) -> None:
        """Leave the keys to other pages."""
        for key in ("<Control-f>", "<Control-n>"):
            self.stage.root.unbind(key)

    def look(self) -> None:
        """Find, if something else is wanted than before."""
        if self.query.get().strip() != self.found.query:
            self.find()

    def find(self, select: str = "") -> None:
        """Fetch the first page of what is wanted; `select` is the key of a row."""
        inactive = self.inactive.instate(["selected"])
        found = FoundLabs(self.stage.desk, self.query.get(), inactive=inactive)
        found.changed = self.table.refresh
        found.failed = self.failing(self.find)
        self.begin("Searching…")

        def came() -> None:
            self.end()
            self.table.show(ItemSource(found))
            if select:
                self.table.select_key(select)
            self._tell()

        self.found.cancel()
        self.found = found
        found.begin(came, self.failing(self.find))

    def _tell(self) -> None:
        total = self.found.total
        self.count.configure(text=counted(total, "lab"))
        none = "No lab is like that." if self.found.query else "There is no lab yet."
        self.table.say("" if total else none)

    def _selected(self, row: Row | None) -> None:
        self._reveal(lab=row is not None)
        if row is not None:
            self.lab.show(row.key)

    def _reveal(self, *, lab: bool) -> None:
        self.panes.reveal(right=lab)
        narrow, all_of_them = ("name", "code"), [c.name for c in self.table.columns]
        self.table.show_columns(narrow if lab else all_of_them)

    def create(self) -> None:
        """Ask for a new lab."""
        if not self.stage.desk.may("labs.manage"):
            return
        self.stage.ask(
            Question(
                "New lab",
                "The code never changes. Its administrator can add the other members.",
                fields=(
                    FieldSpec("name", "Name", required=True),
                    FieldSpec(
                        "code",
                        "Code",
                        required=True,
                        hint="2 to 20 of A to Z, 0 to 9, - and _",
                    ),
                    FieldSpec("description", "Description", "lines"),
                    FieldSpec(
                        WHO,
                        "First administrator",
                        hint="User name or mail address; may be empty",
                    ),
                ),
                confirm="Make the lab",
                command=self.labs.create_command,
            ),
            self.labs.create,
            self._created,
        )

    def _created(self, made: tuple[str, str]) -> None:
        lab_id, trouble = made
        self.find(lab_id)
        if trouble:
            self.notice.show(trouble, "warning")
        else:
            self.stage.toasts.show("The lab is there.")
