"""One entry of the audit log in full: its facts, and what it changed, side by side."""

from __future__ import annotations

from typing import Any

from gui.controllers.audit import Entry
from gui.widgets.basics import Frame, ScrolledFrame, frame, label, px
from gui.widgets.notice import empty_state

_WIDE, _HALF = 310, 145


class EntryPane(Frame):
    """Shows the entry that was selected last."""

    def __init__(self, parent: Any) -> None:
        """Empty, until `show`."""
        super().__init__(parent, name="entry")
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self._scrolled = ScrolledFrame(self, reading=True)
        self._scrolled.container.grid(row=0, column=0, sticky="nsew")
        self._shown: Frame | None = None
        self.show(None)

    def show(self, entry: Entry | None) -> None:
        """Show an entry, or that none is selected."""
        if self._shown is not None:
            self._shown.destroy()
        if entry is None:
            self._shown = empty_state(
                self._scrolled,
                "No entry selected",
                "Select one to read it in full.",
                icon="journal-text",
            )
        else:
            self._shown = self._filled(entry)
        self._shown.pack(fill="both", expand=True)

    def _filled(self, entry: Entry) -> Frame:
        box, gap = frame(self._scrolled, 12), px(self, 4)
        label(box, entry.title, font="heading").pack(anchor="w", pady=(0, gap))
        if entry.changes:
            self._changes(box, entry.changes)
        for name, text in entry.facts:
            label(box, name, font="small", look="secondary").pack(anchor="w")
            label(box, text, wrap=_WIDE).pack(anchor="w", pady=(0, gap))
        return box

    def _changes(self, box: Frame, changes: tuple[tuple[str, str, str], ...]) -> None:
        gap = px(self, 4)
        table = frame(box, name="changes")
        table.pack(fill="x", pady=(gap, gap * 3))
        table.columnconfigure((0, 1), weight=1, uniform="side")
        for column, title in enumerate(("Before", "After")):
            label(table, title, font="small", look="secondary").grid(
                row=0, column=column, sticky="w"
            )
        for number, (name, before, after) in enumerate(changes):
            row = 1 + number * 2
            label(table, name, font="strong").grid(
                row=row, column=0, columnspan=2, sticky="w", pady=(gap, 0)
            )
            for column, (sign, text, look) in enumerate(
                (("-", before, "danger"), ("+", after, "success"))
            ):
                label(table, f"{sign}  {text}", wrap=_HALF, look=look).grid(
                    row=row + 1, column=column, sticky="nw", padx=(0, gap * 2)
                )
