"""What decisions are made of, read from the store and known to be as it was read."""

from typing import Any, NamedTuple, TypeVar, cast

from storage import Collection, Store, document_of
from ums_service.domain.attribute_book import (
    AS_BUILT,
    ATTRIBUTE_BOOKS,
    BOOK_ID,
    EVERYWHERE,
    ROLE_MAPS,
    AttributeBook,
    attributes_of,
)
from ums_service.domain.attributes import WITHIN_LAB
from ums_service.domain.authorisation import Caller, Grant, Kind
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements
from ums_service.domain.labs import LABS
from ums_service.domain.roles import BUILT_IN, STORED_ROLES, Role, with_ancestors
from ums_service.domain.users import ACTIVE, ADMIN, USERS, User

T = TypeVar("T")


class Reading:
    """The documents that something was made of. A stored value holds its revision."""

    __slots__ = ("_as_of", "_found", "_store")

    def __init__(self, store: Store) -> None:
        self._store = store
        self._as_of = store.changes
        self._found: dict[tuple[str, str], _Found] = {}

    def get(self, collection: Collection[T], key: str) -> T | None:
        """The document, as it was at the first question."""
        found = self._found.get((collection.name, key))
        if found is None:
            found = _found(self._store, collection, key)
            self._found[collection.name, key] = found
        return cast("T | None", found.document)

    def still_true(self) -> bool:
        """Whether all that was read is still so."""
        changes = self._store.changes
        if changes == self._as_of:
            return True
        get_value = self._store.get_value
        for collection, key, value, _ in self._found.values():
            if get_value(collection, key) is not value:
                return False
        self._as_of = changes
        return True

    def role(self, name: str) -> Role | None:
        """The role of that name."""
        return BUILT_IN.get(name) or self.get(STORED_ROLES, name)

    def book(self) -> AttributeBook:
        """The attributes there are."""
        return self.get(ATTRIBUTE_BOOKS, BOOK_ID) or AS_BUILT


class _Found(NamedTuple):
    collection: Collection[Any]
    key: str
    value: bytes | None
    document: object


def _found(store: Store, collection: Collection[Any], key: str) -> _Found:
    value = store.get_value(collection, key)
    if value is None:
        return _Found(collection, key, None, None)
    return _Found(collection, key, value, collection.from_document(document_of(value)))


def read_caller(user_id: str, read: Reading) -> Caller | None:
    """Who this account is to decisions; None where there is no such account."""
    user = read.get(USERS, user_id)
    if user is None:
        return None
    own = read.get(ENTITLEMENTS, user_id) or Entitlements(user_id)
    return Caller(
        user_id,
        active=user.status == ACTIVE,
        administers=user.administers,
        appointed=user.role == ADMIN,
        grants=_grants(user, own, read),
        lab_ids=frozenset(id_ for id_ in own.labs if _counts_in(id_, own, read)),
    )


def _grants(user: User, own: Entitlements, read: Reading) -> tuple[Grant, ...]:
    found = role_grants(user.role, None, None, read)
    for given in own.roles:
        if given.lab_id is not None and not _counts_in(given.lab_id, own, read):
            continue
        role = read.role(given.role)
        if role is not None and role.role_id == given.role_id:
            found += role_grants(given.role, given.lab_id, given.until_s, read)
    counting = [lab_id for lab_id in own.labs if _counts_in(lab_id, own, read)]
    found += [_lab_grant(lab_id, own, read) for lab_id in counting]
    found += [
        Grant(
            Kind.ATTRIBUTE,
            given.attribute,
            frozenset({given.attribute}),
            lab_id=given.lab_id,
            until_s=given.until_s,
        )
        for given in own.attributes
        if given.lab_id in counting
        and read.book().counts(given.attribute, given.serial)
    ]
    return tuple(found)


def _lab_grant(lab_id: str, own: Entitlements, read: Reading) -> Grant:
    """What the membership gives in its lab."""
    role = own.labs[lab_id].role
    allows = role_in_lab(role, lab_id, read)
    return Grant(Kind.LAB_ROLE, role, allows, lab_id=lab_id)


def role_in_lab(role: str, lab_id: str, read: Reading) -> frozenset[str]:
    """What a role of this lab gives in it."""
    everywhere, here = read.get(ROLE_MAPS, EVERYWHERE), read.get(ROLE_MAPS, lab_id)
    return attributes_of(role, read.book(), everywhere, here) | WITHIN_LAB[role]


def _counts_in(lab_id: str, own: Entitlements, read: Reading) -> bool:
    """Whether what was granted in a lab counts: the lab and the membership are active.

    Who is no member may have been given a role there all the same.
    """
    membership = own.labs.get(lab_id)
    if membership is not None and not membership.active:
        return False
    lab = read.get(LABS, lab_id)
    return lab is not None and lab.active


def role_grants(
    name: str, lab_id: str | None, until_s: int | None, read: Reading
) -> list[Grant]:
    """What a role gives there until then, with what those above it give."""
    return [
        Grant(
            Kind.ROLE,
            role.name,
            part.allows,
            part.denies,
            lab_id,
            _sooner(until_s, part.until_s),
        )
        for role in with_ancestors(name, read.role)
        for part in role.parts()
    ]


def _sooner(one: int | None, other: int | None) -> int | None:
    ends = [until_s for until_s in (one, other) if until_s is not None]
    return min(ends, default=None)
