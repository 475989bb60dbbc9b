"""The security dashboard: numbers, sign-ins over time, who failed, who is shut out."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import override

from gui.controllers.dashboard import WINDOWS, Card, Dashboard, Picture
from gui.views.lists import ListPane
from gui.views.stage import Page, Stage
from gui.widgets.basics import button, choice, frame, px, toggle
from gui.widgets.cards import card
from gui.widgets.chart import Bar, BarChart, Series
from gui.widgets.rows import Column

REFRESH_MS: Final = 15_000
"""Each look leaves two entries in the audit log, so not much more often."""


class DashboardPage(Page):
    """Refreshes itself while it is in front."""

    title = "Security"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.dashboard = Dashboard(stage.desk)
        self.picture: Picture | None = None
        self._timer = ""
        self._bar()
        body, gap = self.body, px(self, 14)
        body.columnconfigure((0, 1), weight=1, uniform="half")
        body.rowconfigure(1, weight=3)
        body.rowconfigure(2, weight=2)
        self.cards = frame(body, name="cards")
        self.cards.grid(row=0, column=0, columnspan=2, sticky="ew", pady=(0, gap))
        self.chart = BarChart(
            body,
            (Series("signed in", "success"), Series("failed", "danger")),
            height=220,
            name="chart",
        )
        self.chart.grid(row=1, column=0, columnspan=2, sticky="nsew", pady=(0, gap))
        self.addresses = self._list(
            "Failed by address",
            (
                Column("address", "Address", 150),
                Column("failed", "Failed", 60),
                Column("accounts", "Accounts", 70),
                Column("last", "Last", 130),
            ),
            "addresses",
        )
        self.addresses.grid(row=2, column=0, sticky="nsew", padx=(0, gap))
        self.alarms = self._list(
            "Lockouts and alarms",
            (
                Column("at", "When", 130),
                Column("event", "What", 140),
                Column("subject", "Account", 90),
                Column("address", "From", 90),
            ),
            "alarms",
        )
        self.alarms.grid(row=2, column=1, sticky="nsew")

    def _bar(self) -> None:
        gap = px(self, 8)
        button(
            self.head, "Refresh", self.fetch, icon="arrow-clockwise", name="refresh"
        ).pack(side="right")
        self.live = toggle(self.head, "Live", self._wait, name="live")
        self.live.state(["selected"])
        self.live.pack(side="right", padx=gap)
        titles = [window.title for window in WINDOWS]
        self.time = choice(self.head, titles, name="time", width=14)
        self.time.set(self.dashboard.window.title)
        self.time.pack(side="right", padx=gap)
        self.time.bind("<<ComboboxSelected>>", lambda _: self._look_back())

    def _list(self, title: str, columns: tuple[Column, ...], name: str) -> ListPane:
        return ListPane(self.body, title, columns, name=name)

    @override
    def open(self) -> None:
        """Count, and again every now and then."""
        self.begin("Counting…")
        self.fetch()

    @override
    def close(self) -> None:
        """Nothing is fetched while another page is in front."""
        self._stop()
        self.dashboard.cancel()

    @override
    def destroy(self) -> None:
        """Nothing is fetched afterwards."""
        self.close()
        super().destroy()

    def fetch(self) -> None:
        """Count anew; what is shown stays until that has come."""
        self._stop()
        self.dashboard.refresh(self._came, self.failing(self.open))

    def _came(self, picture: Picture) -> None:
        self.end()
        self.notice.clear()
        self.picture = picture
        if picture.note:
            self.notice.show(picture.note, "warning")
        self._show_cards(picture.cards)
        self.chart.show([Bar(p.begin, (p.good, p.failed)) for p in picture.parts])
        nothing = f"in the {self.dashboard.window.title}"
        self.addresses.show(
            picture.addresses,
            nothing=("Nobody failed", f"No failed sign-in {nothing}."),
        )
        self.alarms.show(
            picture.alarms, nothing=("All quiet", f"Nobody was locked out {nothing}.")
        )
        self._wait()

    def _show_cards(self, cards: tuple[Card, ...]) -> None:
        for child in self.cards.winfo_children():
            child.destroy()
        for column, c in enumerate(cards):
            self.cards.columnconfigure(column, weight=1, uniform="card")
            card(self.cards, c.title, c.number, c.note, look=c.tone).grid(
                row=0, column=column, sticky="nsew", padx=(0, px(self, 8))
            )

    # --- again

    def _look_back(self) -> None:
        found = [w for w in WINDOWS if w.title == self.time.get()]
        self.dashboard.look_back(found[0])
        self.open()

    def _wait(self) -> None:
        self._stop()
        if self.live.instate(["selected"]):
            self._timer = self.after(REFRESH_MS, self.fetch)

    def _stop(self) -> None:
        if self._timer:
            self.after_cancel(self._timer)
            self._timer = ""
