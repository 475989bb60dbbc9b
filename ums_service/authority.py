"""What the store says of a caller, gathered for decisions and kept while it is true."""

from typing import Any, Final, TypeVar

from storage import Collection, Store, document_of
from ums_service.domain.attributes import LAB_ROLES, WITHIN_LAB
from ums_service.domain.authorisation import Caller, Grant, Kind
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements
from ums_service.domain.labs import LABS
from ums_service.domain.roles import BUILT_IN, STORED_ROLES, Role, with_ancestors
from ums_service.domain.users import ACTIVE, ADMIN, USERS, User

KEPT_MAX: Final = 4_096
"""Callers kept for asking again: some 2 KB each."""

T = TypeVar("T")


class Authority:
    """Callers as the store has them now: a change counts at the next question."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[str, tuple[Caller, _Read]] = {}

    def caller(self, user_id: str) -> Caller | None:
        """Who this account is to decisions; None where there is no such account."""
        kept = self._kept.get(user_id)
        if kept is not None and kept[1].still_true():
            return kept[0]
        read = _Read(self._store)
        user = read.get(USERS, user_id)
        if user is None:
            self._kept.pop(user_id, None)
            return None
        own = read.get(ENTITLEMENTS, user_id) or Entitlements(user_id)
        caller = Caller(
            user_id,
            active=user.status == ACTIVE,
            administers=user.administers,
            grants=_grants(user, own, read),
            lab_ids=frozenset(id_ for id_ in own.labs if _counts_in(id_, own, read)),
        )
        if len(self._kept) >= KEPT_MAX:
            del self._kept[next(iter(self._kept))]
        self._kept[user_id] = caller, read
        return caller

    def holder_of(self, role: str) -> Caller:
        """Somebody who has this role everywhere, and nothing else."""
        grants = tuple(_role_grants(role, None, None, _Read(self._store)))
        return Caller("", administers=role == ADMIN, grants=grants)


class _Read:
    """The documents that something was made of. A stored value holds its revision."""

    __slots__ = ("_store", "_values")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._values: list[tuple[Collection[Any], str, bytes | None]] = []

    def get(self, collection: Collection[T], key: str) -> T | None:
        value = self._store.get_value(collection, key)
        self._values.append((collection, key, value))
        return None if value is None else collection.from_document(document_of(value))

    def still_true(self) -> bool:
        get_value = self._store.get_value
        return all(
            get_value(collection, key) is value
            for collection, key, value in self._values
        )

    def role(self, name: str) -> Role | None:
        return BUILT_IN.get(name) or self.get(STORED_ROLES, name)


def _grants(user: User, own: Entitlements, read: _Read) -> tuple[Grant, ...]:
    found = _role_grants(user.role, None, None, read)
    for given in own.roles:
        if given.lab_id is None or _counts_in(given.lab_id, own, read):
            found += _role_grants(given.role, given.lab_id, given.until_s, read)
    for lab_id, membership in own.labs.items():
        if _counts_in(lab_id, own, read):
            allows = LAB_ROLES[membership.role] | WITHIN_LAB[membership.role]
            found.append(Grant(Kind.LAB_ROLE, membership.role, allows, lab_id=lab_id))
    return tuple(found)


def _counts_in(lab_id: str, own: Entitlements, read: _Read) -> bool:
    """Whether what was granted in a lab counts: the lab and the membership are active.

    Who is no member may have been granted something there all the same.
    """
    membership = own.labs.get(lab_id)
    if membership is not None and not membership.active:
        return False
    lab = read.get(LABS, lab_id)
    return lab is not None and lab.active


def _role_grants(
    name: str, lab_id: str | None, until_s: int | None, read: _Read
) -> list[Grant]:
    return [
        Grant(Kind.ROLE, role.name, role.allows, role.denies, lab_id, until_s)
        for role in with_ancestors(name, read.role)
    ]
