"""The refresh families of an account, as one document, and how they end.

A family that ends takes its session id into the list of revocations, in the same
transaction, for as long as an access token of it may still be accepted elsewhere.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from storage import Collection, Transaction
from ums_service.domain.moment import Moment
from ums_service.domain.refresh import Family, family_document, family_of
from ums_service.domain.revocations import revoke

FAMILIES_MAX: Final = 100
"""Families of one account where the profile does not limit its sessions."""


@dataclass(frozen=True, slots=True)
class Families:
    """All families of one account, the oldest first."""

    user_id: str
    families: tuple[Family, ...] = ()

    def with_id(self, session_id: str) -> Family | None:
        """The family of that session."""
        return next((f for f in self.families if f.session_id == session_id), None)

    def with_changed(self, family: Family) -> "Families":
        """The document with another state of one of its families."""
        changed = (
            family if f.session_id == family.session_id else f for f in self.families
        )
        return Families(self.user_id, tuple(changed))


def _key(families: Families) -> str:
    return families.user_id


def _to_document(families: Families) -> dict[str, Any]:
    return {
        "user_id": families.user_id,
        "families": [family_document(family) for family in families.families],
    }


def _from_document(document: dict[str, Any]) -> Families:
    families = tuple(family_of(plain) for plain in document["families"])
    return Families(document["user_id"], families)


FAMILIES: Final = Collection(
    name="families", key=_key, to_document=_to_document, from_document=_from_document
)


async def add_family(
    tx: Transaction, user_id: str, family: Family, now: Moment, *, most: int | None
) -> list[str]:
    """Begin a family. Returns the session ids of those that made room for it."""
    before = await tx.get(FAMILIES, user_id) or Families(user_id)
    alive = [f for f in before.families if not f.is_over(now)]
    surplus = max(0, len(alive) + 1 - (most or FAMILIES_MAX))
    ended = [f.session_id for f in alive[:surplus]]
    await _revoke(tx, alive[:surplus], now)
    tx.put(FAMILIES, Families(user_id, (*alive[surplus:], family)))
    return ended


async def end_families(
    tx: Transaction,
    user_id: str,
    now: Moment,
    *,
    only: Iterable[str] | None = None,
    but: str | None = None,
) -> list[str]:
    """End the families of an account: all but one, or `only` those of these sessions.

    Returns the session ids of those that were alive.
    """
    before = await tx.get(FAMILIES, user_id)
    if before is None:
        return []
    wanted = None if only is None else frozenset(only)
    ended = [
        f
        for f in before.families
        if f.session_id != but and (wanted is None or f.session_id in wanted)
    ]
    if not ended:
        return []
    kept = tuple(f for f in before.families if f not in ended)
    if kept:
        tx.put(FAMILIES, Families(user_id, kept))
    else:
        tx.delete(FAMILIES, user_id)
    await _revoke(tx, ended, now)
    return [family.session_id for family in ended if not family.is_over(now)]


async def _revoke(tx: Transaction, ended: list[Family], now: Moment) -> None:
    accepted = [f for f in ended if f.access_until_epoch_s > now.epoch_s]
    if accepted:
        until = max(family.access_until_epoch_s for family in accepted)
        await revoke(tx, [family.session_id for family in accepted], until)
