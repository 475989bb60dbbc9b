"""What entries are found by: conditions, and the terms that an index keeps of them.

Pure: values in, values out. It knows names of fields; it must not know what they say.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, NamedTuple, final

import msgpack

from storage.collection import Stream
from storage.segments import PackedEntry

Pair = tuple[str, str]
"""A field and the text it has."""


class Span(NamedTuple):
    """The least and the greatest text of the timed field in some entries."""

    least: str
    most: str


@final
class Search(NamedTuple):
    """Which entries are wanted: every clause holds, each by any of its pairs.

    `since` and `until` bound the timed field, both included.
    """

    clauses: tuple[frozenset[Pair], ...] = ()
    since: str | None = None
    until: str | None = None

    def meets(self, span: Span | None) -> bool:
        """Whether entries of that span can be wanted."""
        if span is None:
            return self.since is None and self.until is None
        if self.since is not None and span.most < self.since:
            return False
        return self.until is None or span.least <= self.until

    def wants(self, entry: dict[str, Any], timed: str | None) -> bool:
        """Whether the entry is wanted."""
        for clause in self.clauses:
            if not any(entry.get(field) == value for field, value in clause):
                return False
        if self.since is None and self.until is None:
            return True
        at = entry.get(timed) if timed else None
        return isinstance(at, str) and self.meets(Span(at, at))

    def needles(self) -> list[list[bytes]]:
        """What the bytes of a wanted entry contain: one of each list."""
        return [[value.encode() for _, value in clause] for clause in self.clauses]


def matching(
    search: Search, needles: list[list[bytes]], packed: bytes, timed: str | None
) -> dict[str, Any] | None:
    """The entry, if it is wanted. Most are passed over without being unpacked."""
    for clause in needles:
        if not any(needle in packed for needle in clause):
            return None
    entry: dict[str, Any] = msgpack.unpackb(packed, strict_map_key=False)
    return entry if search.wants(entry, timed) else None


def term(pair: Pair) -> int:
    """64 bits that stand for a pair; two pairs that share them cost a needless look."""
    digest = blake2b(f"{pair[0]}\0{pair[1]}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big")


class Summary(NamedTuple):
    """What an index keeps of some entries."""

    terms: set[int]
    span: Span | None


def summary(stream: Stream, entries: Iterable[bytes]) -> Summary:
    """The terms of packed entries, each once, and the span of their times."""
    pairs: set[Pair] = set()
    times: set[str] = set()
    for packed in entries:
        entry = msgpack.unpackb(packed, strict_map_key=False)
        for field in stream.indexed:
            value = entry.get(field)
            if type(value) is str:
                pairs.add((field, value))
        at = entry.get(stream.timed)
        if type(at) is str:
            times.add(at)
    span = Span(min(times), max(times)) if times else None
    return Summary({term(pair) for pair in pairs}, span)


def numbered(first: int, entries: list[bytes]) -> list[PackedEntry]:
    """Entries with their numbers, the newest first."""
    last = first + len(entries) - 1
    return [PackedEntry(last - at, one) for at, one in enumerate(reversed(entries))]
