"""Roles, attributes and requests whose time is over are cleaned away, with an entry.

They count no more from the second of their end, whether this has run or not.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from storage import Collection, Store, Transaction
from ums_service.audit.names import name_sealed_in
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.moment import Moment
from ums_service.domain.role_requests import ROLE_REQUESTS, State
from ums_service.domain.users import USERS
from ums_service.handlers.turns import taking_turns

LOOKED_AT: Final = 10_000
"""Accounts looked at in one round, of each collection."""


class GrantSweep:
    """Walks over all accounts, some in each round."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entitled: Iterator[str] = iter(())
        self._asking: Iterator[str] = iter(())

    async def round(self, now: Moment) -> None:
        """Clean away what has ended of some accounts. Raises StoreError."""
        entitled, self._entitled = self._next(ENTITLEMENTS, self._entitled)
        asking, self._asking = self._next(ROLE_REQUESTS, self._asking)
        async for _, user_id in taking_turns(entitled):
            own = self._store.get(ENTITLEMENTS, user_id)
            if own is not None and own != own.without_ended(now):
                await self._clean(user_id, now)
        async for _, user_id in taking_turns(asking):
            known = self._store.get(ROLE_REQUESTS, user_id)
            if known is not None and known != known.settled(now):
                await self._settle(user_id, now)

    def _next(
        self, collection: Collection[Any], walk: Iterator[str]
    ) -> tuple[list[str], Iterator[str]]:
        user_ids = list(islice(walk, LOOKED_AT))
        if len(user_ids) < LOOKED_AT:
            walk = iter(self._store.ids(collection))
            user_ids += islice(walk, LOOKED_AT - len(user_ids))
        return user_ids, walk

    async def _clean(self, user_id: str, now: Moment) -> None:
        async with self._store.transaction() as tx:
            own = await tx.get(ENTITLEMENTS, user_id)
            if own is None or await tx.get(USERS, user_id) is None:
                return  # what is deleted stays as it is until it comes back
            tx.put(ENTITLEMENTS, own.without_ended(now))
            for role in own.roles:
                if role.has_ended(now):
                    told = {"role": role.role, "lab_id": role.lab_id}
                    await self._enter(tx, "role_expired", user_id, told, now)
            for one in own.attributes:
                if one.has_ended(now):
                    told = {"attribute": one.attribute, "lab_id": one.lab_id}
                    entry = self._enter(
                        tx, "user_attribute_expired", user_id, told, now
                    )
                    await entry

    async def _settle(self, user_id: str, now: Moment) -> None:
        async with self._store.transaction() as tx:
            known = await tx.get(ROLE_REQUESTS, user_id)
            if known is None or await tx.get(USERS, user_id) is None:
                return
            tx.put(ROLE_REQUESTS, known.settled(now))
            for asked in known.requests:
                if asked.state == State.PENDING != asked.at(now).state:
                    told = {"role": asked.role, "lab_id": asked.lab_id}
                    await self._enter(tx, "role_request_expired", user_id, told, now)

    async def _enter(
        self,
        tx: Transaction,
        event: str,
        user_id: str,
        told: dict[str, Any],
        now: Moment,
    ) -> None:
        AuditEntry(
            event=event,
            outcome=Outcome.DONE,
            subject=user_id,
            details=told,
            lab_id=told["lab_id"],
            of_subject=await name_sealed_in(tx, self._store, user_id),
        ).append_to(tx, now)
