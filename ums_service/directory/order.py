"""All rows in the order of one key, in buckets: cheap to page through and to change.

One long array would have to be moved at every change; a bucket of some hundred rows is
found by bisection and changed in microseconds. It knows nothing of accounts.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from typing import Final

Key = tuple[str | float, str]
"""The value that is sorted by, then the id of the account: no two rows have the same."""

_FULL: Final = 512
_SAMPLED: Final = 512
_PAUSE_EVERY: Final = 128


class Order:
    """Rows sorted by `key`. Take a row out before what its key is made of changes."""

    def __init__(self, key: Callable[[int], Key]) -> None:
        self.key = key
        self._buckets: list[array[int]] = []

    def load(self, rows: Iterable[int]) -> Iterator[None]:
        """Sort many rows at once; pauses, at which nothing may change, every moment.

        The rows are dealt out by a sample of them, then each bucket is sorted: no step
        takes long however many there are.
        """
        all_rows = list(rows)
        step = max(1, len(all_rows) // _SAMPLED)
        sample = sorted(map(self.key, all_rows[::step]))
        between = sample[:: max(1, len(sample) * _FULL // (2 * len(all_rows) + 1))]
        dealt: list[list[int]] = [[] for _ in range(len(between) + 1)]
        for number, row in enumerate(all_rows):
            dealt[bisect_right(between, self.key(row))].append(row)
            if number % _PAUSE_EVERY == 0:
                yield
        for some in dealt:
            some.sort(key=self.key)
            for begin in range(0, len(some), _FULL):
                self._buckets.append(array("I", some[begin : begin + _FULL]))
            yield

    def add(self, row: int) -> None:
        """Put a row into its place."""
        key = self.key(row)
        number = min(self._bucket_of(key), len(self._buckets) - 1)
        if number < 0:
            self._buckets.append(array("I", [row]))
            return
        bucket = self._buckets[number]
        bucket.insert(bisect_left(bucket, key, key=self.key), row)
        if len(bucket) > _FULL:
            self._buckets.insert(number + 1, bucket[_FULL // 2 :])
            del bucket[_FULL // 2 :]

    def remove(self, row: int) -> None:
        """Take a row out of its place."""
        key = self.key(row)
        number = self._bucket_of(key)
        bucket = self._buckets[number]
        del bucket[bisect_left(bucket, key, key=self.key)]
        if not bucket:
            del self._buckets[number]

    def chunks(
        self, *, descending: bool, after: Key | None = None, skip: int = 0
    ) -> Iterator[list[int]]:
        """The rows behind `after` in order, some at a time; `skip` leaves out the first.

        Rows may come, move and go between two chunks: those that stay where they are
        are met once.
        """
        beyond = self._below if descending else self._above
        if skip and after is None:
            rows = self._from(skip, descending=descending)
        else:
            rows = beyond(after)
        while rows:
            last = self.key(rows[-1])
            yield rows
            rows = beyond(last)

    def _above(self, key: Key | None) -> list[int]:
        if key is None:
            return list(self._buckets[0]) if self._buckets else []
        number = self._bucket_of(key)
        if number == len(self._buckets):
            return []
        bucket = self._buckets[number]
        rows = list(bucket[bisect_right(bucket, key, key=self.key) :])
        if not rows and number + 1 < len(self._buckets):
            return list(self._buckets[number + 1])
        return rows

    def _below(self, key: Key | None) -> list[int]:
        if key is None:
            return list(reversed(self._buckets[-1])) if self._buckets else []
        number = self._bucket_of(key)
        if number < len(self._buckets):
            bucket = self._buckets[number]
            rows = bucket[: bisect_left(bucket, key, key=self.key)]
            if rows:
                return list(reversed(rows))
        return list(reversed(self._buckets[number - 1])) if number else []

    def _from(self, skip: int, *, descending: bool) -> list[int]:
        for bucket in reversed(self._buckets) if descending else self._buckets:
            if skip < len(bucket):
                rows = list(reversed(bucket)) if descending else list(bucket)
                return rows[skip:]
            skip -= len(bucket)
        return []

    def _bucket_of(self, key: Key) -> int:
        """The first bucket that ends with this key or behind it."""
        return bisect_left(self._buckets, key, key=lambda bucket: self.key(bucket[-1]))
