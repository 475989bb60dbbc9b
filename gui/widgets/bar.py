"""Buttons side by side, on further lines where there is no room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from gui.widgets.basics import Frame, frame, px

_GAP_AT_100_PERCENT: Final = 6


def lines(widths: Sequence[int], room: int, gap: int) -> list[list[int]]:
    """The numbers of what stands on each line; a line has at least one."""
    found: list[list[int]] = [[]]
    left = room
    for number, width in enumerate(widths):
        if found[-1] and width > left:
            found.append([])
            left = room
        found[-1].append(number)
        left -= width + gap
    return found


class Bar(Frame):
    """What is added first stands at the right."""

    def __init__(self, parent: Any, *, name: str) -> None:
        """Empty, until `add`."""
        super().__init__(parent, name=name)
        self._gap = px(self, _GAP_AT_100_PERCENT)
        self._lines: list[Any] = []
        self._added: list[Any] = []

    @property
    def wanted(self) -> int:
        """The width in pixels of all of it on one line."""
        return sum(one.winfo_reqwidth() + self._gap for one in self._added)

    def add(self, made: Any) -> None:
        """Put a widget, whose parent is this bar, to the left of the others."""
        self._added.append(made)

    def arrange(self, room: int) -> None:
        """Make lines that are no wider than `room` pixels, if a widget is not."""
        shown = self._added[::-1]
        placed = lines([one.winfo_reqwidth() for one in shown], room, self._gap)
        for row, numbers in enumerate(placed):
            for number in numbers:
                gap = 0 if number == numbers[0] else self._gap
                shown[number].pack(in_=self._line(row), side="left", padx=(gap, 0))
                shown[number].lift()
        for line in self._lines[len(placed) :]:
            line.grid_remove()

    def _line(self, row: int) -> Any:
        while len(self._lines) <= row:
            self._lines.append(frame(self))
        line = self._lines[row]
        line.grid(row=row, sticky="w", pady=(self._gap if row else 0, 0))
        return line
