"""API keys: for programs that act in one's name without a session."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.credentials import SCOPES, Credentials, days_fault
from gui.views.lists import ListPane
from gui.views.stage import Page, Stage
from gui.widgets.dialogs import Question
from gui.widgets.forms import FieldSpec
from gui.widgets.table import Column


class KeysPage(Page):
    """Make them, list them, end them."""

    title = "API keys"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.credentials = Credentials(stage.desk)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(0, weight=1)
        self.list = ListPane(
            self.body,
            "Keys of mine",
            (
                Column("name", "Name", 180),
                Column("state", "State", 90),
                Column("scopes", "May", 260),
                Column("until", "Until", 150),
                Column("used", "Last used", 150),
            ),
            name="keys",
        )
        self.list.grid(row=0, column=0, sticky="nsew")
        self.list.add_button(
            "End…", self._revoke, name="revoke", kind="danger", needs_row=True
        )
        self.list.add_button("New key…", self.create, name="new", kind="primary")

    @override
    def open(self) -> None:
        """Fetch the list."""
        self.begin()

        def show(items: Any) -> None:
            self.end()
            self.list.show(
                items,
                nothing=(
                    "No API key",
                    "A key lets a program act in your name without your password.",
                ),
            )

        self.credentials.keys(show, self.failing(self.open))

    def create(self) -> None:
        """Ask for what a new key is to be like."""
        self.stage.ask(
            Question(
                "New API key",
                "It can do what you choose here, as far as you may do it yourself.",
                fields=(
                    FieldSpec("name", "Name", required=True),
                    FieldSpec("description", "What it is for"),
                    FieldSpec(
                        "scopes",
                        "What it may do",
                        value="users.read",
                        required=True,
                        hint="Names with commas, of: " + ", ".join(SCOPES[:8]) + "…",
                    ),
                    FieldSpec("days", "Good for so many days", check=days_fault),
                    FieldSpec(
                        "addresses",
                        "Only from these addresses",
                        hint="Addresses or networks with commas; empty: from anywhere",
                    ),
                ),
                confirm="Make the key",
                command=self.credentials.create_key_command,
            ),
            self.credentials.create_key,
            self._created,
        )

    def _created(self, key: str) -> None:
        self.open()
        self.stage.show_secret(
            "Your new key",
            "It is shown only now. Whoever has it can use it: keep it like a password.",
            key,
            save_as="ums-api-key.txt",
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
                command=lambda _: self.credentials.revoke_key_command(item.key),
            ),
            lambda _, done, failed: self.credentials.revoke_key(item.key, done, failed),
            lambda _: self.open(),
        )
