"""Failures in memory and in the store: read when first asked for, written when counted.

A failure is written in the commit of its refusal's audit entry, before it is answered,
and costs no commit of its own. That failures were forgotten (a right password) is
written at the next refusal or the next round of maintenance.
"""

from collections import OrderedDict, deque
from itertools import islice
from typing import Final, NamedTuple

from storage import Collection, Store, Transaction
from ums_service.domain.address_blocks import AddressBlocks
from ums_service.domain.audit import AuditEntry
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.failure_records import (
    BLOCKED_ADDRESSES,
    FAILURES,
    FAILURES_OF_NOBODY,
    BlockedAddress,
    FailureRecord,
    blocked,
    count_of,
    record_of,
)
from ums_service.domain.lockout import Counts, Lockout
from ums_service.domain.moment import Moment
from ums_service.domain.users import USERS

NOBODY: Final = "nobody "
"""How the keys of names begin that nobody has; ids of accounts never do."""
SAVED_AT_ONCE: Final = 100
EVENTS_MAX: Final = 1_000
"""Events kept while the store cannot write; past it the oldest is lost."""


class Saving(NamedTuple):
    """What a transaction is to write, to be written again should it fail."""

    accounts: list[str]
    events: list[AuditEntry]
    blocks: list[BlockedAddress]


class SavedFailures:
    """Keeps the store in step with the counts. Belongs to the loop."""

    def __init__(
        self, store: Store, lockout: Lockout, blocks: AddressBlocks, *, entries_max: int
    ) -> None:
        self._store = store
        self._lockout = lockout
        self._blocks = blocks
        self._entries_max = entries_max
        self._accounts: dict[str, None] = {}
        self._events: deque[AuditEntry] = deque(maxlen=EVENTS_MAX)
        self._blocked: list[BlockedAddress] = []

    def load(self, account: str, now: Moment) -> None:
        """Bring the failures on an account into memory."""
        if self._lockout.counts(account) is None:
            stored = self._stored(account, now)
            if stored is not None:
                self._lockout.restore(
                    account, stored.alone, stored.strangers, stored.known
                )

    def counts(self, account: str, now: Moment) -> Counts | None:
        """The failures on an account, in memory or not; None if there are none."""
        return self._lockout.counts(account) or self._stored(account, now)

    def load_address(self, address: str, now: Moment) -> None:
        """Bring the block of an address into memory."""
        if address in self._blocks:
            return
        block = self._store.get(BLOCKED_ADDRESSES, address)
        if block is not None:
            left_s = block.until_epoch_s - now.epoch_ns / 1e9
            self._blocks.block(address, now.ticks_s, max(0.0, left_s))

    def changed(self, account: str) -> None:
        """The counts of this account are to be written."""
        self._accounts[account] = None
        if len(self._accounts) > self._entries_max:
            del self._accounts[next(iter(self._accounts))]

    def blocked(self, address: str, for_s: float, now: Moment) -> None:
        """This block is to be written."""
        self._blocked.append(blocked(address, for_s, now))
        del self._blocked[:-EVENTS_MAX]

    def tell(self, event: AuditEntry) -> None:
        """This event is to be written."""
        self._events.append(event)

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self._accounts or self._events or self._blocked)

    def save_to(self, tx: Transaction, now: Moment) -> Saving:
        """Add what is to be written to a transaction, the newest first."""
        most = min(SAVED_AT_ONCE, len(self._accounts))
        accounts = [self._accounts.popitem()[0] for _ in range(most)]
        for account in accounts:
            self._save(account, tx, now)
        events = [self._events.popleft() for _ in range(len(self._events))]
        for event in events:
            event.append_to(tx, now)
        blocks, self._blocked = self._blocked, []
        for block in blocks:
            tx.put(BLOCKED_ADDRESSES, block)
        return Saving(accounts, events, blocks)

    def not_saved(self, saving: Saving) -> None:
        """The transaction failed: all is to be written again."""
        for account in saving.accounts:
            self.changed(account)
        self._events.extendleft(reversed(saving.events))
        self._blocked = saving.blocks + self._blocked

    def trim(self, tx: Transaction, now: Moment) -> bool:
        """Delete what need not be kept, a little at a time. Returns whether there was."""
        over = max(0, self._store.count(FAILURES_OF_NOBODY) - self._entries_max)
        surplus = list(
            islice(self._store.scan(FAILURES_OF_NOBODY), min(over, SAVED_AT_ONCE))
        )
        for record in surplus:
            tx.delete(FAILURES_OF_NOBODY, record.account)
        blocks = islice(self._store.scan(BLOCKED_ADDRESSES), SAVED_AT_ONCE)
        ended = [b for b in blocks if b.until_epoch_s <= now.epoch_s]
        for block in ended:
            tx.delete(BLOCKED_ADDRESSES, block.address)
        return bool(surplus or ended)

    def _save(self, account: str, tx: Transaction, now: Moment) -> None:
        counts = self._lockout.counts(account)
        if counts is None:
            return  # forgotten for want of room: what is stored stays in force
        record = record_of(account, counts, now)
        collection = _collection(account)
        if record is None or not self._exists(account):
            tx.delete(collection, account)
        else:
            tx.put(collection, record)

    def _stored(self, account: str, now: Moment) -> Counts | None:
        record = self._store.get(_collection(account), account)
        if record is None:
            return None
        strangers, known = (
            OrderedDict((name, count_of(stored, now)) for name, stored in each.items())
            for each in (record.strangers, record.known)
        )
        return Counts(count_of(record.alone, now), strangers, known)

    def _exists(self, account: str) -> bool:
        """Whether the account was not erased meanwhile."""
        if account.startswith(NOBODY):
            return True
        return any(
            self._store.get_value(collection, account) is not None
            for collection in (USERS, DELETED_USERS)
        )


def _collection(account: str) -> Collection[FailureRecord]:
    return FAILURES_OF_NOBODY if account.startswith(NOBODY) else FAILURES
