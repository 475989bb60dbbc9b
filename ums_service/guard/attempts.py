"""Every attempt at a password, asked for and counted: by account, by address, in all.

    lockout          the account and where the attempt comes from
    address_blocks   the address, over all accounts
    guessing         all accounts, over all addresses
    saved_failures   what a restart must not forget

A known source, a device or session of the account's own, is asked of the lockout only:
nothing that strangers do keeps it out.
"""

import hashlib
import math
from itertools import islice

from storage import Store, Transaction
from ums_service.domain.address_blocks import AddressBlocks
from ums_service.domain.addresses import ExemptAddresses
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.devices import Device
from ums_service.domain.errors import InvalidCredentials
from ums_service.domain.failure_records import (
    BLOCKED_ADDRESSES,
    FAILURES,
    BlockedAddress,
)
from ums_service.domain.guessing import GuessingWatch
from ums_service.domain.lockout import Lock, Lockout, Source, Verdict
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import Profile
from ums_service.domain.service_secrets import NAME_ALIASES, service_secret
from ums_service.domain.sessions import Session
from ums_service.domain.users import User
from ums_service.guard.saved_failures import NOBODY, SavedFailures


class Attempts:
    """Admits attempts and counts their failures. Belongs to the loop."""

    def __init__(
        self,
        store: Store,
        profile: Profile,
        exempt: ExemptAddresses,
        *,
        entries_max: int,
    ) -> None:
        self._store = store
        self._profile = profile
        self._exempt = exempt
        self._lockout = Lockout(
            failures_max=profile.failures_max,
            window_s=profile.failures_window_s,
            lockout_s=profile.lockout_s,
            in_row_max=profile.failures_in_row_max,
            entries_max=entries_max,
        )
        self._blocks = AddressBlocks(
            failures_max=profile.address_failures_max,
            window_s=profile.address_failures_window_s,
            block_s=profile.address_block_s,
            entries_max=entries_max,
        )
        self._watch = GuessingWatch(
            accounts_min=profile.guessing_accounts_min,
            window_s=profile.guessing_window_s,
        )
        self.lockouts = self.blocks = 0
        """How often, since the start, somebody was shut out of an account, and an
        address was blocked."""
        self.saved = SavedFailures(
            store, self._lockout, self._blocks, entries_max=entries_max
        )

    def key_of(self, user: User | None, name: str) -> str:
        """What stands for the account, or for a name that nobody has.

        What was typed is kept nowhere, and known and unknown cost the same.
        """
        key = service_secret(self._store, NAME_ALIASES)
        digest = hashlib.blake2b(name.encode(), key=key, digest_size=16).hexdigest()
        return user.user_id if user else NOBODY + digest

    def attempt(self, account: str, source: Source, now: Moment) -> Verdict:
        """Ask for one try. ADMIT must be followed by its verdict, or `withdrawn`."""
        self.saved.load(account, now)
        if self._is_limited(source):
            self.saved.load_address(source.address, now)
            verdict = self._blocks.ask(source.address, now.ticks_s)
            if verdict is not Verdict.ADMIT:
                return verdict
        verdict = self._lockout.attempt(account, source, now.ticks_s)
        if verdict is Verdict.ADMIT and self._is_limited(source):
            self._blocks.began(source.address, now.ticks_s)
        return verdict

    def succeeded(self, account: str, source: Source, now: Moment) -> None:
        """The password was right."""
        self._ended(source, now, failed=False)
        if self._lockout.succeeded(account, source, now.ticks_s):
            self.saved.changed(account)

    def withdrawn(self, account: str, source: Source, now: Moment) -> None:
        """An admitted attempt came to no verdict."""
        self._ended(source, now, failed=False)
        self._lockout.withdrawn(account, source, now.ticks_s)

    def failed(self, account: str, source: Source, now: Moment) -> bool:
        """The password was wrong; returns whether this shut somebody out."""
        lock = self._lockout.failed(account, source, now.ticks_s)
        self.saved.changed(account)
        if lock is not None and not account.startswith(NOBODY):
            self.lockouts += 1
            self._tell_lock(lock, account, source)
        if self._ended(source, now, failed=True):
            self.blocks += 1
            for_s = self._profile.address_block_s
            self.saved.blocked(source.address, for_s, now)
            self._tell("address_blocked", source, severity="warning", for_s=for_s)
        guessing = self._watch.failed(account, source.address, now.ticks_s)
        if guessing is not None:
            self._tell(
                "guessing_suspected",
                None,
                severity="error",
                **guessing._asdict(),
                window_s=self._profile.guessing_window_s,
            )
        return lock is not None

    def refusal(
        self, account: str, source: Source, now: Moment, *, shut_out: bool = False
    ) -> InvalidCredentials:
        """What to answer: when to try again, where time helps."""
        ticks_s = now.ticks_s
        wait_s = self._lockout.wait_s(account, source, ticks_s)
        failures = self._lockout.failures(account, source, ticks_s)
        if self._is_limited(source):
            wait_s = max(wait_s, self._blocks.wait_s(source.address, ticks_s))
            failures = max(failures, self._blocks.failures(source.address, ticks_s))
        told_s = wait_s if 0 < wait_s < math.inf else None
        return InvalidCredentials(told_s, failures=failures, shut_out=shut_out)

    def is_locked(self, user_id: str, now: Moment) -> bool:
        """Whether any source is shut out of an account, or all strangers are."""
        counts = self.saved.counts(user_id, now)
        return counts is not None and self._lockout.shuts_out(counts, now.ticks_s)

    def with_failures(self) -> set[str]:
        """The ids of all accounts that can be locked: those that failures are known of."""
        accounts = {*self._lockout.accounts(), *self._store.ids(FAILURES)}
        return {account for account in accounts if not account.startswith(NOBODY)}

    def is_blocked(self, address: str, now: Moment) -> bool:
        """Whether an address is not listened to."""
        self.saved.load_address(address, now)
        return self._blocks.wait_s(address, now.ticks_s) > 0

    def blocked_addresses(self, now: Moment, *, most: int) -> list[BlockedAddress]:
        """Addresses that are not listened to, of the oldest `most` on disk."""
        oldest = islice(self._store.scan(BLOCKED_ADDRESSES), most)
        return [one for one in oldest if one.until_epoch_s * 1e9 > now.epoch_ns]

    def forget_account(self, user_id: str) -> None:
        """Forget the failures on an account, whose record was deleted."""
        self._lockout.clear(user_id)
        self.saved.changed(user_id)  # what was counted since then must go, too

    def forget_address(self, address: str, now: Moment) -> None:
        """Forget the failures of an address, whose record was deleted."""
        self._blocks.clear(address, now.ticks_s)

    def _is_limited(self, source: Source) -> bool:
        return source.known_as is None and source.address not in self._exempt

    def _ended(self, source: Source, now: Moment, *, failed: bool) -> bool:
        if not self._is_limited(source):
            return False
        return self._blocks.ended(source.address, now.ticks_s, failed=failed)

    def _tell_lock(self, lock: Lock, account: str, source: Source) -> None:
        stopped = lock is Lock.STOPPED
        details: dict[str, object] = {"severity": "error" if stopped else "warning"}
        details["until"] = "password reset" if stopped else "time"
        if source.known_as is not None:
            details["source"] = source.known_as
        event = AuditEntry(
            event="account_locked",
            outcome=Outcome.DONE,
            subject=account,
            address=source.address,
            details=details,
        )
        self.saved.tell(event)

    def _tell(self, event: str, source: Source | None, **details: object) -> None:
        address = source.address if source else None
        self.saved.tell(
            AuditEntry(event, Outcome.DONE, address=address, details=details)
        )


def delete_failures(tx: Transaction, user_id: str) -> None:
    """Lift the lockout of an account, durably when `tx` is committed."""
    tx.delete(FAILURES, user_id)


def delete_block(tx: Transaction, address: str) -> None:
    """Lift the block of an address, durably when `tx` is committed."""
    tx.delete(BLOCKED_ADDRESSES, address)


def name_of_source(known: Device | Session | None) -> str | None:
    """What the counts of failures call a source that the account has proved."""
    if known is None:
        return None
    if isinstance(known, Session):
        return f"session {known.digest[:8].hex()}"
    return f"device {known.device_id}"
