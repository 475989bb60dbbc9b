"""Choosing from many: a line to type a part of the name into, and the list of what fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import ttkbootstrap as ttk

from gui.widgets.basics import px, root_of

_TICKED, _NOT_TICKED = "☑", "☐"
ROWS: Final = 8
CHOSEN: Final = "<<Chosen>>"


class Picker(ttk.Frame):
    """One of `choices`, or with `several` any number of them.

    One: the row that is marked; Up and Down mark another while one types. Several: Space
    or a click ticks a row. `entry` is the line, named as the picker is.
    """

    def __init__(
        self,
        parent: Any,
        choices: Sequence[str],
        value: str = "",
        *,
        several: bool,
        name: str,
    ) -> None:
        """With `value` chosen; of several, with commas between them."""
        super().__init__(parent, name=f"{name}_box")
        self._choices = tuple(choices)
        self._several = several
        self._ticked: set[str] = set()
        self._fitting: list[str] = []
        self._at = 0
        self.columnconfigure(0, weight=1)
        self._typed = ttk.StringVar(master=self)
        self.entry = ttk.Entry(self, textvariable=self._typed, name=name)
        self.entry.grid(row=0, column=0, columnspan=2, sticky="ew")
        self.tree = ttk.Treeview(
            self,
            columns=("text",),
            show="",
            selectmode="none",
            height=min(ROWS, len(self._choices)),
            bootstyle="table",
            name=f"{name}_list",
        )
        self.tree.column("text", width=px(self, 330))
        self.tree.tag_configure(
            "here", background=root_of(self).colour("primary"), foreground="#ffffff"
        )
        self.tree.grid(row=1, column=0, sticky="nsew", pady=(px(self, 3), 0))
        if len(self._choices) > ROWS:
            bar = ttk.Scrollbar(self, orient="vertical", command=self.tree.yview)
            bar.grid(row=1, column=1, sticky="ns", pady=(px(self, 3), 0))
            self.tree.configure(yscrollcommand=bar.set)
        self._listen()
        self.value = value

    def _listen(self) -> None:
        self._typed.trace_add("write", lambda *_: self._fill())
        for key, step in (("Up", -1), ("Down", 1), ("Prior", -ROWS), ("Next", ROWS)):
            self.entry.bind(f"<{key}>", lambda _, by=step: self._leave(by))  # type: ignore[misc]
            self.tree.bind(f"<{key}>", lambda _, by=step: self._move(by))  # type: ignore[misc]
        self.tree.bind("<Button-1>", self._clicked)
        if self._several:
            self.tree.bind("<space>", lambda _: self._tick())

    @property
    def widgets(self) -> tuple[Any, ...]:
        """The line and the list."""
        return self.entry, self.tree

    @property
    def nothing_fits(self) -> bool:
        """Whether no choice is like what was typed, where one is wanted."""
        return not self._several and bool(self._typed.get()) and not self._fitting

    @property
    def value(self) -> str:
        """What is chosen; of several, with commas between them."""
        if self._several:
            return ", ".join(text for text in self._choices if text in self._ticked)
        return self._fitting[self._at] if self._fitting else ""

    @value.setter
    def value(self, text: str) -> None:
        if self._several:
            self._ticked = set(text.replace(",", " ").split()) & set(self._choices)
        self._typed.set("")
        if not self._several and text in self._fitting:
            self._mark(self._fitting.index(text))

    def on_change(self, work: Callable[[], object]) -> None:
        """Call `work` whenever something else is chosen."""
        self.bind(CHOSEN, lambda _: work(), add="+")

    # --- what is shown

    def _fill(self) -> None:
        words = self._typed.get().casefold().split()
        self._fitting = [
            text
            for text in self._choices
            if all(word in text.casefold() for word in words)
        ]
        self.tree.delete(*self.tree.get_children())
        for number, text in enumerate(self._fitting):
            self.tree.insert("", "end", iid=str(number), values=(self._shown(text),))
        self._mark(0)

    def _shown(self, text: str) -> str:
        if not self._several:
            return text
        return f"{_TICKED if text in self._ticked else _NOT_TICKED}  {text}"

    def _mark(self, number: int) -> None:
        """Mark the row of that number, or the nearest there is."""
        if not self._fitting:
            return
        for row in self.tree.get_children():
            self.tree.item(row, tags=())
        self._at = max(0, min(number, len(self._fitting) - 1))
        self.tree.item(str(self._at), tags=("here",))
        self.tree.see(str(self._at))
        if not self._several:
            self.event_generate(CHOSEN)

    # --- what people do

    def _leave(self, by: int) -> str:
        """From the line into the list; of one to be chosen the line keeps the focus."""
        if self._several:
            self.tree.focus_set()
            return self._move(0)
        return self._move(by)

    def _move(self, by: int) -> str:
        self._mark(self._at + by)
        return "break"

    def _clicked(self, event: Any) -> str:
        self.tree.focus_set()
        row = self.tree.identify_row(event.y)
        if row:
            self._mark(int(row))
            if self._several:
                self._tick()
        return "break"

    def _tick(self) -> str:
        if self._fitting:
            text = self._fitting[self._at]
            self._ticked ^= {text}
            self.tree.item(str(self._at), values=(self._shown(text),))
            self.event_generate(CHOSEN)
        return "break"
