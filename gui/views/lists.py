"""A list with its buttons: rows of text in a table, and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from gui.controllers.credentials import Item
from gui.widgets.bar import Bar
from gui.widgets.basics import Frame, button, frame, label, px
from gui.widgets.notice import empty_state
from gui.widgets.rows import Column, Row, Rows
from gui.widgets.table import Table


class Items(Protocol):
    """Items by their number; those that are not there yet come later."""

    total: int

    def item(self, number: int) -> Item | None:
        """The item, or None while it is on its way."""
        ...


class ItemSource:
    """Items as rows of a table."""

    def __init__(self, items: Items) -> None:
        """The table asks for what can be seen."""
        self._items = items

    @property
    def total(self) -> int:
        """How many there are, as far as is known."""
        return self._items.total

    def row(self, number: int) -> Row | None:
        """The row of an item."""
        item = self._items.item(number)
        return None if item is None else row_of(item)


def row_of(item: Item) -> Row:
    """An item as a row."""
    tones = {"muted": "muted", "warning": "warning", "danger": "danger"}
    return Row(item.key, item.cells, tones.get(item.mark, ""))


class ListPane(Frame):
    """A heading, buttons, a table; where there is nothing, a word about that."""

    def __init__(
        self, parent: Any, title: str, columns: Sequence[Column], *, name: str
    ) -> None:
        """Empty, until `show`."""
        super().__init__(parent, name=name)
        self.columnconfigure(0, weight=1)
        self.rowconfigure(1, weight=1)
        self.head = frame(self, name="head")
        self.head.grid(row=0, column=0, sticky="ew", pady=(0, px(self, 6)))
        self.head.columnconfigure(0, weight=1)
        self.title = label(self.head, title, font="heading")
        self.title.grid(row=0, column=0, sticky="w")
        self.bar = Bar(self.head, name="bar")
        self.head.bind("<Configure>", lambda event: self._part(event.width))
        self.table = Table(self, columns)
        self.table.grid(row=1, column=0, sticky="nsew")
        self.table.on_select = lambda _: self._selected()
        self.items: dict[str, Item] = {}
        self._needing: list[Any] = []
        self._empty: Frame | None = None
        self.on_selected: Callable[[], object] = lambda: None

    def _part(self, width: int) -> None:
        """Put the buttons below the title where there is no room beside it."""
        needed = self.title.winfo_reqwidth() + self.bar.wanted + px(self, 8)
        if needed > width > 1:
            self.bar.grid(row=1, column=0, sticky="w", pady=(px(self, 6), 0))
        else:
            self.bar.grid(row=0, column=1, sticky="e", pady=0)
        self.bar.arrange(width)

    def add_button(
        self,
        text: str,
        command: Callable[[], object],
        *,
        name: str,
        kind: Any = "plain",
        needs_row: bool = False,
    ) -> Any:
        """A button at the right; with `needs_row` only for what is selected."""
        made = button(self.bar, text, command, kind=kind, name=name)
        self.bar.add(made)
        if needs_row:
            self._needing.append(made)
            made.configure(state="disabled")
        return made

    def show(self, items: Sequence[Item], *, nothing: tuple[str, str]) -> None:
        """Show these rows, or what `nothing` says (a title and a sentence)."""
        self.items = {item.key: item for item in items}
        rows = [row_of(item) for item in items]
        self.table.selected &= self.items.keys()
        self.table.show(Rows(rows))
        if self._empty is not None:
            self._empty.destroy()
            self._empty = None
        if not items:
            self._empty = empty_state(self, *nothing)
            self._empty.grid(row=1, column=0, sticky="n")
            self.table.grid_remove()
        else:
            self.table.grid()
        self._selected()

    @property
    def selected(self) -> list[Item]:
        """What is selected, in the order of the rows."""
        return [i for key, i in self.items.items() if key in self.table.selected]

    def _selected(self) -> None:
        state = "normal" if self.table.selected else "disabled"
        for made in self._needing:
            made.configure(state=state)
        self.on_selected()
