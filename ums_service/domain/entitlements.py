"""What an account has been granted beside its primary role, one document for each."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.attributes import LAB_ADMIN
from ums_service.domain.moment import Moment


class AssignedRole(NamedTuple):
    """A role that somebody was given."""

    role: str
    lab_id: str | None
    """The lab it counts in; None for everywhere."""
    until_s: int | None
    """Seconds since 1970 at which it ends by itself; None for never."""
    reason: str
    assigned_by: str
    assigned_at: str
    role_id: str = ""
    """Of the role that was given: one that is made later under its name is another."""

    def has_ended(self, now: Moment) -> bool:
        """Whether its time is over."""
        return self.until_s is not None and now.reached_s >= self.until_s


class GrantedAttribute(NamedTuple):
    """An attribute that somebody was given in a lab, beside those of their role there."""

    attribute: str
    lab_id: str
    until_s: int | None
    """Seconds since 1970 at which it ends by itself; None for never."""
    granted_by: str
    granted_at: str
    serial: int = 0
    """Of the attribute, as its definition has it."""

    def has_ended(self, now: Moment) -> bool:
        """Whether its time is over."""
        return self.until_s is not None and now.reached_s >= self.until_s


class Membership(NamedTuple):
    """What an account is in one lab."""

    role: str
    """One of `attributes.LAB_ROLES`."""
    active: bool
    joined_at: str

    @property
    def administers(self) -> bool:
        """Whether it makes its account one that can administer the lab."""
        return self.active and self.role == LAB_ADMIN


@dataclass(frozen=True, slots=True)
class Entitlements:
    """All that one account was granted. `labs` is by the id of the lab."""

    user_id: str
    roles: tuple[AssignedRole, ...] = ()
    labs: Mapping[str, Membership] = field(default_factory=dict)
    attributes: tuple[GrantedAttribute, ...] = ()

    def role(self, name: str, lab_id: str | None) -> AssignedRole | None:
        """The assignment of this role there, also one that has ended."""
        found = (r for r in self.roles if (r.role, r.lab_id) == (name, lab_id))
        return next(found, None)

    def without_role(self, name: str, lab_id: str | None) -> "Entitlements":
        """The same after a role was taken away."""
        kept = tuple(r for r in self.roles if (r.role, r.lab_id) != (name, lab_id))
        return replace(self, roles=kept)

    def with_role(self, given: AssignedRole) -> "Entitlements":
        """The same after a role was given; it takes the place of one given before."""
        kept = self.without_role(given.role, given.lab_id).roles
        return replace(self, roles=(*kept, given))

    def attribute(self, name: str, lab_id: str) -> GrantedAttribute | None:
        """The grant of this attribute in that lab, also one that has ended."""
        found = (
            a for a in self.attributes if (a.attribute, a.lab_id) == (name, lab_id)
        )
        return next(found, None)

    def without_attribute(self, name: str, lab_id: str) -> "Entitlements":
        """The same after an attribute was taken away."""
        kept = (a for a in self.attributes if (a.attribute, a.lab_id) != (name, lab_id))
        return replace(self, attributes=tuple(kept))

    def with_attribute(self, given: GrantedAttribute) -> "Entitlements":
        """The same after an attribute was given, in place of an earlier grant of it."""
        kept = self.without_attribute(given.attribute, given.lab_id).attributes
        return replace(self, attributes=(*kept, given))

    def without_ended(self, now: Moment) -> "Entitlements":
        """The same without what has ended by itself."""
        roles = tuple(r for r in self.roles if not r.has_ended(now))
        attributes = tuple(a for a in self.attributes if not a.has_ended(now))
        return replace(self, roles=roles, attributes=attributes)


def _key(entitlements: Entitlements) -> str:
    return entitlements.user_id


def _to_document(own: Entitlements) -> dict[str, Any]:
    """`member_of` and `admin_of` are what the members of a lab are found by.

    The first names each lab in which the account has anything at all. `holds` is what
    those who have a role are found by: its id, or its name where it has none.
    """
    roles = [one.lab_id for one in own.roles if one.lab_id is not None]
    attributes = [one.lab_id for one in own.attributes]
    member_of = list(dict.fromkeys([*own.labs, *roles, *attributes]))
    admin_of = [id_ for id_, one in own.labs.items() if one.administers]
    holds = list(dict.fromkeys(one.role_id or one.role for one in own.roles))
    return {
        "user_id": own.user_id,
        "roles": own.roles,
        "labs": dict(own.labs),
        "attributes": own.attributes,
        "member_of": member_of,
        "admin_of": admin_of,
        "holds": holds,
    }


def _from_document(document: dict[str, Any]) -> Entitlements:
    roles = tuple(AssignedRole(*assigned) for assigned in document["roles"])
    labs = {id_: Membership(*one) for id_, one in document.get("labs", {}).items()}
    given = document.get("attributes", ())
    attributes = tuple(GrantedAttribute(*one) for one in given)
    return Entitlements(document["user_id"], roles, labs, attributes)


ENTITLEMENTS: Final = Collection(
    name="entitlements",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
    grouped=("member_of", "admin_of", "holds"),
)
