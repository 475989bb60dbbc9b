"""What is cut off in a cell is shown in full while the pointer rests on it."""

from __future__ import annotations

from typing import Any

import ttkbootstrap as ttk

from gui.widgets.basics import px, root_of


class FullText(ttk.Label):
    """The text of the cell under the pointer, below its row or above it."""

    def __init__(self, tree: Any) -> None:
        """Not to be seen, until the pointer is on a cell that is too narrow."""
        super().__init__(
            tree,
            bootstyle="@dark",
            foreground="#ffffff",
            padding=px(tree, 6),
            name="full",
        )
        self._tree = tree
        tree.bind("<Motion>", self._pointed)
        tree.bind("<Leave>", lambda _: self.place_forget())

    def _pointed(self, event: Any) -> None:
        tree = self._tree
        column, item = tree.identify_column(event.x), ""
        if tree.identify_region(event.x, event.y) == "cell":
            item = tree.identify_row(event.y)
        text = str(tree.set(item, column)) if item else ""
        box: Any = tree.bbox(item, column) if item else ()
        room = px(self, 8)
        if not box or root_of(self).fonts["text"].measure(text) + room <= box[2]:
            self.place_forget()
            return
        x, y, _, height = box
        width, most = tree.winfo_width(), tree.winfo_height()
        self.configure(text=text, wraplength=width - 2 * room)
        needed = self.winfo_reqheight()
        below = y + height + needed <= most
        self.place(
            x=max(0, min(x, width - self.winfo_reqwidth())),
            y=y + height if below else max(0, y - needed),
        )
