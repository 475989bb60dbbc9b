"""Roles: named sets of permissions that are allowed or denied, each under a parent."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.users import ADMIN, ROLES

NEW_ACCOUNTS: Final = "new accounts"
ANCESTORS_MAX: Final = 8
"""Roles above a role: deeper trees are a mistake, and a bound ends any circle."""


class Part(NamedTuple):
    """Permissions of a role that end at the same time; None for those that do not."""

    until_s: int | None
    allows: frozenset[str]
    denies: frozenset[str]


@dataclass(frozen=True, slots=True)
class Role:
    """A role as it is stored. Its name never changes; accounts refer to it by that.

    `role_id` tells it from a later one of the same name, which accounts that had this
    one do not get. `ends` has the permissions that end by themselves, with seconds
    since 1970.
    """

    name: str
    display_name: str = ""
    description: str = ""
    parent: str | None = None
    allows: frozenset[str] = NOTHING
    denies: frozenset[str] = NOTHING
    active: bool = True
    created_at: str = ""
    updated_at: str = ""
    role_id: str = ""
    category: str = "custom"
    template: bool = False
    default: bool = False
    """Whether every new account is given it."""
    ends: Mapping[str, int] = field(default_factory=dict)

    @property
    def built_in(self) -> bool:
        """Whether it comes with the service and cannot be deleted."""
        return self.name in BUILT_IN or self.name in TEMPLATES

    @property
    def names(self) -> frozenset[str]:
        """Every permission that it allows or denies itself, now or later."""
        return self.allows | self.denies

    def parts(self) -> list[Part]:
        """What it allows and denies, by when that ends."""
        if not self.ends:
            return [Part(None, self.allows, self.denies)]
        times = {self.ends.get(name) for name in self.names}
        return [self._part(until_s) for until_s in times]

    def _part(self, until_s: int | None) -> Part:
        names = {name for name in self.names if self.ends.get(name) == until_s}
        return Part(until_s, self.allows & names, self.denies & names)


BUILT_IN: Final = {
    "user": Role("user", "User", "Everybody: one's own account", category="system"),
    "moderator": Role(
        "moderator",
        "Moderator",
        "Sees accounts, suspends and unlocks them",
        allows=frozenset({"users.read", "users.status"}),
        category="system",
    ),
    ADMIN: Role(ADMIN, "Administrator", "May do everything", category="system"),
}
assert tuple(BUILT_IN) == ROLES
TEMPLATES: Final = {
    "support_agent": Role(
        "support_agent",
        "Support agent",
        "Helps people with their accounts",
        allows=frozenset({"users.read", "users.update", "users.status"}),
        category="user",
        template=True,
    ),
    "sales_representative": Role(
        "sales_representative",
        "Sales representative",
        "Sees accounts and invites people",
        allows=frozenset({"users.read", "invitations.manage"}),
        category="user",
        template=True,
    ),
    "security_analyst": Role(
        "security_analyst",
        "Security analyst",
        "Reads accounts, the audit log and the state of the service",
        allows=frozenset({"users.read", "audit.read", "system.read"}),
        category="admin",
        template=True,
    ),
}
"""What new roles can be made like; nobody can have them."""

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


def circle_or_depth(role: Role, stored: Mapping[str, Role]) -> str | None:
    """What is wrong with the place of `role` in the tree; None where nothing is.

    `stored` has the other roles. The tree must be so low that no role loses what one
    far above it denies.
    """
    names, above = {role.name}, role.parent
    while above is not None:
        if above in names:
            return "would be below itself"
        names.add(above)
        parent = BUILT_IN.get(above) or stored.get(above)
        above = parent.parent if parent else None
    if len(names) - 1 + _height(role.name, stored.values()) > ANCESTORS_MAX:
        return f"has more than {ANCESTORS_MAX} roles above those at the bottom"
    return None


def _height(name: str, roles: Iterable[Role]) -> int:
    """How many steps it is down to the lowest role below this one."""
    height, level, seen = 0, {name}, {name}
    while level := {r.name for r in roles if r.parent in level} - seen:
        seen |= level
        height += 1
    return height


def _key(role: Role) -> str:
    return role.name


def _to_document(role: Role) -> dict[str, Any]:
    """`given_to` is what the roles of new accounts are found by."""
    sets = {"allows": sorted(role.allows), "denies": sorted(role.denies)}
    given_to = NEW_ACCOUNTS if role.default and role.active else None
    return asdict(role) | sets | {"ends": dict(role.ends), "given_to": given_to}


def _from_document(document: dict[str, Any]) -> Role:
    fields = {name: value for name, value in document.items() if name != "given_to"}
    sets = {name: frozenset(document[name]) for name in ("allows", "denies")}
    return Role(**fields | sets)


STORED_ROLES: Final = Collection(
    name="roles",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
    grouped=("given_to",),
)
