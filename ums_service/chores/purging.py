"""What has been kept long enough is erased, a little at a time."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from storage import Store, Transaction
from ums_service.domain.deleted import DELETED_USERS, is_due_for_purge, purge
from ums_service.domain.families import FAMILIES
from ums_service.domain.idempotency import DONE, KEPT_S
from ums_service.domain.imports import IMPORTED_CHANGES, IMPORTS, due_imports
from ums_service.domain.moment import Moment
from ums_service.domain.one_time import ONE_TIME, spent
from ums_service.domain.revocations import REVOCATIONS, due_revocations
from ums_service.handlers.turns import taking_turns

AT_ONCE: Final = 100
LINKS_LOOKED_AT: Final = 1_000
DELETED_LOOKED_AT: Final = 10_000
"""Deleted accounts in one round: a tenth of a second, in turns."""


class Purging:
    """Erases deleted accounts, old answers, revocations, links and imports."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._looking: Iterator[str] = iter(())
        self._links: Iterator[str] = iter(())
        self._deleted: Iterator[str] = iter(())

    async def round(self, now: Moment) -> None:
        """Erase all that is due. Raises StoreError."""
        await self._purge_links(now)
        await self._purge_accounts(now)
        while await self._purge_some(now):
            pass

    async def _purge_some(self, now: Moment) -> bool:
        """Erase one batch; returns whether there was anything to erase."""
        tx = self._store.transaction()
        old = self._old_replies(now)
        revoked = due_revocations(self._store, now, most=AT_ONCE)
        for number in revoked:
            tx.delete(REVOCATIONS, number)
        for done_id in old:
            tx.delete(DONE, done_id)
        imports = await self._forget_imports(tx, now)
        over = await self._delete_families_that_are_over(tx, now)
        await tx.commit()
        return bool(old or revoked or imports or over)

    async def _purge_accounts(self, now: Moment) -> None:
        """Erase deleted accounts whose time is over, looking at some in each round.

        They are kept for different times, so one that is not due hides none behind it.
        """
        user_ids = list(islice(self._deleted, DELETED_LOOKED_AT))
        if len(user_ids) < DELETED_LOOKED_AT:
            self._deleted = iter(self._store.ids(DELETED_USERS))
            user_ids += islice(self._deleted, DELETED_LOOKED_AT - len(user_ids))
        due = [
            user_id
            async for _, user_id in taking_turns(dict.fromkeys(user_ids))
            if is_due_for_purge(self._store, user_id, now)
        ]
        for first in range(0, len(due), AT_ONCE):
            async with self._store.transaction() as tx:
                for user_id in due[first : first + AT_ONCE]:
                    if is_due_for_purge(self._store, user_id, now):  # still
                        await purge(tx, user_id, now)

    async def _forget_imports(self, tx: Transaction, now: Moment) -> int:
        """Forget a batch that cannot be taken back any more, and what it replaced."""
        batches = due_imports(self._store, now)
        for batch in batches:
            tx.delete(IMPORTS, batch.import_id)
            for user_id in batch.updated:
                known = await tx.get(IMPORTED_CHANGES, user_id)
                kept = known.without(batch.import_id) if known else None
                if kept is not None and kept.changes:
                    tx.put(IMPORTED_CHANGES, kept)
                elif known is not None:
                    tx.delete(IMPORTED_CHANGES, user_id)
        return len(batches)

    async def _delete_families_that_are_over(self, tx: Transaction, now: Moment) -> int:
        """Forget logins whose tokens have all expired, looking at some accounts.

        Called again and again it walks over all: they hold addresses of people, and
        most accounts' next login asks for no tokens.
        """
        deleted = 0
        for _ in range(AT_ONCE):
            user_id = next(self._looking, None)
            if user_id is None:
                self._looking = iter(self._store.ids(FAMILIES))
                break
            families = await tx.get(FAMILIES, user_id)
            if families and all(f.is_over(now) for f in families.families):
                tx.delete(FAMILIES, user_id)
                deleted += 1
        return deleted

    async def _purge_links(self, now: Moment) -> None:
        """Erase links that are over, looking at some accounts in each round."""
        user_ids = list(islice(self._links, LINKS_LOOKED_AT))
        if len(user_ids) < LINKS_LOOKED_AT:
            self._links = iter(self._store.ids(ONE_TIME))
            user_ids += islice(self._links, LINKS_LOOKED_AT - len(user_ids))
        async with self._store.transaction() as tx:
            for user_id in spent(self._store, user_ids, now):
                if await tx.get(ONE_TIME, user_id) is not None:
                    tx.delete(ONE_TIME, user_id)

    def _old_replies(self, now: Moment) -> list[str]:
        oldest = islice(self._store.scan(DONE), AT_ONCE)
        return [d.done_id for d in oldest if d.at_epoch_s + KEPT_S < now.epoch_s]
