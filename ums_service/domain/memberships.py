"""What becomes of the entitlements of an account that joins, changes in or leaves a lab."""

from dataclasses import replace
from itertools import islice
from typing import Final

from storage import Store, Transaction
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership
from ums_service.domain.labs import ENDED_LABS

ENDED_AT_ONCE: Final = 50
"""Memberships that end in one commit: some 2 ms of the loop."""


def with_membership(
    own: Entitlements, lab_id: str, membership: Membership
) -> Entitlements:
    """With this membership, in place of what there was in that lab."""
    return replace(own, labs={**own.labs, lab_id: membership})


def without_lab(own: Entitlements, lab_id: str) -> Entitlements:
    """Without anything in that lab: membership and what was granted there."""
    return replace(
        own,
        labs={id_: one for id_, one in own.labs.items() if id_ != lab_id},
        roles=tuple(given for given in own.roles if given.lab_id != lab_id),
        attributes=tuple(one for one in own.attributes if one.lab_id != lab_id),
    )


async def end_some(tx: Transaction, store: Store) -> bool:
    """Take some more accounts out of labs that were deleted; False when all are out.

    What is left to do is on disk, so it goes on after a restart.
    """
    ended = next(islice(store.scan(ENDED_LABS), 1), None)
    if ended is None:
        return False
    user_ids = await tx.ids_where(
        ENTITLEMENTS, "member_of", ended.lab_id, limit=ENDED_AT_ONCE
    )
    for user_id in user_ids:
        own = await tx.get(ENTITLEMENTS, user_id)
        if own is not None:
            tx.put(ENTITLEMENTS, without_lab(own, ended.lab_id))
    if len(user_ids) < ENDED_AT_ONCE:
        tx.delete(ENDED_LABS, ended.lab_id)
    return True
