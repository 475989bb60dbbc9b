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
from gui.controllers.audit_filters import Filters, find_wanted, time_fault
from gui.controllers.problems import Problem
from gui.controllers.wording import said
from gui.views.audit_entry import EntryPane
from gui.views.audit_export import ask_export
from gui.views.lists import ItemSource
from gui.views.stage import Page, Stage
from gui.widgets.basics import Split, button, px, toggle
from gui.widgets.forms import FieldSpec, Form
from gui.widgets.rows import Column, Row
from gui.widgets.table import Table
from gui.widgets.timing import Debounce

FOLLOW_MS: Final = 1_500
LOOK_MS: Final = 500
"""After the last key: half a name is nobody's, and each look leaves an entry."""
ANY: Final = "any"


class AuditPage(Page):
    """Find entries, follow what happens, have the log verified."""

    title = "Audit log"

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.log = AuditLog(stage.desk)
        self.filters = Filters()
        self._timer = ""
        self._events = {said(event): event for event in EVENTS}
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(1, weight=1)
        self._buttons()
        self.form = Form(self.body, self._fields(), columns=5, name="filters")
        self.form.grid(row=0, column=0, sticky="ew")
        self.form.on_change(Debounce(self.form, self.look, LOOK_MS).poke)
        for name in ("event", "outcome", "severity"):
            self.form.field(name).widget.bind(
                "<<ComboboxSelected>>", lambda _: self.look()
            )
        panes = Split(self.body, 360)
        panes.grid(row=1, column=0, sticky="nsew")
        self.table = Table(
            panes.left,
            (
                Column("at", "When", 190),
                Column("event", "What", 155),
                Column("outcome", "Outcome", 95),
                Column("actor", "Who", 90),
                Column("subject", "Account", 90),
                Column("address", "From", 90),
            ),
        )
        self.table.on_select = self._selected
        self.table.grid(row=0, column=0, sticky="nsew")
        self.detail = EntryPane(panes.right)
        self.detail.grid(row=0, column=0, sticky="nsew")

    def _buttons(self) -> None:
        offered = [("Verify", self.verify, "verify"), ("Clear", self.clear, "clear")]
        if self.stage.desk.may("audit.export"):
            offered.insert(0, ("Export…", self.export, "export"))
        for text, command, name in offered:
            button(self.head, text, command, name=name).pack(
                side="right", padx=(px(self, 6), 0)
            )
        self.following = toggle(self.head, "Live", self._follow, name="follow")
        self.following.pack(side="right", padx=px(self, 10))

    def _fields(self) -> tuple[FieldSpec, ...]:
        def one_of(name: str, text: str, values: tuple[str, ...]) -> FieldSpec:
            return FieldSpec(name, text, "choice", ANY, choices=(ANY, *values))

        who = "Name, mail address or id"
        return (
            one_of("event", "What", tuple(self._events)),
            one_of("outcome", "Outcome", OUTCOMES),
            one_of("severity", "Severity", SEVERITIES),
            FieldSpec("since", "Since", hint="2026-11-21 14:30", check=time_fault),
            FieldSpec("until", "Until", hint="2026-11-21", check=time_fault),
            FieldSpec("actor", "Who did it", hint=who),
            FieldSpec("subject", "Whose account", hint=who),
            FieldSpec("address", "From the address"),
            FieldSpec("lab", "Lab", hint="Code, name or id"),
        )

    @override
    def open(self) -> None:
        """Fetch the newest entries that are wanted."""
        self.stage.root.bind("<Control-l>", lambda _: self.following.invoke())
        self.begin("Reading the log…")

        def came() -> None:
            self.end()
            self.notice.clear()
            self.table.clear_selection()
            self.table.show(ItemSource(self.log))
            self.detail.show(None)
            self.table.say("" if self.log.total else "No entry is like that.")

        self.log.changed = self.table.refresh
        self.log.failed = self.failing(self.open)
        self.log.begin(came, self.failing(self.open))
        self._follow()

    @override
    def close(self) -> None:
        """Follow no more."""
        self.stage.root.unbind("<Control-l>")
        self._stop_following()

    @override
    def destroy(self) -> None:
        """Nothing is fetched afterwards."""
        self._stop_following()
        super().destroy()

    def look(self) -> None:
        """Fetch anew, if other entries are wanted than before."""
        values = {n: "" if v == ANY else v for n, v in self.form.values().items()}
        values["event"] = self._events.get(values["event"], "")
        filters = Filters(**values)
        if filters == self.filters or not self._well_formed():
            return
        self.filters = filters
        self.begin("Reading the log…")

        def found(wanted: Wanted) -> None:
            if self.filters == filters and self.winfo_exists():
                self.log.wanted = wanted
                self.open()

        def failed(problem: Problem) -> None:
            if self.filters == filters:
                self.filters = Filters()
                self.failing(self.look, self.form)(problem)

        find_wanted(self.stage.desk, filters, found, failed)

    def _well_formed(self) -> bool:
        """Whether the times are; the focus stays where somebody is typing."""
        return not [f for f in self.form.fields.values() if f.judge()]

    def clear(self) -> None:
        """Any entry again."""
        self.form.fill({n: f.spec.value for n, f in self.form.fields.items()})
        self.look()

    def export(self) -> None:
        """Save what is found to a file, after a question."""
        ask_export(self.stage, self.log.wanted)

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
        self.detail.show(self.log.entry(row.key) if row is not None else None)

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
