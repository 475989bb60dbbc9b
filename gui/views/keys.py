"""API keys: for programs that act in one's name without a session."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.api_keys import ApiKeys
from gui.controllers.credentials import Item, days_fault
from gui.views.lists import ListPane
from gui.views.reader import Reader
from gui.views.stage import Page, Stage
from gui.widgets.basics import Split
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.rows import Column


class KeysPage(Page):
    """Make them, read what they may, put new ones in their place, end them."""

    title = "API keys"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.api = ApiKeys(stage.desk)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(0, weight=1)
        self.panes = Split(self.body, 300)
        self.panes.grid(row=0, column=0, sticky="nsew")
        self.list = pane = ListPane(
            self.panes.left,
            "Keys of mine",
            (
                Column("name", "Name", 160),
                Column("state", "State", 70),
                Column("scopes", "May", 200),
                Column("until", "Until", 140),
                Column("used", "Last used", 140),
            ),
            name="list",
        )
        pane.grid(row=0, column=0, sticky="nsew")
        pane.add_button(
            "End…", self._revoke, name="revoke", kind="danger", needs_row=True
        )
        pane.add_button(
            "New in its place…", self._rotate, name="rotate", needs_row=True
        )
        pane.add_button("New key…", self.create, name="new", kind="primary")
        pane.on_selected = self._selected
        self.reader = Reader(self.panes.right)
        self._selected()

    @override
    def close(self) -> None:
        """Leave the keys to other pages."""
        self.stage.root.unbind("<Control-n>")

    @override
    def open(self) -> None:
        """Fetch the list."""
        self.stage.root.bind("<Control-n>", lambda _: self.create())
        self.begin()

        def show(items: list[Item]) -> None:
            self.end()
            self.list.show(
                items,
                nothing=(
                    "No API key",
                    "A key lets a program act in your name without your password.",
                ),
            )

        self.api.load(show, self.failing(self.open))

    def _selected(self) -> None:
        chosen = self.list.selected
        self.panes.reveal(right=bool(self.list.items))
        if len(chosen) == 1:
            item = chosen[0]
            self.reader.read(item.cells[0], "", self.api.facts(item.key))
        else:
            self.reader.rest(
                "No key selected", "Select one to see what it may.", icon="key"
            )

    def create(self) -> None:
        """Ask for what a new key is to be like."""
        self.stage.ask(
            Question(
                "New API key",
                "It can do what you tick here, as far as you may do it yourself.",
                fields=(
                    FieldSpec("name", "Name", required=True),
                    FieldSpec("days", "Good for so many days", check=days_fault),
                    FieldSpec("description", "What it is for"),
                    FieldSpec(
                        "addresses",
                        "Only from these addresses",
                        hint="Addresses or networks with commas; empty: from anywhere",
                    ),
                    FieldSpec(
                        "scopes",
                        "What it may do",
                        "ticks",
                        choices=self.api.scopes,
                        required=True,
                        hint="Type to find; Space or a click ticks.",
                    ),
                ),
                columns=2,
                confirm="Make the key",
                command=self.api.create_command,
            ),
            self.api.create,
            self._made,
        )

    def _made(self, key: str) -> None:
        self.open()
        self.stage.show_secret(
            "Your new key",
            "It is shown only now. Whoever has it can use it: keep it like a password.",
            key,
            save_as="ums-api-key.txt",
        )

    def _rotate(self) -> None:
        item = self.list.selected[0]
        self.stage.ask(
            Question(
                f"A new key in the place of {item.cells[0]}",
                "",
                (
                    "The old key ends now: programs that have it are refused.",
                    "Name, rights and addresses stay, and so does how long it is good.",
                ),
                confirm="Make the new key",
                command=lambda _: self.api.rotate_command(item.key),
            ),
            lambda _, done, failed: self.api.rotate(item.key, done, failed),
            self._made,
        )

    def _revoke(self) -> None:
        item = self.list.selected[0]
        self.stage.ask(
            Question(
                f"End the key {item.cells[0]}",
                "",
                ("Programs that use it are refused from now on. It cannot be undone.",),
                confirm="End the key",
                danger=True,
                command=lambda _: self.api.revoke_command(item.key),
            ),
            lambda _, done, failed: self.api.revoke(item.key, done, failed),
            lambda _: self.open(),
        )
