"""Mail that is not sent yet, and how the service is."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from gui.controllers.mail import Health, Outbox, Upkeep
from gui.views.lists import ListPane
from gui.views.stage import Page, Stage
from gui.widgets.basics import button, frame, label, px
from gui.widgets.dialogs import Question
from gui.widgets.notice import Notice
from gui.widgets.table import Column


class UpkeepPage(Page):
    """Health above, the outbox below."""

    title = "Service and mail"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.upkeep = Upkeep(stage.desk)
        gap = px(self, 10)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(3, weight=1)
        button(
            self.head, "Refresh", self.open, icon="arrow-clockwise", name="refresh"
        ).pack(side="right")
        self.verdict = Notice(self.body, wrap=760)
        self.verdict.grid(row=0, column=0, sticky="ew", pady=(0, gap))
        self.facts = frame(self.body, name="facts")
        self.facts.grid(row=1, column=0, sticky="ew", pady=(0, gap * 2))
        self.count = label(self.body, look="secondary", font="small", name="count")
        self.count.grid(row=4, column=0, sticky="w")
        self.list = ListPane(
            self.body,
            "Mail that is not sent",
            (
                Column("to", "To", 170),
                Column("template", "What", 130),
                Column("state", "State", 75),
                Column("attempts", "Tries", 50),
                Column("queued", "Since", 130),
                Column("next", "Next try", 130),
                Column("error", "Last error", 240),
            ),
            name="mails",
        )
        self.list.grid(row=3, column=0, sticky="nsew")
        self.list.add_button(
            "Drop…", self.drop, name="drop", kind="danger", needs_row=True
        )
        self.list.add_button("Try again", self.retry, name="retry", needs_row=True)
        self.list.add_button("Send a test to me", self.test, name="test")

    @override
    def open(self) -> None:
        """Fetch both."""
        self.begin()
        self.upkeep.health(self._healthy, self.failing(self.open))

    def _healthy(self, health: Health) -> None:
        self.verdict.show(health.text, "success" if health.well else "danger")
        for child in self.facts.winfo_children():
            child.destroy()
        for column, (name, text) in enumerate(health.facts):
            label(self.facts, name, font="small", look="secondary").grid(
                row=0, column=column, sticky="w", padx=(0, px(self, 30))
            )
            label(self.facts, text, wrap=260).grid(
                row=1, column=column, sticky="w", padx=(0, px(self, 30))
            )
        self.upkeep.mails(self._came, self.failing(self.open))

    def _came(self, outbox: Outbox) -> None:
        self.end()
        self.count.configure(text=outbox.text)
        self.list.show(
            outbox.items,
            nothing=("Nothing waits", "Every mail was sent, or none made."),
        )

    def retry(self) -> None:
        """Try what is selected again at once."""
        item = self.list.selected[0]

        def done(_: Any) -> None:
            self.stage.toasts.show(f"The mail to {item.cells[0]} is tried again.")
            self.open()

        self.begin()
        self.upkeep.retry(item.key, done, self.failing(self.retry))

    def test(self) -> None:
        """Send a test to whoever is signed in."""

        def done(address: str) -> None:
            self.stage.toasts.show(f"A test to {address} is on its way.")
            self.open()

        self.begin()
        self.upkeep.test(done, self.failing(self.test))

    def drop(self) -> None:
        """Forget what is selected, after a question."""
        item = self.list.selected[0]
        self.stage.ask(
            Question(
                f"Drop the mail to {item.cells[0]}",
                "",
                (
                    f"“{item.cells[1]}” will not be sent, and is gone.",
                    "It cannot be undone; the person may have to ask again.",
                ),
                confirm="Drop the mail",
                danger=True,
                command=lambda _: self.upkeep.drop_command(item.key),
            ),
            lambda _, done, failed: self.upkeep.drop(item.key, done, failed),
            lambda _: self.open(),
        )
