"""One thing in full, beside the list that it was chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gui.widgets.basics import Frame, ScrolledFrame, frame, label, px
from gui.widgets.notice import empty_state

WRAP = 275


class Reader(ScrolledFrame):
    """A title, what it says, and facts with names; or a word about nothing."""

    def __init__(self, parent: Any) -> None:
        """Blank. It fills the pane that it is made in."""
        super().__init__(parent, reading=True)
        self.container.grid(row=0, column=0, sticky="nsew")
        self._shown: Frame | None = None

    def read(self, title: str, text: str, facts: Sequence[tuple[str, str]]) -> None:
        """Show one."""
        box, gap = frame(self, 12), px(self, 4)
        label(box, title, font="heading", wrap=WRAP).pack(anchor="w", pady=(0, gap))
        if text:
            label(box, text, wrap=WRAP).pack(anchor="w", pady=(0, gap * 3))
        for name, fact in facts:
            label(box, name, font="small", look="secondary").pack(anchor="w")
            label(box, fact, wrap=WRAP).pack(anchor="w", pady=(0, gap))
        self._replace(box)

    def rest(self, title: str, text: str, *, icon: str) -> None:
        """Show that nothing is chosen."""
        self._replace(empty_state(self, title, text, icon=icon))

    def _replace(self, box: Frame) -> None:
        if self._shown is not None:
            self._shown.destroy()
        self._shown = box
        box.pack(fill="both", expand=True)
