"""What callers declare: collections of documents and append-only streams.

It knows names and the functions between a caller's values and plain data; it must not
know how either is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from storage.errors import Misuse

T = TypeVar("T")

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
# names of other files in the directory
_RESERVED = frozenset({"base", "journal", "keyring", "quarantine", "ballast"})


def _require_name(name: str) -> None:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise Misuse(f"{name!r} cannot name a collection or stream")


@dataclass(frozen=True, slots=True)
class Collection(Generic[T]):
    """A named set of documents.

    Attributes:
        name: lower-case letters, digits and underscores; never reused for other data.
        key: the document's immutable id.
        to_document: plain data that msgpack can pack.
        from_document: the inverse.
        unique: names of top-level fields whose value (str, or None for not indexed)
            no two documents may share.
        grouped: names of top-level fields by whose value (str, a list of distinct
            ones, or None for no group) documents are found together.
    """

    name: str
    key: Callable[[T], str]
    to_document: Callable[[T], Mapping[str, Any]]
    from_document: Callable[[dict[str, Any]], T]
    unique: tuple[str, ...] = ()
    grouped: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _require_name(self.name)
        if set(self.unique) & set(self.grouped):
            raise Misuse(f"{self.name}: a unique field has no groups")


@dataclass(frozen=True, slots=True)
class Stream:
    """A named, append-only sequence of entries, numbered from 1 without gaps.

    Attributes:
        name: as that of a collection.
        indexed: names of top-level fields by whose text values entries are found.
        timed: the name of a top-level field with a text that grows with time, by which
            ranges are found. It need not grow without exception.
    """

    name: str
    indexed: tuple[str, ...] = ()
    timed: str | None = None

    def __post_init__(self) -> None:
        _require_name(self.name)


class Entry(NamedTuple):
    """One entry of a stream."""

    sequence: int
    data: dict[str, Any]
