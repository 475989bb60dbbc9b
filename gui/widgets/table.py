"""A table that holds only the rows that can be seen, whatever their number.

    Source  knows the rows by their number, or that one is not there yet and comes later
    Table   has as many slots as fit, fills them from the source, and scrolls by number

The selection is a set of keys, so it survives scrolling, sorting and searching.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import ttkbootstrap as ttk

from gui.widgets.basics import label, px, root_of
from gui.widgets.full_text import FullText
from gui.widgets.rows import Column, Row, Source

WAITING: Final = "…"
SHIFT: Final = 0x1
CONTROL: Final = 0x4
_SLOTS_MIN: Final = 3
_LEAST_SHARE: Final = 0.5
"""Of its width, for a column that is worth showing."""


class Table(ttk.Frame):
    """Rows of a source, a cursor and a selection.

    Arrows, Page Up and Down, Home and End move the cursor; Shift and Control add to the
    selection; Return opens. Control with Left and Right sorts by another column, with Up
    and Down the other way round.
    """

    def __init__(
        self, parent: Any, columns: Sequence[Column], *, name: str = "table"
    ) -> None:
        """Empty, until `show` gives it a source."""
        super().__init__(parent, name=name)
        self.columns = columns
        self.source: Source | None = None
        self.selected: set[str] = set()
        self.cursor = -1
        self.top = 0
        self.on_select: Callable[[Row | None], object] | None = None
        self.on_open: Callable[[Row], object] | None = None
        self.on_sort: Callable[[str, bool], object] | None = None
        self.sorted_by, self.descending = "", False
        self._anchor = -1
        self._dragging = False
        self.meant = {column.name: column.width for column in columns}
        self.on_widths: Callable[[], object] = lambda: None
        self._slots: list[str] = []
        self._shown = [column.name for column in columns]
        self._build()

    def _build(self) -> None:
        self.columnconfigure(0, weight=1)
        self.rowconfigure(0, weight=1)
        self.tree = ttk.Treeview(
            self,
            columns=[column.name for column in self.columns],
            show="headings",
            selectmode="none",
            bootstyle="table",
            height=_SLOTS_MIN,
            name="tree",
        )
        self.tree.grid(row=0, column=0, sticky="nsew")
        self._bar = ttk.Scrollbar(self, orient="vertical", command=self._scrolled)
        self._bar.grid(row=0, column=1, sticky="ns")
        self._message = label(self.tree, look="secondary")
        self.full = FullText(self.tree)
        for column in self.columns:
            self.tree.column(
                column.name,
                width=px(self, column.width),
                minwidth=px(self, 40),
                stretch=False,
                anchor="w",
            )
        self._draw_headings()
        self._colour()
        root_of(self).bind("<<ThemeChosen>>", lambda _: self._colour(), add="+")
        bind = self.tree.bind
        bind("<Configure>", lambda _: self._resized())
        bind("<Button-1>", self._clicked)
        bind("<ButtonRelease-1>", lambda _: self._dragged())
        bind("<Double-1>", self._opened)
        bind("<Return>", self._opened)
        bind("<FocusIn>", lambda _: self._focused())
        bind("<FocusOut>", lambda _: self._draw())
        bind("<Control-a>", lambda _: self._select_all())
        for sequence, step in (("<Button-4>", -3), ("<Button-5>", 3)):
            bind(sequence, lambda _, by=step: self._scroll_by(by))  # type: ignore[misc]
        bind("<MouseWheel>", lambda e: self._scroll_by(-3 if e.delta > 0 else 3))
        for key in ("Up", "Down", "Prior", "Next", "Home", "End"):
            bind(f"<{key}>", self._moved)
            bind(f"<Shift-{key}>", self._moved)
        for key, by in (("Left", -1), ("Right", 1)):
            bind(f"<Control-{key}>", lambda _, by=by: self._sort_beside(by))  # type: ignore[misc]
        for key, descending in (("Up", False), ("Down", True)):
            bind(
                f"<Control-{key}>",
                lambda _, down=descending: self._sort_so(down=down),  # type: ignore[misc]
            )

    def _colour(self) -> None:
        if not self.winfo_exists():
            return
        root = root_of(self)
        tag = self.tree.tag_configure
        tag("muted", foreground=root.colour("secondary"))
        tag("danger", foreground=root.colour("danger"))
        tag("warning", foreground=root.readable_warning)
        chosen = root.colour("primary")
        tag("chosen", background=chosen, foreground="#ffffff")
        tag("cursor", background=root.colour("active"))

    # --- what is shown

    def show(self, source: Source) -> None:
        """Show the rows of a source from the first on."""
        self.source = source
        self.top, self.cursor, self._anchor = 0, -1, -1
        self.refresh()

    def show_columns(self, names: Sequence[str]) -> None:
        """Show only these columns, in this order."""
        self._shown = list(names)
        self._share()

    def _share(self) -> None:
        """Part the width among the columns, as wide as each was meant to be.

        The last ones give way where there is not even half of that for each.
        """
        by_name = {column.name: column for column in self.columns}
        shown = [by_name[name] for name in self._shown]
        fixed = sum(px(self, column.width) for column in shown if column.fixed)
        meant = {c.name: self.meant[c.name] for c in shown if not c.fixed}
        room = max(self.tree.winfo_width() - fixed - px(self, 4), 0)
        while (
            room
            and len(meant) > 1
            and room < px(self, sum(meant.values())) * _LEAST_SHARE
        ):
            meant.popitem()
        names = [c.name for c in shown if c.fixed or c.name in meant]
        if names != list(self.tree.cget("displaycolumns")):
            self.tree.configure(displaycolumns=names)
        for name, width in meant.items():
            self.tree.column(name, width=room * width // sum(meant.values()))

    def _dragged(self) -> None:
        """The border between two headings was moved: keep the widths as they are now."""
        if self._dragging:
            self._dragging = False
            for name in self.tree.cget("displaycolumns"):
                width = int(self.tree.column(name, "width"))
                self.meant[name] = width * 100 // px(self, 100)
            self._share()
            self.on_widths()

    def refresh(self) -> None:
        """Draw again: the source has more rows, or others, than before."""
        self._fit()

    def say(self, text: str) -> None:
        """Say something in the middle, where there is no row."""
        self._message.configure(text=text)
        if text:
            self._message.place(relx=0.5, rely=0.5, anchor="center")
        else:
            self._message.place_forget()

    @property
    def total(self) -> int:
        """How many rows there are, as far as the source knows."""
        return self.source.total if self.source is not None else 0

    def row_at(self, number: int) -> Row | None:
        """A row by its number, if it is there."""
        if self.source is None or not 0 <= number < self.total:
            return None
        return self.source.row(number)

    def select_key(self, key: str) -> None:
        """Select the one row with that key, if it can be seen."""
        for slot in range(len(self._slots)):
            row = self.row_at(self.top + slot)
            if row is not None and row.key == key:
                self._move_to(self.top + slot, extend=False)

    def focus_rows(self) -> None:
        """Put the focus into the rows, and select the first if none is."""
        self.tree.focus_set()
        if not self.selected and self.total:
            self._move_to(self.top, extend=False)

    def clear_selection(self) -> None:
        """Select nothing."""
        self.selected, self.cursor, self._anchor = set(), -1, -1
        self._draw()

    def _resized(self) -> None:
        self._share()
        self._fit()

    def _fit(self) -> None:
        """Have as many slots as rows fit below the headings."""
        row_height = self._row_height()
        height = self.tree.winfo_height() - row_height
        wanted = min(max(1, height // row_height), max(self.total, 0))
        while len(self._slots) < wanted:
            self._slots.append(self.tree.insert("", "end"))
        while len(self._slots) > wanted:
            self.tree.delete(self._slots.pop())
        self._scroll_to(self.top)

    def _row_height(self) -> int:
        style = root_of(self).style
        found = style.lookup(self.tree.cget("style") or "Treeview", "rowheight")
        return int(found or style.lookup("Treeview", "rowheight") or 20)

    def _scroll_to(self, top: int) -> None:
        self.top = max(0, min(top, self.total - len(self._slots)))
        if self.total > len(self._slots):
            self._bar.grid()
        else:
            self._bar.grid_remove()
        if self.total:
            last = (self.top + len(self._slots)) / self.total
            self._bar.set(self.top / self.total, last)
        else:
            self._bar.set(0, 1)
        self._draw()

    def _draw(self) -> None:
        self.full.place_forget()
        blank = (WAITING,) + ("",) * (len(self.columns) - 1)
        focused = root_of(self).focus_get() is self.tree
        for slot, item in enumerate(self._slots):
            number = self.top + slot
            row = self.row_at(number)
            tags: list[str] = []
            if row is not None:
                if row.key in self.selected:
                    tags = ["chosen"]
                elif focused and number == self.cursor:
                    tags = ["cursor"]
                elif row.tone:
                    tags = [row.tone]
            cells = self.cells_of(row) if row else blank
            self.tree.item(item, values=cells, tags=tags)

    def cells_of(self, row: Row) -> tuple[str, ...]:
        """What stands in the columns."""
        return row.cells

    def _draw_headings(self) -> None:
        for column in self.columns:
            mark = ""
            if column.sort and column.sort == self.sorted_by:
                mark = " ▼" if self.descending else " ▲"
            self.tree.heading(
                column.name,
                text=column.title + mark,
                anchor="w",
                command=partial(self._sort, column),
            )

    def sort_by(self, name: str, *, descending: bool) -> None:
        """Show that the rows are in this order; the source has to bring them so."""
        self.sorted_by, self.descending = name, descending
        self._draw_headings()

    def _sort(self, column: Column) -> None:
        if not column.sort or self.on_sort is None:
            return
        descending = column.sort == self.sorted_by and not self.descending
        self.sort_by(column.sort, descending=descending)
        self.on_sort(column.sort, descending)

    def _sort_beside(self, by: int) -> str:
        """Sort by the next column that can be sorted by, or the one before."""
        names = [c.sort for c in self.columns if c.sort and c.name in self._shown]
        if names and self.on_sort is not None:
            at = names.index(self.sorted_by) if self.sorted_by in names else -max(by, 0)
            self.sort_by(names[(at + by) % len(names)], descending=False)
            self.on_sort(self.sorted_by, self.descending)
        return "break"

    def _sort_so(self, *, down: bool) -> str:
        """Sort by the same column with the smallest first, or the largest."""
        if self.sorted_by and self.on_sort is not None:
            self.sort_by(self.sorted_by, descending=down)
            self.on_sort(self.sorted_by, down)
        return "break"

    # --- what people do

    def _scrolled(self, what: str, amount: str, unit: str = "") -> None:
        if what == "moveto":
            self._scroll_to(round(float(amount) * self.total))
        else:
            page = max(1, len(self._slots) - 1) if unit == "pages" else 1
            self._scroll_to(self.top + int(amount) * page)

    def _scroll_by(self, rows: int) -> str:
        self._scroll_to(self.top + rows)
        return "break"

    def _clicked(self, event: Any) -> str | None:
        self._dragging = self.tree.identify_region(event.x, event.y) == "separator"
        if self.tree.identify_region(event.x, event.y) != "cell":
            return None
        self.tree.focus_set()
        slot = self._slots.index(self.tree.identify_row(event.y))
        number = self.top + slot
        if event.state & CONTROL:
            self._toggle(number)
        else:
            self._move_to(number, extend=bool(event.state & SHIFT))
        return "break"

    def _focused(self) -> None:
        if self.cursor < 0 and self.total:
            self.cursor = self.top
        self._draw()

    def _moved(self, event: Any) -> str:
        page = max(1, len(self._slots) - 1)
        steps = {"Up": -1, "Down": 1, "Prior": -page, "Next": page}
        steps |= {"Home": -self.total, "End": self.total}
        start = self.cursor if self.selected or event.keysym != "Down" else -1
        number = max(0, min(start + steps[event.keysym], self.total - 1))
        self._move_to(number, extend=bool(event.state & SHIFT))
        return "break"

    def _move_to(self, number: int, *, extend: bool) -> None:
        if not 0 <= number < self.total:
            return
        self.cursor = number
        if number < self.top:
            self._scroll_to(number)
        elif number >= self.top + len(self._slots):
            self._scroll_to(number - len(self._slots) + 1)
        if extend and self._anchor >= 0:
            self._extend_to(number)
            return
        self._anchor = number
        row = self.row_at(number)
        self.selected = set() if row is None else {row.key}
        self._chosen()

    def _extend_to(self, number: int) -> None:
        low, high = sorted((self._anchor, number))
        rows = (self.row_at(n) for n in range(low, high + 1))
        self.selected = {row.key for row in rows if row is not None}
        self._chosen()

    def _toggle(self, number: int) -> None:
        row = self.row_at(number)
        if row is None:
            return
        self.cursor = self._anchor = number
        self.selected ^= {row.key}
        self._chosen()

    def _select_all(self) -> str:
        """Everything that has been fetched."""
        rows = (self.row_at(number) for number in range(self.total))
        self.selected = {row.key for row in rows if row is not None}
        self._chosen()
        return "break"

    def _chosen(self) -> None:
        self._draw()
        if self.on_select is not None:
            self.on_select(self.row_at(self.cursor) if self.selected else None)

    def _opened(self, _event: Any) -> str:
        row = self.row_at(self.cursor)
        if row is not None and self.on_open is not None:
            self.on_open(row)
        return "break"
