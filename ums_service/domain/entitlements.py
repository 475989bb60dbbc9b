"""What an account has been granted beside its primary role, one document for each."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.attributes import LAB_ADMIN


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


def _key(entitlements: Entitlements) -> str:
    return entitlements.user_id


def _to_document(own: Entitlements) -> dict[str, Any]:
    """`member_of` and `admin_of` are what the members of a lab are found by."""
    administered = [id_ for id_, one in own.labs.items() if one.administers]
    return asdict(own) | {"member_of": list(own.labs), "admin_of": administered}


def _from_document(document: dict[str, Any]) -> Entitlements:
    roles = tuple(AssignedRole(*assigned) for assigned in document["roles"])
    labs = {id_: Membership(*one) for id_, one in document.get("labs", {}).items()}
    return Entitlements(document["user_id"], roles, labs)


ENTITLEMENTS: Final = Collection(
    name="entitlements",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
)
