"""The documents of one collection in memory, with their unique keys and groups.

    docs     id -> value, what is durable and visible
    indexes  field -> {unique value -> id}
    groups   field -> {shared value -> ids}
    pending  the same three for commits that are queued but not yet durable

Only durable changes reach what is visible; LATEST is pending over durable. A value
is the document's revision and its msgpack bytes: decoded documents cost several times
as much. It knows nothing of files and threads: the owner of the loop calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import NamedTuple, cast

from storage.errors import UniqueViolation
from storage.groups import GroupChange, Groups
from storage.records import GroupValue, document_of, groups_in, revision_of

Index = dict[str, str]


class KeyChange(NamedTuple):
    """A unique value given to a document, or taken away (id None)."""

    field: str
    value: str
    id: str | None


class Change(NamedTuple):
    """A document put (value) or deleted (None), and what that does to keys and groups."""

    table: Table
    id: str
    value: bytes | None
    keys: tuple[KeyChange, ...]
    groups: tuple[GroupChange, ...] = ()


class Table:
    """Documents, indexes and the pending overlay of one collection."""

    __slots__ = (
        "_pending_docs",
        "_pending_keys",
        "docs",
        "groups",
        "indexes",
        "key_fields",
        "name",
        "unique",
        "watchers",
    )

    def __init__(
        self, name: str, unique: tuple[str, ...], grouped: tuple[str, ...]
    ) -> None:
        self.name = name
        self.unique = unique
        self.key_fields = (*unique, *grouped)
        self.groups = {field: Groups() for field in grouped}
        self.watchers: list[Callable[[str], object]] = []
        self.docs: dict[str, bytes] = {}
        self.indexes: dict[str, Index] = {field: {} for field in unique}
        self._pending_docs: dict[str, tuple[int, bytes | None]] = {}
        self._pending_keys: dict[str, dict[str, tuple[int, str | None]]] = {
            field: {} for field in unique
        }

    def latest(self, id: str) -> bytes | None:  # noqa: A002 - the word of the contract
        """The value including queued commits."""
        pending = self._pending_docs.get(id)
        return self.docs.get(id) if pending is None else pending[1]

    def latest_revision(self, id: str) -> int:  # noqa: A002 - the word of the contract
        return revision_of(self.latest(id))

    def latest_owner(self, field: str, value: str) -> str | None:
        """Who owns a unique value, including queued commits."""
        pending = self._pending_keys[field].get(value)
        return self.indexes[field].get(value) if pending is None else pending[1]

    def keeps_keys(
        self,
        id: str,  # noqa: A002 - the word of the contract
        unique: dict[str, str | None],
    ) -> bool:
        """True when LATEST `id` has exactly these keys: the usual update.

        Told without decoding the document; False may also mean not known.
        """
        for field, value in unique.items():
            if value is None:
                return False
            pending = self._pending_keys[field].get(value)
            owner = self.indexes[field].get(value) if pending is None else pending[1]
            if owner != id:
                return False
        return len(unique) == len(self.unique)

    def released(
        self,
        id: str,  # noqa: A002 - the word of the contract
        unique: dict[str, str | None],
    ) -> list[KeyChange]:
        """The unique values that LATEST `id` has and that `unique` does not keep."""
        old = self.latest(id)
        if old is None:
            return []
        document = document_of(old)
        return [
            KeyChange(field, document[field], None)
            for field in self.unique
            if document.get(field) not in (None, unique.get(field))
        ]

    def claimed(
        self,
        id: str,  # noqa: A002 - the word of the contract
        unique: dict[str, str | None],
        free: AbstractSet[tuple[Table, str, str]],
    ) -> list[KeyChange]:
        """The unique values that `id` newly takes; `free` ones are given up just now.

        Raises UniqueViolation.
        """
        claims = []
        for field, value in unique.items():
            if value is None:
                continue
            owner = self.latest_owner(field, value)
            if owner == id:
                continue
            if owner is not None and (self, field, value) not in free:
                raise UniqueViolation(self.name, field, value)
            claims.append(KeyChange(field, value, id))
        return claims

    def regrouped(
        self,
        id: str,  # noqa: A002 - the word of the contract
        values: dict[str, GroupValue],
    ) -> tuple[GroupChange, ...]:
        """How `id` leaves and joins groups; without `values` it leaves all."""
        if not self.groups:
            return ()
        if values and all(
            self._keeps_group(id, field, values[field]) for field in self.groups
        ):
            return ()  # the usual update, told without decoding the document
        old = self.latest(id)
        before = {} if old is None else document_of(old)
        changes: list[GroupChange] = []
        for field in self.groups:
            was, is_ = set(groups_in(before.get(field))), groups_in(values.get(field))
            changes += (GroupChange(field, v, joins=False) for v in was.difference(is_))
            changes += (GroupChange(field, v, joins=True) for v in is_ if v not in was)
            if len(is_) > 1:
                self.groups[field].shared = True
        return tuple(changes)

    def _keeps_group(
        self,
        id: str,  # noqa: A002 - the word of the contract
        field: str,
        value: GroupValue,
    ) -> bool:
        groups = self.groups[field]
        one = isinstance(value, str) and not groups.shared
        return one and groups.latest_has(cast("str", value), id)

    def stage(self, number: int, change: Change) -> None:
        """Make a queued change part of LATEST."""
        self._pending_docs[change.id] = (number, change.value)
        for field, value, owner in change.keys:
            keys = self._pending_keys[field]
            if owner is None:
                key = keys.get(value)
                if key is not None and key[0] == number and key[1] is not None:
                    continue  # the same transaction gave it to another document
            keys[value] = (number, owner)
        for group in change.groups:
            self.groups[group.field].stage(number, change.id, group)

    def publish(self, number: int, change: Change) -> None:
        """Make a durable change visible."""
        self.apply(change)
        _, id_, _, key_changes, group_changes = change
        pending = self._pending_docs.get(id_)
        if pending is not None and pending[0] == number:
            del self._pending_docs[id_]
        for field, value, _ in key_changes:
            keys = self._pending_keys[field]
            key = keys.get(value)
            if key is not None and key[0] == number:
                del keys[value]
        for group in group_changes:
            self.groups[group.field].settle(number, id_, group)

    def apply(self, change: Change) -> None:
        """Change what is visible."""
        _, id_, new, key_changes, group_changes = change
        if new is None:
            self.docs.pop(id_, None)
        else:
            self.docs[id_] = new
        for field, value, owner in key_changes:
            index = self.indexes[field]
            if owner is not None:
                index[value] = owner
            elif index.get(value) == id_:
                del index[value]
        for group in group_changes:
            self.groups[group.field].apply(id_, group)

    def drop_pending(self) -> None:
        """Forget all queued changes: LATEST is what is durable."""
        self._pending_docs.clear()
        for keys in self._pending_keys.values():
            keys.clear()
        for groups in self.groups.values():
            groups.drop_pending()
