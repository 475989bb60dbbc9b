"""Attributes of labs: which there are, which roles have them, who was given one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from gui.controllers.attributes import CATEGORIES, Attributes
from gui.controllers.credentials import Item
from gui.views.attribute_grants import GrantsPane
from gui.views.attribute_roles import RolesPane
from gui.views.lists import ListPane
from gui.views.stage import Page, Stage
from gui.widgets.basics import Notebook, frame
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column


class AttributesPage(Page):
    """Three lists, each with what can be done."""

    title = "Attributes"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.attributes = Attributes(stage.desk)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(0, weight=1)
        self.tabs = Notebook(self.body, name="tabs")
        self.tabs.grid(row=0, column=0, sticky="nsew")
        self.list = self._definitions(self._tab("Definitions"))
        self.roles = RolesPane(
            self._tab("Roles of labs"), self, self.attributes, lambda: self.names
        )
        self.roles.grid(row=0, column=0, sticky="nsew")
        self.grants = GrantsPane(
            self._tab("Given to members"), self, self.attributes, lambda: self.names
        )
        self.grants.grid(row=0, column=0, sticky="nsew")
        self.tabs.bind("<<NotebookTabChanged>>", lambda _: self.open())

    @property
    def names(self) -> list[str]:
        """The attributes that count, as far as they have come."""
        return [name for name, one in self.list.items.items() if one.mark != "muted"]

    def _tab(self, text: str) -> Any:
        tab = frame(self.tabs, 10)
        tab.columnconfigure(0, weight=1)
        tab.rowconfigure(0, weight=1)
        self.tabs.add(tab, text=text)
        return tab

    def _definitions(self, tab: Any) -> ListPane:
        made = ListPane(
            tab,
            "What programs of labs ask for",
            (
                Column("name", "Name", 190),
                Column("category", "Category", 80),
                Column("title", "Title", 170),
                Column("description", "Description", 260),
                Column("state", "State", 120),
                Column("from", "From", 100),
            ),
            name="definitions",
        )
        made.grid(row=0, column=0, sticky="nsew")
        made.add_button(
            "Delete…", self.delete, name="delete", kind="danger", needs_row=True
        )
        made.add_button("Edit…", self.edit, name="edit", needs_row=True)
        made.add_button("New attribute…", self.create, name="new", kind="primary")
        made.table.on_open = lambda _: self.edit()
        return made

    @override
    def open(self) -> None:
        """Fetch what the tab in front shows."""
        number = self.tabs.index("current")
        new = (self.create, self.roles.set, self.grants.give_button.invoke)[number]
        self.stage.root.bind("<Control-n>", lambda _: new())
        (self._fetch, self.roles.fetch, self.grants.fetch)[number]()

    @override
    def close(self) -> None:
        """Leave the keys to other pages."""
        self.stage.root.unbind("<Control-n>")

    def _fetch(self) -> None:
        self.begin()
        self.attributes.definitions(self._came, self.failing(self.open))

    def _came(self, items: Sequence[Item]) -> None:
        self.end()
        self.list.show(items, nothing=("No attribute", "Make the first one."))

    def done(self, text: str) -> None:
        """Something was changed: say so, and fetch again."""
        self.stage.toasts.show(text)
        self.open()

    # --- definitions

    def create(self) -> None:
        """Ask for a new one."""
        self._ask_for(None)

    def edit(self) -> None:
        """Ask how the one that is selected should be."""
        self._ask_for(self.list.selected[0])

    def _ask_for(self, item: Item | None) -> None:
        name, category, title, about, state, _ = item.cells if item else ("",) * 6
        active = state == "active" or item is None
        self.stage.ask(
            Question(
                f"Edit {name}" if item else "New attribute",
                "",
                (
                    (
                        "One that is not active counts for nothing; what was granted of it "
                        "counts again when it is active."
                    ),
                ),
                (
                    FieldSpec(
                        "name",
                        "Name",
                        "fixed" if item else "text",
                        name,
                        hint="For example lab.freezer.open",
                        required=True,
                    ),
                    FieldSpec(
                        "category",
                        "Category",
                        "choice",
                        category,
                        choices=("", *CATEGORIES),
                        hint="Empty: what the name begins with",
                    ),
                    FieldSpec("display_name", "Title", value=title),
                    FieldSpec("description", "Description", "lines", about),
                    FieldSpec("active", "It counts", "check", "yes" if active else ""),
                ),
                confirm="Save",
                command=self.attributes.save_command,
            ),
            self.attributes.save,
            lambda reply: self.done(f"{reply.attribute.name} is saved."),
        )

    def delete(self) -> None:
        """Delete what is selected, after a question."""
        item = self.list.selected[0]
        name = item.key
        self.stage.ask(
            Question(
                f"Delete {name}",
                "",
                (
                    "Whoever has it, by a role or a grant, has it no longer, in all labs.",
                    (
                        "It cannot be undone: an attribute of that name that is made later "
                        "is another one. Edit it to have it count for nothing instead."
                    ),
                ),
                confirm="Delete the attribute",
                danger=True,
                command=lambda _: self.attributes.delete_command(name),
            ),
            lambda _, done, failed: self.attributes.delete(name, done, failed),
            lambda _: self.done(f"{name} is deleted."),
        )
