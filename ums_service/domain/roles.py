"""Roles: named sets of permissions that are allowed or denied, each under a parent."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from storage import Collection
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.users import ADMIN, ROLES

ANCESTORS_MAX: Final = 8
"""Roles above a role: deeper trees are a mistake, and a bound ends any circle."""


@dataclass(frozen=True, slots=True)
class Role:
    """A role as it is stored. Its name never changes; accounts refer to it by that."""

    name: str
    display_name: str = ""
    description: str = ""
    parent: str | None = None
    allows: frozenset[str] = NOTHING
    denies: frozenset[str] = NOTHING
    active: bool = True
    created_at: str = ""
    updated_at: str = ""

    @property
    def built_in(self) -> bool:
        """Whether it comes with the service and cannot be deleted."""
        return self.name in BUILT_IN


BUILT_IN: Final = {
    "user": Role("user", "User", "Everybody: one's own account"),
    "moderator": Role(
        "moderator",
        "Moderator",
        "Sees accounts, suspends and unlocks them",
        allows=frozenset({"users.read", "users.status"}),
    ),
    ADMIN: Role(ADMIN, "Administrator", "May do everything"),
}
assert tuple(BUILT_IN) == ROLES

ReadRole = Callable[[str], Role | None]


def with_ancestors(name: str, read: ReadRole) -> list[Role]:
    """The role and those above it, as far as they are there and active.

    A role that is not active gives nothing, and nothing of its parents.
    """
    found: list[Role] = []
    above: str | None = name
    while above is not None and len(found) <= ANCESTORS_MAX:
        role = read(above)
        if role is None or not role.active or role in found:
            break
        found.append(role)
        above = role.parent
    return found


def _key(role: Role) -> str:
    return role.name


def _to_document(role: Role) -> dict[str, Any]:
    sets = {"allows": sorted(role.allows), "denies": sorted(role.denies)}
    return asdict(role) | sets


def _from_document(document: dict[str, Any]) -> Role:
    sets = {name: frozenset(document[name]) for name in ("allows", "denies")}
    return Role(**document | sets)


STORED_ROLES: Final = Collection(
    name="roles", key=_key, to_document=_to_document, from_document=_from_document
)
