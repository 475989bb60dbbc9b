"""What an account has been granted beside its primary role, one document for each."""

from dataclasses import asdict, dataclass
from typing import Any, Final, NamedTuple

from storage import Collection


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


@dataclass(frozen=True, slots=True)
class Entitlements:
    """All that one account was granted."""

    user_id: str
    roles: tuple[AssignedRole, ...] = ()


def _key(entitlements: Entitlements) -> str:
    return entitlements.user_id


def _from_document(document: dict[str, Any]) -> Entitlements:
    roles = tuple(AssignedRole(*assigned) for assigned in document["roles"])
    return Entitlements(document["user_id"], roles)


ENTITLEMENTS: Final = Collection(
    name="entitlements",
    key=_key,
    to_document=asdict,
    from_document=_from_document,
)
