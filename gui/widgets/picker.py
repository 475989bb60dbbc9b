"""Choosing from many: a line to type a part of the name into, and the list of what fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import ttkbootstrap as ttk

from gui.widgets.basics import label, px, root_of
from gui.widgets.type_ahead import is_typed

_TICKED, _NOT_TICKED = "☑", "☐"
_AS_TYPED: Final = "(as typed)"
ROWS: Final = 8
CHOSEN: Final = "<<Chosen>>"


class Picker(ttk.Frame):
    """One of `choices`, or with `several` any number of them.

    One: the row that is marked; Up and Down mark another while one types. Several: Space
    or a click ticks a row, and a line below tells which are ticked. With `free` what else
    is typed is a row, too. `entry` is the line to type into, named as the picker is.
    """

    def __init__(
        self,
        parent: Any,
        choices: Sequence[str],
        value: str = "",
        *,
        several: bool,
        name: str,
        free: bool = False,
    ) -> None:
        """With `value` chosen; of several, with commas between them."""
        super().__init__(parent, name=f"{name}_box")
        self._choices = list(choices)
        self._several, self._free = several, free
        self._ticked: set[str] = set()
        self._fitting: list[str] = []
        self._at: int | None = None
        self.columnconfigure(0, weight=1)
        self._typed = ttk.StringVar(master=self)
        self.entry = ttk.Entry(self, textvariable=self._typed, name=name)
        self.entry.grid(row=0, column=0, columnspan=2, sticky="ew")
        self.tree = self._make_list(name)
        self._show_where(there=not several)
        self._told = label(self, font="small", look="secondary", name=f"{name}_ticked")
        self._told.configure(width=1)  # what is ticked makes no dialog wider
        if several:
            self._told.grid(row=2, column=0, columnspan=2, sticky="ew")
        self._listen()
        self.value = value

    def _make_list(self, name: str) -> ttk.Treeview:
        tree = ttk.Treeview(
            self,
            columns=("text",),
            show="",
            selectmode="none",
            height=min(ROWS, len(self._choices) + self._free),
            bootstyle="table",
            name=f"{name}_list",
        )
        tree.column("text", width=px(self, 330))
        gap = (px(self, 3), 0)
        tree.grid(row=1, column=0, sticky="nsew", pady=gap)
        if len(self._choices) > ROWS:
            bar = ttk.Scrollbar(self, orient="vertical", command=tree.yview)
            bar.grid(row=1, column=1, sticky="ns", pady=gap)
            tree.configure(yscrollcommand=bar.set)
        return tree

    def _listen(self) -> None:
        self._typed.trace_add("write", lambda *_: self._fill())
        for key, step in (("Up", -1), ("Down", 1), ("Prior", -ROWS), ("Next", ROWS)):
            self.entry.bind(f"<{key}>", lambda _, by=step: self._leave(by))  # type: ignore[misc]
            self.tree.bind(f"<{key}>", lambda _, by=step: self._move(by))  # type: ignore[misc]
        self.tree.bind("<Home>", lambda _: self._move(-len(self._fitting)))
        self.tree.bind("<End>", lambda _: self._move(len(self._fitting)))
        self.tree.bind("<Key>", self._type_on)
        self.tree.bind("<Button-1>", self._clicked)
        if self._several:
            self.tree.bind("<space>", lambda _: self._tick())
            self.tree.bind("<FocusIn>", lambda _: self._show_where(there=True))
            self.tree.bind("<FocusOut>", lambda _: self._show_where(there=False))

    @property
    def widgets(self) -> tuple[Any, ...]:
        """The line and the list."""
        return self.entry, self.tree

    @property
    def fault(self) -> str:
        """What is wrong with what was typed, if anything: it must not be lost."""
        typed = self._typed.get().strip()
        if typed and not self._fitting:
            return "Nothing is like what was typed."
        if typed and self._several and self._fitting == [self._as_typed]:
            return "Tick what was typed, or erase it."
        return ""

    @property
    def value(self) -> str:
        """What is chosen; of several, with commas between them."""
        if self._several:
            return ", ".join(text for text in self._choices if text in self._ticked)
        return "" if self._at is None else self._fitting[self._at]

    @value.setter
    def value(self, text: str) -> None:
        if self._several:
            self._ticked = set(self._known(text))
        self._typed.set("")
        if not self._several and text in self._fitting:
            self._mark(self._fitting.index(text))
        self._tell()

    def on_change(self, work: Callable[[], object]) -> None:
        """Call `work` whenever something else is chosen."""
        self.bind(CHOSEN, lambda _: work(), add="+")

    def _known(self, text: str) -> list[str]:
        """The names in a text that can be chosen; with `free` all can from now on."""
        names = text.replace(",", " ").split()
        if self._free:
            self._choices += [n for n in dict.fromkeys(names) if n not in self._choices]
        return [name for name in names if name in self._choices]

    # --- what is shown

    @property
    def _as_typed(self) -> str:
        """What was typed, where it can be chosen although it is none of the choices."""
        typed = self._typed.get().strip()
        return typed if self._free and typed not in self._choices else ""

    def _fill(self) -> None:
        words = self._typed.get().casefold().split()
        self._fitting = [
            text
            for text in self._choices
            if all(word in text.casefold() for word in words)
        ]
        self._fitting += [self._as_typed] if self._as_typed else []
        self.tree.delete(*self.tree.get_children())
        for number, text in enumerate(self._fitting):
            self.tree.insert("", "end", iid=str(number), values=(self._shown(text),))
        self._at = None
        if words or self._several:
            self._mark(0)
        else:
            self.event_generate(CHOSEN)

    def _show_where(self, *, there: bool) -> None:
        """Colour the marked row, or not.

        Of several that is only where Space would tick it: it must not look chosen.
        """
        here, text = (root_of(self).colour("primary"), "#ffffff") if there else ("", "")
        self.tree.tag_configure("here", background=here, foreground=text)

    def _shown(self, text: str) -> str:
        shown = f"{text}  {_AS_TYPED}" if text == self._as_typed else text
        if not self._several:
            return shown
        return f"{_TICKED if text in self._ticked else _NOT_TICKED}  {shown}"

    def _tell(self) -> None:
        """Tell which are ticked, also of those that are out of sight."""
        count = len(self._ticked)
        text = f"{count} ticked: {self.value}" if count else "None is ticked"
        self._told.configure(text=text)

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
        self._mark((-1 if by > 0 else 0) + by if self._at is None else self._at + by)
        return "break"

    def _type_on(self, event: Any) -> str | None:
        """Letters are for the line, also where the list has the focus."""
        if not is_typed(event):
            return None
        if event.char.strip():
            self.entry.focus_set()
            self.entry.insert("end", event.char)
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
        if self._at is None or not self._fitting:
            return "break"
        text = self._fitting[self._at]
        if text == self._as_typed:
            names = self._known(text)
            self._ticked |= set(names)
            self._typed.set("")
            self._mark(self._fitting.index(names[-1]))
        else:
            self._ticked ^= {text}
            self.tree.item(str(self._at), values=(self._shown(text),))
        self._tell()
        self.event_generate(CHOSEN)
        return "break"
