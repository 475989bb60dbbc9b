"""The audit log: filters, entries, one of them in full, live."""

from __future__ import annotations

from typing import Any, Final

from typing_extensions import override

from gui.controllers.audit import (
    EVENTS,
    OUTCOMES,
    SEVERITIES,
    AuditLog,
    Verdict,
    Wanted,
)
from gui.controllers.problems import Problem
from gui.controllers.wording import said
from gui.views.lists import ItemSource
from gui.views.stage import Page, Stage
from gui.widgets.basics import (
    Frame,
    ScrolledFrame,
    Split,
    button,
    choice,
    entry,
    frame,
    label,
    px,
    toggle,
)
from gui.widgets.notice import empty_state
from gui.widgets.table import Column, Row, Table
from gui.widgets.timing import Debounce

FOLLOW_MS: Final = 1_500
ANY: Final = "any"


class AuditPage(Page):
    """Find entries, follow what happens, have the log verified."""

    title = "Audit log"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.log = AuditLog(stage.desk)
        self._timer = ""
        self._events = {said(event): event for event in EVENTS}
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(1, weight=1)
        self._bar()
        panes = Split(self.body, 340)
        panes.grid(row=1, column=0, sticky="nsew")
        self.table = Table(
            panes.left,
            (
                Column("at", "When", 200),
                Column("event", "What", 160),
                Column("outcome", "Outcome", 95),
                Column("actor", "Who", 110),
                Column("subject", "Account", 100),
                Column("address", "From", 100),
            ),
        )
        self.table.on_select = self._selected
        self.table.grid(row=0, column=0, sticky="nsew")
        self.detail = ScrolledFrame(panes.right, auto_hide=True)
        self.detail.container.grid(row=0, column=0, sticky="nsew")
        self._shown: Frame | None = None
        self._show_nothing()

    def _bar(self) -> None:
        bar, gap = frame(self.body, name="bar"), px(self, 6)
        bar.grid(row=0, column=0, sticky="ew", pady=(0, px(self, 8)))
        self.event = self._filter(bar, "What", (ANY, *self._events), "event", 22)
        self.outcome = self._filter(bar, "Outcome", (ANY, *OUTCOMES), "outcome", 10)
        self.severity = self._filter(bar, "Severity", (ANY, *SEVERITIES), "severity", 9)
        label(bar, "Since").pack(side="left", padx=(gap, gap))
        self.since = entry(bar, name="since", width=11)
        self.since.pack(side="left")
        self.since.bind("<KeyRelease>", Debounce(self.since, self.look).poke)
        button(bar, "Verify", self.verify, name="verify").pack(side="right")
        self.following = toggle(bar, "Live", self._follow, name="follow")
        self.following.pack(side="right", padx=gap)

    def _filter(
        self, bar: Any, text: str, values: tuple[str, ...], name: str, width: int
    ) -> Any:
        label(bar, text).pack(side="left", padx=(0, px(self, 6)))
        made = choice(bar, values, name=name, width=width)
        made.pack(side="left", padx=(0, px(self, 10)))
        made.bind("<<ComboboxSelected>>", lambda _: self.look())
        return made

    @override
    def open(self) -> None:
        """Fetch the newest entries that are wanted."""
        self.begin("Reading the log…")

        def came() -> None:
            self.end()
            self.notice.clear()
            self.table.clear_selection()
            self.table.show(ItemSource(self.log))
            self._show_nothing()
            self.table.say("" if self.log.total else "No entry is like that.")

        self.log.changed = self.table.refresh
        self.log.failed = self.failing(self.open)
        self.log.begin(came, self.failing(self.open))
        self._follow()

    @override
    def close(self) -> None:
        """Follow no more."""
        self._stop_following()

    @override
    def destroy(self) -> None:
        """Nothing is fetched afterwards."""
        self._stop_following()
        super().destroy()

    def look(self) -> None:
        """Fetch anew, if other entries are wanted than before."""

        def given(box: Any) -> str:
            text = str(box.get())
            return "" if text == ANY else text

        wanted = Wanted(
            event=self._events.get(given(self.event), ""),
            outcome=given(self.outcome),
            severity=given(self.severity),
            since=self.since.get(),
        )
        if wanted != self.log.wanted:
            self.log.wanted = wanted
            self.open()

    # --- live

    def _follow(self) -> None:
        self._stop_following()
        if self.following.instate(["selected"]):
            self._timer = self.after(FOLLOW_MS, self._look_for_newer)

    def _stop_following(self) -> None:
        if self._timer:
            self.after_cancel(self._timer)
            self._timer = ""

    def _look_for_newer(self) -> None:
        self._timer = self.after(FOLLOW_MS, self._look_for_newer)

        def came(count: int) -> None:
            if self.table.top:  # whoever has scrolled down stays where they are
                self.table.top += count
            self.table.say("")
            self.table.refresh()

        self.log.look_for_newer(came, self.failing(self.open))

    # --- one entry

    def _selected(self, row: Row | None) -> None:
        found = self.log.entry(row.key) if row is not None else None
        if found is None:
            self._show_nothing()
            return
        box, gap = frame(self.detail, 12), px(self, 4)
        label(box, found.title, font="heading").pack(anchor="w", pady=(0, gap))
        for name, text in found.facts:
            label(box, name, font="small", look="secondary").pack(anchor="w")
            label(box, text, wrap=275).pack(anchor="w", pady=(0, gap))
        if found.changes:
            label(box, "Changes", font="heading").pack(anchor="w", pady=(gap * 2, gap))
        for name, before, after in found.changes:
            label(box, name, font="strong").pack(anchor="w")
            label(box, f"before:  {before}", wrap=275, look="danger").pack(anchor="w")
            label(box, f"after:  {after}", wrap=275, look="success").pack(
                anchor="w", pady=(0, gap)
            )
        self._replace(box)

    def _show_nothing(self) -> None:
        self._replace(
            empty_state(
                self.detail,
                "No entry selected",
                "Select one to read it in full.",
                icon="journal-text",
            )
        )

    def _replace(self, box: Frame) -> None:
        if self._shown is not None:
            self._shown.destroy()
        self._shown = box
        box.pack(fill="both", expand=True)

    def verify(self) -> None:
        """Have the chain of the whole log followed."""
        self.begin("Reading the whole log…")

        def told(verdict: Verdict) -> None:
            self.end()
            tone: Any = "success" if verdict.intact else "danger"
            self.notice.show(verdict.text, tone)

        def failed(problem: Problem) -> None:
            self.failing(self.verify)(problem)

        self.log.verify(told, failed)
