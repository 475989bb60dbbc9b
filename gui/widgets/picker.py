"""Choosing from many: a line to type a part of the name into, and the list of what fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import ttkbootstrap as ttk

from gui.widgets.basics import px

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
        self.columnconfigure(0, weight=1)
        self._typed = ttk.StringVar(master=self)
        self.entry = ttk.Entry(self, textvariable=self._typed, name=name)
        self.entry.grid(row=0, column=0, columnspan=2, sticky="ew")
        self.tree = ttk.Treeview(
            self,
            columns=("text",),
            show="",
            selectmode="browse",
            height=min(ROWS, len(self._choices)),
            bootstyle="primary table",
            name=f"{name}_list",
        )
        self.tree.column("text", width=px(self, 330))
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
            self.entry.bind(f"<{key}>", lambda _, by=step: self._move(by))  # type: ignore[misc]
        self.tree.bind("<<TreeviewSelect>>", lambda _: self._told())
        if self._several:
            self.tree.bind("<space>", lambda _: self._tick(self.tree.focus()))
            self.tree.bind("<Button-1>", self._clicked)

    @property
    def value(self) -> str:
        """What is chosen; of several, with commas between them."""
        if self._several:
            return ", ".join(text for text in self._choices if text in self._ticked)
        return "".join(self._text(row) for row in self.tree.selection())

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
        if not self._several:
            self._mark(0)

    def _shown(self, text: str) -> str:
        if not self._several:
            return text
        return f"{_TICKED if text in self._ticked else _NOT_TICKED}  {text}"

    def _text(self, row: str) -> str:
        return self._fitting[int(row)]

    def _mark(self, number: int) -> None:
        if self._fitting:
            row = str(max(0, min(number, len(self._fitting) - 1)))
            self.tree.selection_set(row)
            self.tree.focus(row)
            self.tree.see(row)

    # --- what people do

    def _move(self, by: int) -> str:
        if self._several:
            self.tree.focus_set()
            self._mark(0)
        else:
            self._mark(int(self.tree.focus() or 0) + by)
        return "break"

    def _clicked(self, event: Any) -> str:
        self.tree.focus_set()
        row = self.tree.identify_row(event.y)
        if row:
            self._mark(int(row))
            self._tick(row)
        return "break"

    def _tick(self, row: str) -> str:
        if row:
            text = self._text(row)
            self._ticked ^= {text}
            self.tree.item(row, values=(self._shown(text),))
            self._told()
        return "break"

    def _told(self) -> None:
        self.event_generate(CHOSEN)
