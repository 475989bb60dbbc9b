"""What pages that find things have in common: a search, a table, one thing beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from typing_extensions import override

from gui.controllers.paged import Pages
from gui.controllers.wording import counted
from gui.views.lists import ItemSource
from gui.views.stage import Page, Stage
from gui.widgets.basics import Frame, Split, button, entry, frame, label, px
from gui.widgets.table import Column, Row, Table
from gui.widgets.timing import TYPING_MS, Debounce


class FinderPage(Page, ABC):
    """Search while typing, select; the one that was selected stands beside the list.

    `columns` are those of the table, `narrow` the ones that are left beside somebody in
    full, `pane_width` is in pixels at 100 %, `thing` names what is found.
    """

    columns: ClassVar[tuple[Column, ...]]
    narrow: ClassVar[tuple[str, ...]]
    thing: ClassVar[str]
    pane_width: ClassVar[int] = 560
    pane: Any
    look_after_ms: ClassVar[int] = TYPING_MS

    def __init__(self, parent: Any, stage: Stage, *, name: str) -> None:
        """Empty, until `open`."""
        super().__init__(parent, stage, name=name)
        self.body.columnconfigure(0, weight=1)
        self.body.rowconfigure(2, weight=1)
        self._bar()
        self.panes = Split(self.body, self.pane_width)
        self.panes.grid(row=2, column=0, sticky="nsew")
        left = self.panes.left
        self.table = self.make_table(left)
        self.table.grid(row=0, column=0, sticky="nsew")
        self.table.on_select = self.selected
        self.table.on_open = lambda _: self.pane.focus()
        self.count = label(left, font="small", look="secondary", name="count")
        self.count.grid(row=1, column=0, sticky="w", pady=px(self, 4))
        self.hide = button(
            left, "Close details", self.unselect, kind="quiet", name="hide"
        )
        self.hide.grid(row=1, column=0, sticky="e")
        self.asked: Any = self.wanted()
        self.found = self.finder(self.asked)
        self.pane = self.make_pane(self.panes.right)
        self.pane.grid(row=0, column=0, sticky="nsew")
        self.reveal(pane=False)

    def _bar(self) -> None:
        bar, gap = frame(self.body, name="bar"), px(self, 8)
        bar.grid(row=0, column=0, sticky="ew", pady=(0, gap))
        label(bar, "Search").pack(side="left")
        self.query = entry(bar, name="query", width=28)
        self.query.pack(side="left", padx=gap)
        self.fill_bar(bar)
        typed = Debounce(self.query, self.look, after_ms=self.look_after_ms)
        self.query.bind("<KeyRelease>", typed.poke)
        for key in ("<Down>", "<Return>"):
            self.query.bind(key, lambda _: self.table.focus_rows())
        self.query.bind("<Escape>", lambda _: self._clear())

    def make_table(self, parent: Any) -> Table:
        """Make the table; it is put where it belongs afterwards."""
        return Table(parent, self.columns)

    @abstractmethod
    def fill_bar(self, bar: Frame) -> None:
        """Put what stands beside the search."""

    @abstractmethod
    def make_pane(self, parent: Any) -> Any:
        """Make what shows one thing in full: it has `show` and `focus`."""

    @abstractmethod
    def wanted(self) -> Any:
        """What is asked for on the page now, as a value that can be compared."""

    @abstractmethod
    def finder(self, wanted: Any) -> Pages:
        """What finds it."""

    @abstractmethod
    def create(self) -> None:
        """Ask for a new one."""

    @override
    def open(self) -> None:
        """Find anew; the search is as it was."""
        for key, work in self.hot_keys().items():
            self.stage.root.bind(key, lambda _, work=work: work())  # type: ignore[misc]
        self.find()
        self.query.focus_set()

    @override
    def close(self) -> None:
        """Leave the keys to other pages."""
        for key in self.hot_keys():
            self.stage.root.unbind(key)

    def hot_keys(self) -> dict[str, Callable[[], object]]:
        """The keys of the page."""
        return {"<Control-f>": self.query.focus_set, "<Control-n>": self.create}

    # --- finding

    def look(self) -> None:
        """Find, if something else is wanted than before."""
        if self.wanted() != self.asked:
            self.find()

    def find(self, select: str = "") -> None:
        """Fetch the first page of what is wanted; `select` is the key of a row."""
        self.asked = self.wanted()
        found = self.finder(self.asked)
        found.changed = self.table.refresh
        found.failed = self.failing(self.find)
        self.begin("Searching…")

        self.found.cancel()
        self.found = found
        found.begin(lambda: self.came(select), self.failing(self.find))

    def came(self, select: str = "") -> None:
        """The first page is there: show it, and select the row of that key.

        What was selected before stays so while it is in sight.
        """
        self.end()
        key = select or next(iter(self.table.selected), "")
        self.table.clear_selection()
        self.table.show(ItemSource(self.found))
        if key:
            self.table.select_key(key)
        if not self.table.selected and select:
            self.pane.show(select)
        elif not self.table.selected:
            self.selected(None)
        self.tell()

    def tell(self) -> None:
        """Say how many there are."""
        total = self.found.total
        self.count.configure(text=counted(total, self.thing))
        none = f"There is no {self.thing} yet."
        if self.narrowed:
            none = f"No {self.thing} is like that."
        self.table.say("" if total else none)

    @property
    def narrowed(self) -> bool:
        """Whether less than all is wanted."""
        return bool(self.query.get().strip())

    def _clear(self) -> None:
        self.query.delete(0, "end")
        self.look()

    def selected(self, row: Row | None) -> None:
        """A row was selected, or none is any more."""
        self.reveal(pane=row is not None)
        if row is not None:
            self.pane.show(row.key)

    def unselect(self) -> None:
        """Show the list alone again."""
        self.table.clear_selection()
        self.selected(None)
        self.table.tree.focus_set()

    def lost(self) -> None:
        """What was selected is there no more."""
        self.unselect()
        self.find()

    def reveal(self, *, pane: bool) -> None:
        """One in full takes the room of the columns that matter least."""
        self.panes.reveal(right=pane)
        if pane:
            self.hide.grid()
        else:
            self.hide.grid_remove()
        self.table.show_columns(self.narrow if pane else self.wide)

    @property
    def wide(self) -> Sequence[str]:
        """The columns where there is room."""
        return [column.name for column in self.columns]
