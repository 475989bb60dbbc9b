"""Lists that unfold: letters choose what begins so, Space unfolds."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Sequence
from typing import Any, Final

PAUSE_MS: Final = 1_000
"""A letter that comes later begins another word."""
_CONTROL_OR_ALT: Final = 0x4 | 0x8
_INSIDE: Final = "ComboboxListbox"
"""The unfolded list, of which tkinter knows but the name."""


class TypeAhead:
    """Listens to all lists of a window that unfold and cannot be typed into."""

    def __init__(self, root: tk.Misc) -> None:
        """From now on."""
        self._root = root
        self._typed, self._at, self._last_ms = "", "", 0
        root.bind_class("TCombobox", "<Key>", self._folded, add="+")
        root.bind_class(_INSIDE, "<Key>", self._unfolded, add="+")
        taken = root.tk.call("bind", _INSIDE, "<Return>")
        root.tk.call("bind", _INSIDE, "<space>", taken)

    def _word(self, event: Any) -> str:
        """What was typed without a pause, with the key of this event; else nothing."""
        if not event.char or not is_typed(event):
            return ""
        goes_on = (
            str(event.widget) == self._at and event.time - self._last_ms < PAUSE_MS
        )
        self._typed = (self._typed if goes_on else "") + event.char.casefold()
        self._at, self._last_ms = str(event.widget), event.time
        return self._typed

    def _folded(self, event: Any) -> str | None:
        box = event.widget
        if not box.instate(["readonly", "!disabled"]):
            return None
        word = self._word(event)
        if not word:
            return None
        values = [str(value) for value in box.cget("values")]
        number = found(values, box.current(), word) if word.strip() else None
        if number is None and event.char.isspace():  # in no word that there is
            self._typed = ""
            self._root.tk.call("ttk::combobox::Post", str(box))
        elif number is not None and number != box.current():
            box.current(number)
            box.event_generate("<<ComboboxSelected>>")
        return "break"

    def _unfolded(self, event: Any) -> str | None:
        word, tcl, path = self._word(event), self._root.tk, str(event.widget)
        if not word:
            return None
        values = [str(text) for text in tcl.splitlist(tcl.call(path, "get", 0, "end"))]
        number = found(values, int(tcl.call(path, "index", "active")), word)
        if number is not None:
            tcl.call(path, "selection", "clear", 0, "end")
            tcl.call(path, "selection", "set", number)
            tcl.call(path, "activate", number)
            tcl.call(path, "see", number)
        return "break"


def is_typed(event: Any) -> bool:
    """Whether the key of an event is for typing, with no Control or Alt."""
    return event.char.isprintable() and not event.state & _CONTROL_OR_ALT


def found(values: Sequence[str], at: int, word: str) -> int | None:
    """The number of what begins with a word, or has a part that does.

    One letter, also over and over, goes on to the next behind `at`.
    """
    again = len(set(word)) == 1
    first, begin = (word[0], at + 1) if again else (word, max(at, 0))
    order = [(begin + step) % len(values) for step in range(len(values))]
    texts = [text.casefold() for text in values]
    beginning = [n for n in order if texts[n].startswith(first)]
    inside = [n for n in order if f" {first}" in texts[n]]
    return next(iter(beginning + inside), None)
