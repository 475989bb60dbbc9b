"""Roles: found as one types, in a table; one of them in full beside it."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.roles import FoundRoles, Roles
from gui.controllers.wording import counted
from gui.views.lists import ItemSource
from gui.views.role_pane import RolePane
from gui.views.stage import Page, Stage
from gui.widgets.basics import Split, button, entry, frame, label, px
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.table import Column, Row, Table
from gui.widgets.timing import Debounce


class RolesPage(Page):
    """Search, select; make a role."""

    title = "Roles"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.roles = Roles(stage.desk)
        self.found = FoundRoles(stage.desk)
        self.role: RolePane
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(1, weight=1)
        self._bar()
        self.panes = Split(self.body, 560)
        self.panes.grid(row=1, column=0, sticky="nsew")
        left = self.panes.left
        self.table = Table(
            left,
            (
                Column("name", "Name", 150),
                Column("description", "Description", 280),
                Column("kind", "Kind", 80),
                Column("state", "State", 70),
            ),
        )
        self.table.grid(row=0, column=0, sticky="nsew")
        self.table.on_select = self._selected
        self.table.on_open = lambda _: self.role.focus()
        self.count = label(left, font="small", look="secondary", name="count")
        self.count.grid(row=1, column=0, sticky="w", pady=px(self, 4))
        self.role = RolePane(self.panes.right, stage, self.roles, self.find)
        self.role.grid(row=0, column=0, sticky="nsew")
        self._reveal(role=False)

    def _bar(self) -> None:
        bar, gap = frame(self.body, name="bar"), px(self, 8)
        bar.grid(row=0, column=0, sticky="ew", pady=(0, gap))
        label(bar, "Search").pack(side="left")
        self.query = entry(bar, name="query", width=28)
        self.query.pack(side="left", padx=gap)
        button(bar, "New role…", self.create, kind="primary", name="new").pack(
            side="right"
        )
        self.query.bind("<KeyRelease>", Debounce(self.query, self.look).poke)
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
        """Fetch the first page of what is wanted; `select` is the name of a role."""
        found = FoundRoles(self.stage.desk, self.query.get())
        found.changed = self.table.refresh
        found.failed = self.failing(self.find)
        self.begin("Searching…")

        def came() -> None:
            self.end()
            self.table.show(ItemSource(found))
            if select:
                self.table.select_key(select)
            self.count.configure(text=counted(found.total, "role"))
            self.table.say("" if found.total else "No role is like that.")

        self.found.cancel()
        self.found = found
        found.begin(came, self.failing(self.find))

    def _selected(self, row: Row | None) -> None:
        self._reveal(role=row is not None)
        if row is not None:
            self.role.show(row.key)

    def _reveal(self, *, role: bool) -> None:
        self.panes.reveal(right=role)
        narrow, all_of_them = ("name", "kind"), [c.name for c in self.table.columns]
        self.table.show_columns(narrow if role else all_of_them)

    def create(self) -> None:
        """Ask for a new role."""
        self.stage.ask(
            Question(
                "New role",
                "What it allows is set afterwards, or taken over from another role.",
                fields=(
                    FieldSpec(
                        "name", "Name", required=True, hint="a to z, 0 to 9, _ . and -"
                    ),
                    FieldSpec("description", "Description"),
                    FieldSpec("like", "Begin like this role or template"),
                    FieldSpec(
                        "parent", "Below this role", hint="It inherits from there"
                    ),
                ),
                confirm="Make the role",
                command=self.roles.save_command,
            ),
            self.roles.save,
            self._created,
        )

    def _created(self, name: str) -> None:
        self.stage.toasts.show(f"{name} is there.")
        self.find(name)
