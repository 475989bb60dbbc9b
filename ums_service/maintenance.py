"""What happens by itself: ended sessions go, kept things are purged, keys change."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import islice
from typing import Final

from storage import Store, Transaction
from storage.errors import StoreError
from ums_service.audit_names import name_sealed
from ums_service.domain import outbox
from ums_service.domain.access_tokens import AccessTokens
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.deleted import due_for_purge, purge
from ums_service.domain.endings import end_logins
from ums_service.domain.families import FAMILIES
from ums_service.domain.idempotency import DONE, KEPT_S
from ums_service.domain.imports import IMPORTED_CHANGES, IMPORTS, due_imports
from ums_service.domain.memberships import end_some
from ums_service.domain.moment import Moment
from ums_service.domain.one_time import ONE_TIME, spent
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.revocations import REVOCATIONS, due_revocations
from ums_service.domain.sessions import Evicted, Reason, Sessions
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID, KeyRing
from ums_service.grant_sweep import GrantSweep
from ums_service.refusal_log import RefusalLog

TICK_S: Final = 1.0
PURGE_EVERY_TICKS: Final = 60
PURGED_AT_ONCE: Final = 100
LINKS_LOOKED_AT: Final = 1_000
LAB_ROUNDS_MAX: Final = 50
"""Commits for deleted labs in one round: others get their turn between them."""

Chore = Callable[[Moment], Awaitable[None]]
"""What else is done now and then; it may raise StoreError, to be asked again."""


class Maintenance:
    """One round each second. A store that cannot write is left alone until it can."""

    def __init__(
        self,
        store: Store,
        sessions: Sessions,
        refusals: RefusalLog,
        clock: Callable[[], Moment],
        tell: Callable[[], None],
        tokens: AccessTokens,
        chores: Sequence[Chore] = (),
        at_once: Sequence[Chore] = (),
    ) -> None:
        """`chores` are done in each round that purges, after it, `at_once` in each."""
        self._store = store
        self._sessions = sessions
        self._refusals = refusals
        self._clock = clock
        self._tell = tell
        self._tokens = tokens
        self._chores = chores
        self._at_once = at_once
        self._looking: Iterator[str] = iter(())
        self._links: Iterator[str] = iter(())
        self._grants = GrantSweep(store)

    async def run(self) -> None:
        """Go on until cancelled."""
        tick = 0
        while True:
            self._tell()
            self._sessions.sweep(self._clock())
            await self.note_evicted(self._clock())
            if tick % PURGE_EVERY_TICKS == 0:
                await self.purge(self._clock())
            await self.end_memberships()
            await self.go_on(self._clock())
            tick += 1
            await asyncio.sleep(TICK_S)

    async def purge(self, now: Moment) -> None:
        """Erase what has been kept long enough, a little at a time."""
        await self._refusals.flush(now)
        try:
            await self._purge_links(now)
            while await self._purge_some(now):
                pass
            await self._renew_signing_key(now)
            await self._grants.round(now)
            for chore in self._chores:
                await chore(now)
        except StoreError:
            return  # tried again in the next round; the store tells its own state

    async def _purge_some(self, now: Moment) -> bool:
        """Erase one batch; returns whether there was anything to erase."""
        tx = self._store.transaction()
        old = self._old_replies(now)
        due = due_for_purge(self._store, now, most=PURGED_AT_ONCE)
        revoked = due_revocations(self._store, now, most=PURGED_AT_ONCE)
        for number in revoked:
            tx.delete(REVOCATIONS, number)
        letters = outbox.due_for_purge(self._store, now, most=PURGED_AT_ONCE)
        for done_id in old:
            tx.delete(DONE, done_id)
        for mail_id in letters:
            tx.delete(OUTBOX, mail_id)
        for user_id in due:
            await purge(tx, user_id, now)
        imports = await self._forget_imports(tx, now)
        over = await self._delete_families_that_are_over(tx, now)
        await tx.commit()
        return bool(old or due or revoked or letters or imports or over)

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
        for _ in range(PURGED_AT_ONCE):
            user_id = next(self._looking, None)
            if user_id is None:
                self._looking = iter(self._store.ids(FAMILIES))
                break
            families = await tx.get(FAMILIES, user_id)
            if families and all(f.is_over(now) for f in families.families):
                tx.delete(FAMILIES, user_id)
                deleted += 1
        return deleted

    async def end_memberships(self) -> None:
        """Take members out of labs that were deleted, some thousands in a round."""
        try:
            for _ in range(LAB_ROUNDS_MAX):
                tx = self._store.transaction()
                if not await end_some(tx, self._store):
                    return
                await tx.commit()
        except StoreError:
            return  # tried again in the next round

    async def go_on(self, now: Moment) -> None:
        """Do some of what is done bit by bit."""
        try:
            for chore in self._at_once:
                await chore(now)
        except StoreError:
            return  # tried again in the next round

    async def note_evicted(self, now: Moment) -> None:
        """Enter which sessions had to make room, and end what could open them again.

        A login does not wait for this. What is not yet entered when the process is
        killed is lost, as the sessions are. Tokens outlive a session that ended for
        want of room in the whole service: its account was within its limit.
        """
        while evicted := self._sessions.take_evicted(most=PURGED_AT_ONCE):
            try:
                await self._enter_evicted(evicted, now)
            except StoreError:
                self._sessions.put_back_evicted(evicted)
                return  # tried again in the next round

    async def _enter_evicted(self, evicted: list[Evicted], now: Moment) -> None:
        tx, finish = self._store.transaction(), []
        for user_id, session_id, reason in evicted:
            details = {"session_id": session_id, "reason": reason}
            entry = AuditEntry(
                event="session_evicted",
                outcome=Outcome.DONE,
                subject=user_id,
                details=details,
                of_subject=name_sealed(self._store, user_id),
            )
            entry.append_to(tx, now)
            if reason is Reason.ACCOUNT:
                ending = await end_logins(
                    tx, self._sessions, user_id, [session_id], now
                )
                finish.append(ending.finish)
        await tx.commit()
        for end in finish:
            end()

    async def _renew_signing_key(self, now: Moment) -> None:
        """Rotate the key that is too old; drop the public ones that nobody needs."""
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
        oldest = islice(self._store.scan(DONE), PURGED_AT_ONCE)
        return [d.done_id for d in oldest if d.at_epoch_s + KEPT_S < now.epoch_s]
