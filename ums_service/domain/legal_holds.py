"""Accounts of which nothing may be erased, because somebody needs it as evidence.

Whatever erases an account reads its hold in the same transaction, so that of a hold and
an erasure at the same moment one is refused.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from storage import Collection, Transaction
from ums_service.domain.errors import LegalHold


@dataclass(frozen=True, slots=True)
class Hold:
    """Why the account is kept, since when (ISO 8601) and by whose decision (an id)."""

    user_id: str
    reason: str
    since: str
    set_by: str


def _key(hold: Hold) -> str:
    return hold.user_id


def _from_document(document: dict[str, Any]) -> Hold:
    return Hold(**document)


LEGAL_HOLDS: Final = Collection(
    name="legal_holds", key=_key, to_document=asdict, from_document=_from_document
)


async def check_not_held(tx: Transaction, user_id: str) -> None:
    """Raise LegalHold if nothing of the account may be erased."""
    if await tx.get(LEGAL_HOLDS, user_id) is not None:
        raise LegalHold
