"""Where the fields of a form stand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Place(NamedTuple):
    """Where a field stands in the grid of its form."""

    row: int
    column: int
    rows: int = 1


def places(lists: Sequence[bool], columns: int) -> list[Place]:
    """Row by row; a list that is always unfolded stands beside the others.

    `lists` tells which of the fields are such lists; of several none stands beside.
    """
    if columns == 1 or sum(lists) != 1:
        return [Place(*divmod(number, columns)) for number in range(len(lists))]
    at, others = lists.index(True), columns - 1
    first = at == 0
    found = [
        Place(row, column + first)
        for row, column in (divmod(n, others) for n in range(len(lists) - 1))
    ]
    found.insert(at, Place(0, 0 if first else others, len(lists) + 1))
    return found
