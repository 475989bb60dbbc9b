"""One way through the accounts in order: a page is collected, the rest is counted."""

from typing import NamedTuple

from ums_service.directory.cursors import Cursor
from ums_service.directory.order import Bucket, Key, Order
from ums_service.directory.rows import Rows
from ums_service.directory.selection import Selection
from ums_service.directory.turns import Turns


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


class Walk:
    """The search for one page."""

    def __init__(
        self, rows: Rows, selection: Selection, page: Page, order: Order
    ) -> None:
        self._rows = rows
        self._selection = selection
        self._page = page
        self._order = order
        self._total = selection.count(rows)
        self._skip = 0 if page.cursor else (page.number - 1) * page.size
        self._seen = 0
        self._found: dict[str, Key] = {}

    async def run(self, turns: Turns) -> Found:
        """Go until all is found that has to be found."""
        page, after = self._page, None
        if page.cursor is not None and self._total is not None:
            after = page.cursor.key
        descending = page.descending and page.sort_by is not None
        for bucket in self._order.buckets(descending=descending, after=after):
            self._take(bucket, descending=descending)
            if self._is_done():
                break
            await turns.give()
        total = self._seen if self._total is None else self._total
        more = len(self._found) > page.size
        cursor = self._cursor() if more and page.size else None
        return Found(list(self._found)[: page.size], total, more, cursor)

    def _is_done(self) -> bool:
        """Whether the total is known and no more rows are needed for the page."""
        if self._total is None:
            return False
        return len(self._found) > self._page.size or self._seen >= self._total

    def _take(self, bucket: Bucket, *, descending: bool) -> None:
        if self._passes(bucket):
            return
        room = self._page.size + 1 - len(self._found)
        if room <= 0:
            some = bucket.rows.tolist()
            self._seen += len(self._selection.of(self._rows, some))
            return
        some = self._order.in_order(bucket)
        wanted = self._selection.of(self._rows, some[::-1] if descending else some)
        passed, self._seen = self._seen, self._seen + len(wanted)
        if self._page.cursor is not None and self._total is None:
            wanted = self._behind(self._page.cursor.key, wanted)
        first = max(0, self._skip - passed)
        for row in wanted[first : first + room]:
            self._found[self._rows.ids[row]] = self._order.key(row)

    def _passes(self, bucket: Bucket) -> bool:
        """Whether a bucket lies before the page: then it is only counted."""
        if self._total is None or self._seen >= self._skip:
            return False
        count = len(bucket.rows)
        if self._selection.traits:
            count = self._order.count(bucket, self._selection.numbers(self._rows))
        if self._seen + count > self._skip:
            return False
        self._seen += count
        return True

    def _behind(self, last: Key, wanted: list[int]) -> list[int]:
        """Those of some rows in order that follow the one shown last."""
        key, descending = self._order.key, self._page.descending
        return [
            row
            for row in wanted
            if (key(row) < last if descending else key(row) > last)
        ]

    def _cursor(self) -> Cursor | None:
        """Where this page ends, in an order that has a name."""
        if self._page.sort_by is None:
            return None
        key = list(self._found.values())[self._page.size - 1]
        return Cursor(self._page.sort_by, self._page.descending, key)
