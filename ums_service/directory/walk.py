"""One way through the accounts in order: a page is collected, the rest is counted."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from storage import Store
from ums_service.directory.cursors import Cursor
from ums_service.directory.order import Key, Order
from ums_service.directory.rows import Rows
from ums_service.directory.selection import Selection
from ums_service.directory.turns import Turns
from ums_service.domain.users import USERS

_AT_ONCE: Final = 512


class Page(NamedTuple):
    """What part of the found accounts is wanted. Without `sort_by` as they were made."""

    size: int
    number: int = 1
    sort_by: str | None = None
    descending: bool = False
    cursor: Cursor | None = None


class Found(NamedTuple):
    """The ids on one page, how many accounts there are on all, what comes next."""

    user_ids: list[str]
    total: int
    more: bool
    cursor: Cursor | None


class AsMade:
    """All rows in the order in which the accounts were made, which the store keeps."""

    def __init__(self, store: Store, rows: Rows) -> None:
        self._store = store
        self._rows = rows

    def chunks(self, skip: int) -> Iterator[list[int]]:
        """The rows in order, some at a time; `skip` leaves out the first."""
        user_ids, row_of = self._store.ids(USERS), self._rows.row_of
        for begin in range(skip, len(user_ids), _AT_ONCE):
            some = user_ids[begin : begin + _AT_ONCE]
            yield [row_of[user_id] for user_id in some if user_id in row_of]


class Walk:
    """The search for one page."""

    def __init__(
        self, rows: Rows, selection: Selection, page: Page, order: Order | AsMade
    ) -> None:
        self._rows = rows
        self._selection = selection
        self._page = page
        self._order = order
        self._total = selection.count(rows)
        self._skip = 0 if page.cursor else (page.number - 1) * page.size
        self._seen = 0
        self._found: dict[str, Key | None] = {}

    async def run(self, turns: Turns) -> Found:
        """Go until all is found that has to be found."""
        for some in self._chunks():
            self._take(some)
            if self._is_done():
                break
            await turns.give()
        size = self._page.size
        total = self._seen if self._total is None else self._total
        more = len(self._found) > size
        cursor = self._cursor() if more and size else None
        return Found(list(self._found)[:size], total, more, cursor)

    def _chunks(self) -> Iterator[list[int]]:
        """The rows that have to be looked at."""
        page, unasked = self._page, 0
        if self._total is not None and not self._selection.traits:
            unasked, self._skip = self._skip, 0
        if isinstance(self._order, AsMade):
            return self._order.chunks(unasked)
        after = None
        if page.cursor is not None and self._total is not None:
            after = page.cursor.key
        return self._order.chunks(descending=page.descending, after=after, skip=unasked)

    def _is_done(self) -> bool:
        """Whether the total is known and no more rows are needed for the page."""
        if self._total is None:
            return False
        return len(self._found) > self._page.size or self._seen >= self._total

    def _take(self, some: list[int]) -> None:
        wanted = self._selection.of(self._rows, some)
        passed, self._seen = self._seen, self._seen + len(wanted)
        room = self._page.size + 1 - len(self._found)
        if room <= 0 or not wanted:
            return
        if self._page.cursor is not None and self._total is None:
            wanted = self._behind(self._page.cursor.key, wanted)
        first = max(0, self._skip - passed)
        for row in wanted[first : first + room]:
            self._found[self._rows.ids[row]] = self._key(row)

    def _behind(self, last: Key, wanted: list[int]) -> list[int]:
        """Those of some rows in order that follow the one shown last."""
        assert isinstance(self._order, Order)
        key, descending = self._order.key, self._page.descending
        return [
            row
            for row in wanted
            if (key(row) < last if descending else key(row) > last)
        ]

    def _key(self, row: int) -> Key | None:
        return self._order.key(row) if isinstance(self._order, Order) else None

    def _cursor(self) -> Cursor | None:
        """Where this page ends, in an order that has keys."""
        key = list(self._found.values())[self._page.size - 1]
        if key is None or self._page.sort_by is None:
            return None
        return Cursor(self._page.sort_by, self._page.descending, key)
