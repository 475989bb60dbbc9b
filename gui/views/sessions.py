"""Sessions and devices of whoever is signed in."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.credentials import Credentials
from gui.controllers.wording import counted
from gui.views.lists import ListPane
from gui.views.stage import Page, Stage
from gui.widgets.basics import px
from gui.widgets.dialogs import Question
from gui.widgets.rows import Column

SESSION_COLUMNS = (
    Column("program", "Program", 200),
    Column("address", "Address", 130),
    Column("since", "Since", 150),
    Column("used", "Last used", 150),
    Column("until", "Until", 150),
    Column("current", "", 80),
)


class SessionsPage(Page):
    """See where one is signed in, and end what should not be."""

    title = "Sessions and devices"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.credentials = Credentials(stage.desk)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure((0, 1), weight=1)
        self.sessions = ListPane(
            self.body, "Signed in here", SESSION_COLUMNS, name="sessions"
        )
        self.sessions.grid(row=0, column=0, sticky="nsew")
        self.sessions.add_button(
            "End all others…", self._end_others, name="others", kind="danger"
        )
        self.sessions.add_button(
            "End…", self._end, name="end", kind="danger", needs_row=True
        )
        self.devices = ListPane(
            self.body,
            "Known devices",
            (
                Column("label", "Device", 200),
                Column("address", "Address", 130),
                Column("used", "Last used", 150),
                Column("until", "Known until", 150),
            ),
            name="devices",
        )
        self.devices.grid(row=1, column=0, sticky="nsew", pady=(px(self, 20), 0))
        self.devices.add_button(
            "Forget…", self._forget, name="forget", kind="danger", needs_row=True
        )

    @override
    def open(self) -> None:
        """Fetch both lists."""
        self.begin()
        failed = self.failing(self.open)

        def sessions(items: Any) -> None:
            self.end()
            self.sessions.show(items, nothing=("No session", "This cannot be."))

        self.credentials.sessions(sessions, failed)
        self.credentials.devices(
            lambda items: self.devices.show(
                items,
                nothing=(
                    "No known device",
                    "Have this computer remembered when you sign in.",
                ),
            ),
            failed,
        )

    def _end(self) -> None:
        chosen = self.sessions.selected
        own = any(item.mark == "current" for item in chosen)
        lines = [f"{counted(len(chosen), 'session')} of yours end at once."]
        if own:
            lines.append("One of them is this one: you have to sign in again.")
        self.stage.ask(
            Question(
                "End sessions",
                "",
                lines,
                confirm="End",
                danger=True,
                command=lambda _: "\n".join(
                    self.credentials.revoke_command(item.key) for item in chosen
                ),
            ),
            lambda _, done, failed: self.credentials.revoke_sessions(
                [item.key for item in chosen], done, failed
            ),
            self._ended,
        )

    def _end_others(self) -> None:
        others = sum(item.mark != "current" for item in self.sessions.items.values())
        self.stage.ask(
            Question(
                "End all other sessions",
                "",
                (f"{counted(others, 'session')} end at once. This one goes on.",),
                confirm="End all others",
                danger=True,
                command=lambda _: self.credentials.revoke_others_command(),
            ),
            lambda _, done, failed: self.credentials.revoke_others(done, failed),
            self._ended,
        )

    def _ended(self, count: int) -> None:
        self.stage.toasts.show(f"Ended: {counted(count, 'session')}.")
        self.open()

    def _forget(self) -> None:
        item = self.devices.selected[0]
        self.stage.ask(
            Question(
                f"Forget {item.cells[0]}",
                "",
                ("Failures of others can shut this device out, too, from now on.",),
                confirm="Forget",
                danger=True,
                command=lambda _: self.credentials.forget_command(item.key),
            ),
            lambda _, done, failed: self.credentials.forget_device(
                item.key, done, failed
            ),
            lambda _: self.open(),
        )
