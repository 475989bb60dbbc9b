"""The key that signs access tokens is renewed when it is too old."""

import asyncio

from storage import Store
from ums_service.domain.access_tokens import AccessTokens
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.moment import Moment
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID, KeyRing


class KeyRenewal:
    """Looks after the ring of signing keys."""

    def __init__(self, store: Store, tokens: AccessTokens) -> None:
        self._store = store
        self._tokens = tokens

    async def round(self, now: Moment) -> None:
        """Rotate the key that is too old; drop the public ones that nobody needs.

        Raises StoreError.
        """
        tx = self._store.transaction()
        ring = await tx.get(KEY_RINGS, RING_ID) or KeyRing()
        kept = ring.without_expired(now)
        if self._tokens.is_due(kept, now):
            algorithm = self._tokens.rules.algorithm
            make = self._tokens.new_private_key
            private = await asyncio.to_thread(make, algorithm)
            kept = self._tokens.rotated(kept, private, now)
            AuditEntry(
                event="signing_key_rotated",
                outcome=Outcome.DONE,
                details={"key_id": kept.keys[0].key_id},
            ).append_to(tx, now)
        if kept != ring:
            tx.put(KEY_RINGS, kept)
            await tx.commit()
