"""Who can administer the service, as one document.

Each transaction that gives or takes administration reads and writes it, so that of
two administrators who leave at the same moment the second is refused: somebody who
can administer always remains.
"""

from dataclasses import dataclass
from typing import Any, Final

from storage import Collection, Transaction
from ums_service.domain.errors import LastAdministrator
from ums_service.domain.users import User

_NAME: Final = "administrators"


@dataclass(frozen=True, slots=True)
class Roster:
    """The ids of all accounts that can administer."""

    user_ids: frozenset[str]


def _key(_: Roster) -> str:
    return _NAME


def _to_document(roster: Roster) -> dict[str, Any]:
    return {"user_ids": sorted(roster.user_ids)}


def _from_document(document: dict[str, Any]) -> Roster:
    return Roster(frozenset(document["user_ids"]))


ROSTERS: Final = Collection(
    name="rosters", key=_key, to_document=_to_document, from_document=_from_document
)


async def administrators(tx: Transaction) -> frozenset[str]:
    """The ids of all accounts that can administer."""
    roster = await tx.get(ROSTERS, _NAME)
    return roster.user_ids if roster else frozenset()


async def update_roster(
    tx: Transaction, before: User | None, after: User | None
) -> None:
    """Note that an account was made, changed or removed.

    Raises:
        LastAdministrator: nobody would be left who can administer.
    """
    was = before is not None and _counts(before)
    will = after is not None and _counts(after)
    if was == will:
        return
    changed = before or after
    assert changed is not None
    user_ids = await administrators(tx)
    user_ids = user_ids | {changed.user_id} if will else user_ids - {changed.user_id}
    if not user_ids:
        raise LastAdministrator
    tx.put(ROSTERS, Roster(user_ids))


def _counts(user: User) -> bool:
    """Whether somebody can log in there to administer: to a program's nobody can."""
    return user.administers and not user.service_account
