"""How the service is: its parts, what it measures, mail that is not sent, backups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from gui.controllers.credentials import Item
from gui.controllers.health import Health, ask_health, ask_measurements
from gui.controllers.mail import Outbox, Upkeep
from gui.views.copies import ask_backup, ask_compact
from gui.views.lists import ListPane
from gui.views.stage import Page, Stage
from gui.widgets.basics import Notebook, button, entry, frame, label, px
from gui.widgets.dialogs import Question
from gui.widgets.notice import Notice
from gui.widgets.rows import Column

FACTS_IN_ROW = 4


class UpkeepPage(Page):
    """Health above; mail, parts and measurements below."""

    title = "Service and mail"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.upkeep = Upkeep(stage.desk)
        gap = px(self, 10)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(2, weight=1)
        for text, command, icon, name in (
            ("Refresh", self.open, "arrow-clockwise", "refresh"),
            ("Compact…", self.compact, "", "compact"),
            ("Back up…", self.back_up, "", "backup"),
        ):
            made = button(self.head, text, command, icon=icon, name=name)
            made.pack(side="right", padx=(px(self, 6), 0))
        self.verdict = Notice(self.body, wrap=760)
        self.verdict.grid(row=0, column=0, sticky="ew", pady=(0, gap))
        self.facts = frame(self.body, name="facts")
        self.facts.grid(row=1, column=0, sticky="ew", pady=(0, gap))
        self.tabs = Notebook(self.body, name="tabs")
        self.tabs.grid(row=2, column=0, sticky="nsew")
        self._mail(self._tab("Mail"))
        self._parts(self._tab("Parts of the service"))
        self._measurements(self._tab("Measurements"))
        self.tabs.bind("<<NotebookTabChanged>>", lambda _: self._measure())

    def _tab(self, text: str) -> Any:
        tab = frame(self.tabs, 10)
        tab.columnconfigure(0, weight=1)
        tab.rowconfigure(0, weight=1)
        self.tabs.add(tab, text=text)
        return tab

    def _parts(self, tab: Any) -> None:
        self.parts = ListPane(
            tab,
            "Parts of the service",
            (
                Column("name", "Part", 150),
                Column("state", "State", 90),
                Column("text", "How it is", 600),
            ),
            name="parts",
        )
        self.parts.grid(row=0, column=0, sticky="nsew")

    def _measurements(self, tab: Any) -> None:
        self.measured: Sequence[Item] = ()
        self.measurements = ListPane(
            tab,
            "What it measures, since its start",
            (
                Column("name", "Name", 260),
                Column("labels", "Of", 290),
                Column("value", "Value", 90),
                Column("help", "What it is", 300),
            ),
            name="measured",
        )
        self.measurements.grid(row=0, column=0, sticky="nsew")
        self.query = entry(self.measurements.bar, name="query", width=28)
        self.measurements.bar.add(self.query)
        self.measurements.bar.add(label(self.measurements.bar, "Search"))
        self.query.bind("<KeyRelease>", lambda _: self._show_measured())

    def _mail(self, tab: Any) -> None:
        self.count = label(tab, look="secondary", font="small", name="count")
        self.count.grid(row=1, column=0, sticky="w")
        self.list = ListPane(
            tab,
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
        self.list.grid(row=0, column=0, sticky="nsew")
        self.list.add_button(
            "Drop…", self.drop, name="drop", kind="danger", needs_row=True
        )
        self.list.add_button("Try again", self.retry, name="retry", needs_row=True)
        self.list.add_button("Send a test to me", self.test, name="test")

    @override
    def open(self) -> None:
        """Fetch health and mail, and what the tab in front needs beside that."""
        self.begin()
        ask_health(self.stage.desk, self._healthy, self.failing(self.open))
        self._measure()

    def _healthy(self, health: Health) -> None:
        tone: Any = "success" if health.well else "danger"
        self.verdict.show(
            health.text, "warning" if health.state == "degraded" else tone
        )
        for child in self.facts.winfo_children():
            child.destroy()
        for number, (name, text) in enumerate(health.facts):
            row, column = divmod(number, FACTS_IN_ROW)
            place: Any = {"column": column, "sticky": "w", "padx": (0, px(self, 30))}
            label(self.facts, name, font="small", look="secondary").grid(
                row=row * 2, **place
            )
            label(self.facts, text, wrap=200).grid(row=row * 2 + 1, **place)
        self.parts.show(
            health.parts,
            nothing=("Not told", "Parts are shown to those with system.read."),
        )
        self.upkeep.mails(self._came, self.failing(self.open))

    def _measure(self) -> None:
        """Count anew, while the measurements are in front."""
        if self.tabs.index("current") == self.tabs.index("end") - 1:
            ask_measurements(self.stage.desk, self._counted, self.failing(self.open))

    def _counted(self, items: Sequence[Item]) -> None:
        self.measured = items
        self._show_measured()

    def _show_measured(self) -> None:
        wanted = self.query.get().strip().casefold()
        found = [i for i in self.measured if wanted in " ".join(i.cells).casefold()]
        self.measurements.show(found, nothing=("Nothing", "Nothing here is like that."))

    def back_up(self) -> None:
        """Have a backup made, after a question."""
        ask_backup(self.stage)

    def compact(self) -> None:
        """Have the journals written into a new base, after a question."""
        ask_compact(self.stage, self.open)

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
