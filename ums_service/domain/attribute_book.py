"""The attributes there are, and what the roles of labs have of them.

All definitions that are not as they were from the start are in one document, so that
whoever decides reads one. What roles have is by scope: one document for all labs, one
for each lab that differs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.attributes import ATTRIBUTES, LAB_ROLES

EVERYWHERE: Final = "everywhere"
"""The scope of all labs."""
BOOK_ID: Final = "attributes"


class Definition(NamedTuple):
    """An attribute. Its name never changes.

    `serial` tells it from one that was deleted before and had the same name: what was
    granted of that one is not granted of this one.
    """

    name: str
    category: str
    display_name: str = ""
    description: str = ""
    active: bool = True
    serial: int = 0

    @property
    def built_in(self) -> bool:
        """Whether it comes with the service and cannot be deleted."""
        return self.name in ATTRIBUTES


BUILT_IN: Final = {
    name: Definition(name, attribute.category) for name, attribute in ATTRIBUTES.items()
}


@dataclass(frozen=True)
class AttributeBook:
    """The definitions that were made or changed; `made` counts those ever made."""

    changed: Mapping[str, Definition] = field(default_factory=dict)
    made: int = 0

    @cached_property
    def every(self) -> Mapping[str, Definition]:
        """Every attribute by its name."""
        return BUILT_IN | dict(self.changed)

    def find(self, name: str) -> Definition | None:
        """The attribute of this name."""
        return self.changed.get(name) or BUILT_IN.get(name)

    def counts(self, name: str, serial: int) -> bool:
        """Whether what was granted of this attribute counts: it is there and active."""
        found = self.find(name)
        return found is not None and found.active and found.serial == serial

    def with_one(self, definition: Definition) -> "AttributeBook":
        """The book with an attribute made or changed."""
        return replace(self, changed={**self.changed, definition.name: definition})

    def with_new(self, definition: Definition) -> "AttributeBook":
        """The book with an attribute that was not there."""
        made = self.made + 1
        return replace(self.with_one(definition._replace(serial=made)), made=made)

    def without(self, name: str) -> "AttributeBook":
        """The book without an attribute that somebody made."""
        kept = {n: one for n, one in self.changed.items() if n != name}
        return replace(self, changed=kept)


AS_BUILT: Final = AttributeBook()


@dataclass(frozen=True, slots=True)
class RoleMap:
    """Where the roles of labs differ in one scope from what is above it.

    By role and attribute: the serial of the attribute that was added, or None for one
    that was taken away.
    """

    scope: str
    roles: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)

    def has_entry(self, role: str, attribute: str) -> bool:
        """Whether this scope itself says something of it."""
        return attribute in self.roles.get(role, {})

    def with_entry(self, role: str, attribute: str, serial: int | None) -> "RoleMap":
        """The map with an attribute added to a role, or taken from it."""
        own = {**self.roles.get(role, {}), attribute: serial}
        return replace(self, roles={**self.roles, role: own})


def attributes_of(
    role: str, book: AttributeBook, *maps: RoleMap | None
) -> frozenset[str]:
    """What a role of a lab has; `maps` are those that count, the lab's own last."""
    if book is AS_BUILT and not any(maps):
        return LAB_ROLES[role]
    had: dict[str, int] = dict.fromkeys(LAB_ROLES[role], 0)
    for known in maps:
        for name, serial in (known.roles.get(role, {}) if known else {}).items():
            had.pop(name, None)
            if serial is not None:
                had[name] = serial
    return frozenset(name for name, serial in had.items() if book.counts(name, serial))


def _book_to_document(book: AttributeBook) -> dict[str, Any]:
    changed = [list(one) for one in book.changed.values()]
    return {"changed": changed, "made": book.made}


def _book_from_document(document: dict[str, Any]) -> AttributeBook:
    changed = {one[0]: Definition(*one) for one in document["changed"]}
    return AttributeBook(changed, document["made"])


def _map_to_document(known: RoleMap) -> dict[str, Any]:
    roles = {role: dict(own) for role, own in known.roles.items()}
    return {"scope": known.scope, "roles": roles}


def _map_from_document(document: dict[str, Any]) -> RoleMap:
    return RoleMap(**document)


def _key(_: AttributeBook) -> str:
    return BOOK_ID


def _scope(known: RoleMap) -> str:
    return known.scope


ATTRIBUTE_BOOKS: Final = Collection(
    name="attribute_books",
    key=_key,
    to_document=_book_to_document,
    from_document=_book_from_document,
)
ROLE_MAPS: Final = Collection(
    name="role_maps",
    key=_scope,
    to_document=_map_to_document,
    from_document=_map_from_document,
)
