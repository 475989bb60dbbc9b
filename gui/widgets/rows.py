"""What a table shows: columns, rows, and where rows come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `width` is in pixels at 100 %, if there is room for all.

    `sort` names what to sort by when its heading is clicked; a `fixed` column is as wide
    as it says, whatever room there is.
    """

    name: str
    title: str
    width: int
    sort: str = ""
    fixed: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its key, its cells, and a tone such as `muted` or `danger`."""

    key: str
    cells: tuple[str, ...]
    tone: str = ""


class Source(Protocol):
    """Where rows come from. `total` may grow while pages come in."""

    @property
    def total(self) -> int:
        """How many rows there are, as far as is known."""
        ...

    def row(self, number: int) -> Row | None:
        """The row of that number, from 0 on; None while it is on its way."""
        ...


class Rows:
    """A source whose rows are all there already."""

    def __init__(self, rows: Sequence[Row]) -> None:
        """They are shown in this order."""
        self._rows = rows
        self.total = len(rows)

    def row(self, number: int) -> Row | None:
        """The row of that number."""
        return self._rows[number]
