"""A table whose rows can be picked with check boxes, apart from the one that is shown.

What is picked stays picked while one looks at others, scrolls, searches and sorts. Which
keys these are is not the table's to know: it asks `picked`, and tells what people do.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import Any, Final

from typing_extensions import override

from gui.widgets.rows import Column, Row
from gui.widgets.table import CONTROL, SHIFT, Table

CHECK: Final = "picked"
_ON, _OFF = "☑", "☐"


class CheckTable(Table):
    """Space, Control with a click, or the box pick a row; Shift picks up to there.

    `on_pick` gets the row, `on_pick_range` the first and the last number, which may not
    all have been fetched, and `on_pick_all` is Control with A.
    """

    def __init__(
        self, parent: Any, columns: Sequence[Column], *, name: str = "table"
    ) -> None:
        """Nothing is picked."""
        self.picked: Container[str] = frozenset()
        self.on_pick: Callable[[Row], object] = lambda _: None
        self.on_pick_range: Callable[[int, int], object] = lambda _low, _high: None
        self.on_pick_all: Callable[[], object] = lambda: None
        box = Column(CHECK, "☑", 30, fixed=True)
        super().__init__(parent, (box, *columns), name=name)
        self.tree.bind("<space>", lambda _: self._toggle(self.cursor))

    @override
    def show_columns(self, names: Sequence[str]) -> None:
        """Show only these columns, in this order, behind the boxes."""
        super().show_columns([CHECK, *names])

    @override
    def cells_of(self, row: Row) -> tuple[str, ...]:
        """The cells, with the box in front."""
        return (_ON if row.key in self.picked else _OFF, *row.cells)

    @override
    def _sort(self, column: Column) -> None:
        if column.name == CHECK:
            self.on_pick_all()
        else:
            super()._sort(column)

    @override
    def _clicked(self, event: Any) -> str | None:
        on_box = self.tree.identify_column(event.x) == "#1"
        if on_box and not event.state & SHIFT:
            event.state |= CONTROL
        return super()._clicked(event)

    @override
    def _toggle(self, number: int) -> None:
        row = self.row_at(number)
        if row is not None:
            self.cursor = self._anchor = number
            self.on_pick(row)
            self._draw()

    @override
    def _extend_to(self, number: int) -> None:
        self.on_pick_range(*sorted((self._anchor, number)))
        self._draw()

    @override
    def _select_all(self) -> str:
        self.on_pick_all()
        return "break"
