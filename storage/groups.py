"""Which documents share a value: one grouped field of one collection in memory.

    members  value -> id, or the sorted ids of several
    pending  value -> {id: joins or leaves} of commits that are queued but not durable

Ids are kept in order, so that a page begins behind the last id of the page before and
misses nothing that was there all the time. A group of one is a bare id: a million of
them cost no more than a unique field. A document may be in several groups of a field.
It knows nothing of documents.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Mapping
from typing import NamedTuple, final

from storage.records import GroupValue, groups_in


class GroupChange(NamedTuple):
    """A document joins the group of a value, or leaves it."""

    field: str
    value: str
    joins: bool


@final
class Groups:
    """The groups of one field."""

    __slots__ = ("_members", "_pending", "shared")

    def __init__(self) -> None:
        self.shared = False
        """Whether a document may be, or have been, in several groups at once."""
        self._members: dict[str, str | list[str]] = {}
        self._pending: dict[str, dict[str, tuple[int, bool]]] = {}

    def page(self, value: str, after: str | None, limit: int | None) -> list[str]:
        """The visible ids behind `after`, in order, at most `limit`; a copy."""
        members = self._group(value)
        begin = 0 if after is None else bisect_right(members, after)
        return members[begin : None if limit is None else begin + limit]

    def count(self, value: str) -> int:
        """How many ids are visible."""
        members = self._members.get(value, [])
        return 1 if isinstance(members, str) else len(members)

    def latest_page(
        self, value: str, after: str | None, limit: int | None
    ) -> list[str]:
        """As `page`, including queued commits."""
        pending = self._pending.get(value)
        if not pending:
            return self.page(value, after, limit)
        changes = {id_: joins for id_, (_, joins) in pending.items()}
        reach = None if limit is None else limit + len(changes)
        return changed_page(self.page(value, after, reach), changes, after, limit)

    def latest_has(self, value: str, id_: str) -> bool:
        """Whether the document is in the group, including queued commits."""
        pending = self._pending.get(value)
        if pending is not None and id_ in pending:
            return pending[id_][1]
        members = self._members.get(value)
        if members is None or isinstance(members, str):
            return members == id_
        at = bisect_left(members, id_)
        return at < len(members) and members[at] == id_

    def values(self) -> Iterable[str]:
        """All values that a visible document has."""
        return self._members.keys()

    def load(self, values: Iterable[GroupValue], ids: Iterable[str]) -> None:
        """Add documents in any order; `sort` follows the last."""
        for value, id_ in zip(values, ids, strict=True):
            if isinstance(value, str):
                self._load(value, id_)
            elif value is not None:
                self.shared = True
                for one in groups_in(value):
                    self._load(one, id_)

    def sort(self) -> None:
        """Put all groups in order."""
        for some in self._members.values():
            if isinstance(some, list):
                some.sort()

    def stage(self, number: int, id_: str, change: GroupChange) -> None:
        """Make a queued change part of LATEST."""
        _, value, joins = change
        self._pending.setdefault(value, {})[id_] = (number, joins)

    def settle(self, number: int, id_: str, change: GroupChange) -> None:
        """A queued change is visible now; one queued behind it stays."""
        pending = self._pending.get(change.value)
        if pending is not None and id_ in pending and pending[id_][0] == number:
            del pending[id_]
            if not pending:
                del self._pending[change.value]

    def apply(self, id_: str, change: GroupChange) -> None:
        """Change what is visible."""
        _, value, joins = change
        some = self._members.get(value)
        if joins and some is None:
            self._members[value] = id_
        elif joins and isinstance(some, str):
            self._members[value] = sorted((some, id_))
        elif joins and isinstance(some, list):
            insort(some, id_)
        elif some == id_:
            del self._members[value]
        elif isinstance(some, list):
            self._leave(value, some, id_)

    def drop_pending(self) -> None:
        """Forget all queued changes."""
        self._pending.clear()

    def _load(self, value: str, id_: str) -> None:
        some = self._members.setdefault(value, id_)
        if isinstance(some, list):
            some.append(id_)
        elif some is not id_:
            self._members[value] = [some, id_]

    def _group(self, value: str) -> list[str]:
        some = self._members.get(value, [])
        return [some] if isinstance(some, str) else some

    def _leave(self, value: str, some: list[str], id_: str) -> None:
        del some[bisect_left(some, id_)]
        if len(some) == 1:
            self._members[value] = some[0]


def changed_page(
    ids: list[str],
    changes: Mapping[str, bool],
    after: str | None,
    limit: int | None,
) -> list[str]:
    """A page of a group as it is when some ids have joined (True) or left it.

    `ids` reach further than `limit` by one for each change, or to the end.
    """
    found = [id_ for id_ in ids if id_ not in changes]
    found += (
        id_
        for id_, joins in changes.items()
        if joins and (after is None or id_ > after)
    )
    found.sort()
    return found[:limit]
