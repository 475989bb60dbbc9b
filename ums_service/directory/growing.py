"""An order that takes in the rows there are bit by bit, while accounts change."""

from functools import partial
from typing import Final

from ums_service.directory.order import Key, Order
from ums_service.directory.rows import Rows, Sort
from ums_service.directory.turns import Turns

_SAMPLED: Final = 384
"""Parts 100,000 rows into buckets that need not be split; sorting it takes 0.5 ms."""
_AT_ONCE: Final = 64
"""Some 0.1 ms."""


class Growing:
    """The rows up to `taken` are in the order; the others come by and by.

    Any number of tasks may make it whole together. What changes meanwhile is told to it
    as if it were whole.
    """

    def __init__(self, rows: Rows, sort: Sort) -> None:
        self.sort = sort
        self._rows = rows
        self._taken = 0
        step = max(1, len(rows.ids) // _SAMPLED)
        sample = self._used(range(step // 2, len(rows.ids), step))
        self.order = Order(partial(_key, rows, sort), rows.traits.__getitem__, sample)

    async def take_all(self, turns: Turns) -> Order:
        """The whole order, with every change up to now in it."""
        while self._taken < len(self._rows.ids):
            begin, end = self._taken, self._taken + _AT_ONCE
            self._taken = min(end, len(self._rows.ids))
            self.order.take(self._used(range(begin, self._taken)))
            await turns.give()
        return self.order

    def add(self, row: int) -> None:
        """An account has come. One that is not the next row waits for those before."""
        if row <= self._taken:
            self._taken = max(self._taken, row + 1)
            self.order.add(row)

    def remove(self, row: int) -> None:
        """An account goes, or what it is sorted by is about to change."""
        if row < self._taken:
            self.order.remove(row)

    def is_of_another_kind(self, row: int) -> None:
        """The traits of an account have changed, but not its place."""
        if row < self._taken:
            self.order.is_of_another_kind(row)

    def _used(self, some: range) -> list[int]:
        ids = self._rows.ids
        return [row for row in some if ids[row]]


def _key(rows: Rows, sort: Sort, row: int) -> Key:
    return sort.value(rows, row), rows.ids[row]
