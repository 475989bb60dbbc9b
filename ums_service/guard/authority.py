"""What the store says of a caller, gathered for decisions and kept while it is true."""

from collections.abc import Iterator
from itertools import count
from typing import Final, NamedTuple

from storage import Store
from ums_service.domain.authorisation import Caller
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.labs import LABS
from ums_service.domain.moment import Moment
from ums_service.domain.roles import BUILT_IN, STORED_ROLES, TEMPLATES
from ums_service.domain.standing import Standing, standing_of
from ums_service.domain.users import ADMIN
from ums_service.guard.reading import Reading, read_caller, role_grants, role_in_lab

KEPT_MAX: Final = 4_096
"""Callers kept for asking again, and standings in labs: some 2 KB each."""
_AT_ONCE: Final = 100


class Authority:
    """Callers as the store has them now: a change counts at the next question."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, tuple[Caller, Reading]] = {}
        self._in_labs: dict[tuple[str, str], _InLab] = {}
        self._made = count()

    def caller(self, user_id: str) -> Caller | None:
        """Who this account is to decisions; None where there is no such account."""
        kept = self._kept.get(user_id)
        if kept is not None and kept[1].still_true():
            return kept[0]
        read = Reading(self._store)
        caller = read_caller(user_id, read)
        if caller is None:
            self._kept.pop(user_id, None)
            return None
        if len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[user_id] = caller, read
        return caller

    def standing(self, user_id: str, lab_id: str, now: Moment) -> Standing | None:
        """What this account is in a lab now; None where there is no such account."""
        kept = self._in_labs.get((user_id, lab_id))
        if kept is not None and kept.is_so(now):
            return kept.standing
        read = Reading(self._store)
        caller = read_caller(user_id, read)
        if caller is None:
            self._in_labs.pop((user_id, lab_id), None)
            return None
        number, known = next(self._made), read.book().every
        lab = read.get(LABS, lab_id)
        standing = standing_of(caller, lab, known, now, number=number)
        if len(self._in_labs) >= KEPT_MAX:
            del self._in_labs[next(iter(self._in_labs))]
        self._in_labs[user_id, lab_id] = _InLab(standing, read)
        return standing

    def holder_of(self, role: str) -> Caller:
        """Somebody who has this role everywhere, and nothing else."""
        grants = tuple(role_grants(role, None, None, Reading(self._store)))
        return Caller("", administers=role == ADMIN, grants=grants)

    def glance(self, user_id: str) -> Caller | None:
        """As `caller`, by who looks at many: those who are kept stay."""
        kept = self._kept.get(user_id)
        if kept is not None and kept[1].still_true():
            return kept[0]
        return read_caller(user_id, Reading(self._store))

    def with_roles(self) -> Iterator[str]:
        """The ids of all accounts that were given a role beside their primary one.

        Some come twice. The store may change between two of them.
        """
        made = {one.role_id or one.name for one in self._store.scan(STORED_ROLES)}
        for role in made.union(BUILT_IN, TEMPLATES):
            last = None
            while some := self._store.ids_where(
                ENTITLEMENTS, "holds", role, after=last, limit=_AT_ONCE
            ):
                yield from some
                last = some[-1]

    def lab_role(self, role: str, lab_id: str) -> frozenset[str]:
        """What a role of this lab gives in it."""
        return role_in_lab(role, lab_id, Reading(self._store))


class _InLab(NamedTuple):
    standing: Standing
    read: Reading

    def is_so(self, now: Moment) -> bool:
        """Whether it would be made the same again."""
        return self.standing.holds(now) and self.read.still_true()
