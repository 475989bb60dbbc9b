"""A line of the result, its target, and the table. Knows no benchmark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from typing_extensions import override

_COLUMNS = ("name", "measured", "floor", "ratio", "target", "")
_INFORMATION = "information"


class Quantity(NamedTuple):
    """A number with its unit."""

    value: float
    unit: str

    @override
    def __str__(self) -> str:
        """Three significant digits and more, never an exponent."""
        digits = 0 if abs(self.value) >= 100 else 1 if abs(self.value) >= 10 else 2
        return f"{self.value:,.{digits}f} {self.unit}"


class AtLeast(NamedTuple):
    """A target that more is better than."""

    limit: float

    def is_met(self, value: float) -> bool:
        """Whether the value is good enough."""
        return value >= self.limit

    @override
    def __str__(self) -> str:
        """As the table shows it."""
        return f">= {self.limit:,g}"


class AtMost(NamedTuple):
    """A target that less is better than."""

    limit: float

    def is_met(self, value: float) -> bool:
        """Whether the value is good enough."""
        return value <= self.limit

    @override
    def __str__(self) -> str:
        """As the table shows it."""
        return f"<= {self.limit:,g}"


@dataclass(frozen=True, slots=True)
class Line:
    """One result. The target holds for the ratio where there is one.

    `notes` go below the line: what the load generator and the server spent, and spread.
    """

    name: str
    measured: Quantity
    floor: Quantity | None = None
    ratio: float | None = None
    target: AtLeast | AtMost | None = None
    notes: tuple[str, ...] = ()

    @property
    def met(self) -> bool | None:
        """Whether the target was met; None without one."""
        if self.target is None:
            return None
        judged = self.measured.value if self.ratio is None else self.ratio
        return self.target.is_met(judged)

    def cells(self) -> tuple[str, ...]:
        """The line's columns."""
        verdict = {True: "met", False: "MISSED", None: _INFORMATION}[self.met]
        return (
            self.name,
            str(self.measured),
            "" if self.floor is None else str(self.floor),
            "" if self.ratio is None else f"{self.ratio:.3f}",
            "" if self.target is None else str(self.target),
            verdict,
        )

    def plain(self) -> dict[str, Any]:
        """The line for a JSON file."""
        return {
            "name": self.name,
            "measured": self.measured._asdict(),
            "floor": self.floor._asdict() if self.floor else None,
            "ratio": self.ratio,
            "target": str(self.target) if self.target else None,
            "met": self.met,
            "notes": list(self.notes),
        }


def render(lines: Sequence[Line]) -> str:
    """The table, with the notes of each line below it."""
    rows = [_COLUMNS, *(line.cells() for line in lines)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]

    def joined(row: tuple[str, ...]) -> str:
        first = row[0].ljust(widths[0])
        rest = (
            cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)
        )
        return "  ".join([first, *rest]).rstrip()

    text = [joined(_COLUMNS), "-" * (sum(widths) + 2 * len(widths) - 2)]
    for line in lines:
        text.append(joined(line.cells()))
        text.extend(f"    {note}" for note in line.notes)
    return "\n".join(text)
