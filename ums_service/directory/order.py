"""All rows in the order of one key, in buckets: cheap to page through and to change.

One long array would have to be moved at every change; a bucket of some hundred rows is
found by bisection and changed in microseconds. Each bucket has a range of keys, and is
sorted when its rows are first wanted in order. It knows nothing of accounts.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Final

Key = tuple[str | float, str]
"""The value that is sorted by, then the id of the account: no two rows have the same."""

_FULL: Final = 512


class Bucket:
    """Rows whose keys lie next to each other."""

    __slots__ = ("is_sorted", "kinds", "rows")

    def __init__(self, rows: Iterable[int] = ()) -> None:
        self.rows = array("I", rows)
        self.is_sorted = True
        self.kinds: Counter[int] | None = None
        """How many rows there are of each kind; None before somebody asks."""


class Order:
    """Rows sorted by `key`. Take a row out before what its key is made of changes."""

    def __init__(
        self,
        key: Callable[[int], Key],
        kind: Callable[[int], int],
        sample: Iterable[int] = (),
    ) -> None:
        """An empty order.

        `kind` is a number that many rows share: they can be counted by it. The ranges
        of the first buckets are parted by the rows of a sample of those to come.
        """
        self.key = key
        self._kind = kind
        self._starts = sorted(map(key, sample))
        """Where each bucket but the first begins."""
        self._buckets = [Bucket() for _ in range(len(self._starts) + 1)]

    def take(self, rows: Iterable[int]) -> None:
        """Put many rows into their buckets, which are sorted later."""
        for row in rows:
            number = bisect_right(self._starts, self.key(row))
            bucket = self._buckets[number]
            bucket.rows.append(row)
            bucket.is_sorted, bucket.kinds = False, None
            self._limit(number)

    def sort(self) -> Iterator[None]:
        """Sort what is not sorted yet; pauses after each bucket."""
        for bucket in self.buckets(descending=False):
            self.in_order(bucket)
            yield

    def add(self, row: int) -> None:
        """Put a row into its place."""
        key = self.key(row)
        number = bisect_right(self._starts, key)
        bucket = self._buckets[number]
        rows, bucket.kinds = bucket.rows, None
        if bucket.is_sorted:
            rows.insert(bisect_left(rows, key, key=self.key), row)
        else:
            rows.append(row)
        self._limit(number)

    def remove(self, row: int) -> None:
        """Take a row out of its place."""
        key = self.key(row)
        number = bisect_right(self._starts, key)
        bucket = self._buckets[number]
        rows, bucket.kinds = bucket.rows, None
        if bucket.is_sorted:
            del rows[bisect_left(rows, key, key=self.key)]
        else:
            rows.remove(row)
        if not rows and self._starts:  # a neighbour takes the range over
            del self._buckets[number], self._starts[max(0, number - 1)]

    def is_of_another_kind(self, row: int) -> None:
        """Count the rows around this one anew: its kind has changed."""
        self._buckets[bisect_right(self._starts, self.key(row))].kinds = None

    def buckets(
        self, *, descending: bool, after: Key | None = None
    ) -> Iterator[Bucket]:
        """The buckets behind `after` in order; of the first, what lies behind.

        Rows may come, move and go between two of them: those that stay where they are
        are met once.
        """
        return self._down(after) if descending else self._up(after)

    def in_order(self, bucket: Bucket) -> list[int]:
        """The rows of one bucket, sorted."""
        if not bucket.is_sorted:
            bucket.rows = array("I", sorted(bucket.rows, key=self.key))
            bucket.is_sorted = True
        return bucket.rows.tolist()

    def count(self, bucket: Bucket, kinds: Collection[int]) -> int:
        """How many rows of one bucket are of any of these kinds."""
        if bucket.kinds is None:
            bucket.kinds = Counter(map(self._kind, bucket.rows))
        return sum(number for kind, number in bucket.kinds.items() if kind in kinds)

    def _up(self, after: Key | None) -> Iterator[Bucket]:
        number = 0 if after is None else bisect_right(self._starts, after)
        bucket, bound = self._buckets[number], self._start(number + 1)
        if after is not None:
            rows = self.in_order(bucket)
            bucket = Bucket(rows[bisect_right(rows, after, key=self.key) :])
        yield bucket
        while bound is not None:
            number = bisect_right(self._starts, bound)
            bucket, begin = self._buckets[number], self._start(number)
            if begin != bound:  # it was made larger meanwhile
                rows = self.in_order(bucket)
                bucket = Bucket(rows[bisect_left(rows, bound, key=self.key) :])
            bound = self._start(number + 1)
            yield bucket

    def _down(self, after: Key | None) -> Iterator[Bucket]:
        number = len(self._starts)
        if after is not None:
            number = bisect_left(self._starts, after)
        while True:
            bucket, begin = self._buckets[number], self._start(number)
            if after is not None and after != self._start(number + 1):
                rows = self.in_order(bucket)
                bucket = Bucket(rows[: bisect_left(rows, after, key=self.key)])
            yield bucket
            if begin is None:
                return
            after, number = begin, bisect_left(self._starts, begin)

    def _start(self, number: int) -> Key | None:
        """Where a bucket begins; None for the first one and behind the last."""
        return self._starts[number - 1] if 0 < number <= len(self._starts) else None

    def _limit(self, number: int) -> None:
        """Make two of a bucket that has become too large."""
        if len(self._buckets[number].rows) <= _FULL:
            return
        rows = self.in_order(self._buckets[number])
        middle = len(rows) // 2
        self._starts.insert(number, self.key(rows[middle]))
        self._buckets[number : number + 1] = (
            Bucket(rows[:middle]),
            Bucket(rows[middle:]),
        )
