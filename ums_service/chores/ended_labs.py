"""Members are taken out of labs that were deleted, some thousands in a round."""

from typing import Final

from storage import Store
from ums_service.domain.memberships import end_some
from ums_service.domain.moment import Moment

COMMITS_MAX: Final = 50
"""Commits in one round: others get their turn between them."""


class EndedLabs:
    """Ends what is left of deleted labs."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def round(self, now: Moment) -> None:
        """End some memberships. Raises StoreError."""
        del now
        for _ in range(COMMITS_MAX):
            tx = self._store.transaction()
            if not await end_some(tx, self._store):
                return
            await tx.commit()
