"""How often a password may be tried: a pure state machine, the time an argument.

Two counts stand before every attempt. A stranger's are that of the account and the
address, and that of the account alone, against guessing from many addresses. A known
device, or an open session, has both counts to itself: what strangers do does not touch
it, and what it does not touch them.

    the source (account and address,          the whole (account alone, or the
    or account and known device)              known device): failures in a row
                                              failures   wait after the last one
    OPEN --attempt--> one more in flight       < 10        none
    in flight --right--> OPEN, failures = 0    < 25         1 s
    in flight --wrong--> OPEN, failures + 1    < 50         3 s
    failures + in flight                       < 100        5 s
        = failures_max --attempt--> WAIT       more        10 s
    failures = failures_max                    in_row_max  STOPPED
        --> SHUT for lockout_s                 10 with those in flight
    SHUT, lockout_s later --> OPEN                 --attempt--> WAIT

    SHUT, STOPPED --clear (new password, operator)--> OPEN

An attempt counts while it is in flight, before the hash is computed: a hundred
parallel guesses are no more than a few. WAIT means that attempts in flight use up
what is left; who waits is admitted or refused when one of them ends. The source's
failures are forgotten `window_s` after the last one; those in a row only by a right
password or by `clear` (NIST SP 800-63B, 3.2.2: no more than 100 in a row).
"""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, NamedTuple

_WAITS: Final = ((100, 10.0), (50, 5.0), (25, 3.0), (10, 1.0))
_FREE: Final = 10
"""Failures in a row before the first wait; from then on one attempt at a time."""
SOURCES_MAX: Final = 32
"""Sources of each kind remembered for one account; the quietest is forgotten first."""


class Verdict(Enum):
    """What to do with an attempt."""

    ADMIT = "admit"
    WAIT = "wait"
    REFUSE = "refuse"


class Lock(Enum):
    """What a failure has brought about."""

    SHUT = "shut"
    STOPPED = "stopped"


class Source(NamedTuple):
    """Where an attempt comes from.

    `known_as` names a device or a session that has proved to be the account's own.
    """

    address: str
    known_as: str | None = None


@dataclass(slots=True)
class Count:
    """Failures of one source or account. In flight are those without verdict yet."""

    failures: int = 0
    in_row: int = 0
    last_ticks_s: float = 0.0
    in_flight: int = 0

    def is_empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not (self.failures or self.in_row)


@dataclass(slots=True)
class Counts:
    """All counts of one account."""

    alone: Count = field(default_factory=Count)
    strangers: OrderedDict[str, Count] = field(default_factory=OrderedDict)
    known: OrderedDict[str, Count] = field(default_factory=OrderedDict)

    def all(self) -> list[Count]:
        """Every count there is."""
        return [self.alone, *self.strangers.values(), *self.known.values()]


class Lockout:
    """The counts of at most `entries_max` accounts.

    Accounts are named by opaque keys; use ids or keyed digests, never names that were
    typed in. When the table is full the account that was untouched for longest is
    forgotten.
    """

    def __init__(
        self,
        *,
        failures_max: int,
        window_s: float,
        lockout_s: float,
        in_row_max: int,
        entries_max: int = 100_000,
    ) -> None:
        self._failures_max = failures_max
        self._window_s = window_s
        self._lockout_s = lockout_s
        self._in_row_max = in_row_max
        self._entries_max = entries_max
        self._accounts: OrderedDict[str, Counts] = OrderedDict()

    def __len__(self) -> int:
        return len(self._accounts)

    def attempt(self, account: str, source: Source, ticks_s: float) -> Verdict:
        """Ask for one try. ADMIT must be followed by its verdict, or `withdrawn`."""
        own, whole = self._of(account, source, ticks_s)
        if self._wait_s(own, whole, ticks_s) > 0:
            return Verdict.REFUSE
        if own.failures + own.in_flight >= self._failures_max or self._crowded(whole):
            return Verdict.WAIT
        for count in _both(own, whole):
            count.in_flight += 1
        return Verdict.ADMIT

    def succeeded(self, account: str, source: Source, ticks_s: float) -> bool:
        """The password was right: this source, and what it is part of, start anew.

        Returns whether there was anything to forget.
        """
        own, whole = self._of(account, source, ticks_s)
        for count in _both(own, whole):
            count.in_flight = max(0, count.in_flight - 1)
        forgets = bool(own.failures or whole.in_row)
        own.failures = whole.in_row = 0
        return forgets

    def failed(self, account: str, source: Source, ticks_s: float) -> Lock | None:
        """The password was wrong. Returns the lock that begins with this failure."""
        own, whole = self._of(account, source, ticks_s)
        for count in _both(own, whole):
            count.in_flight = max(0, count.in_flight - 1)
            count.last_ticks_s = ticks_s
        own.failures += 1
        whole.in_row += 1
        if whole.in_row == self._in_row_max:
            return Lock.STOPPED
        return Lock.SHUT if own.failures == self._failures_max else None

    def withdrawn(self, account: str, source: Source, ticks_s: float) -> None:
        """An admitted attempt came to no verdict: it counts for nothing."""
        for count in _both(*self._of(account, source, ticks_s)):
            count.in_flight = max(0, count.in_flight - 1)

    def wait_s(self, account: str, source: Source, ticks_s: float) -> float:
        """Seconds until an attempt can be admitted; infinite where no time helps."""
        return self._wait_s(*self._of(account, source, ticks_s), ticks_s)

    def failures(self, account: str, source: Source, ticks_s: float) -> int:
        """The failures of this source that still count."""
        return self._of(account, source, ticks_s)[0].failures

    def shuts_out(self, counts: Counts, ticks_s: float) -> bool:
        """Whether any source is shut out, or all strangers are."""
        shut = [
            count.failures >= self._failures_max
            and ticks_s < count.last_ticks_s + self._lockout_s
            for count in counts.all()
        ]
        return any(shut) or any(c.in_row >= self._in_row_max for c in counts.all())

    def accounts(self) -> list[str]:
        """What is in the table, as a copy."""
        return list(self._accounts)

    def clear(self, account: str) -> None:
        """Forget all failures of an account; what is in flight stays so."""
        counts = self._accounts.get(account)
        for count in counts.all() if counts else ():
            count.failures = count.in_row = 0

    def counts(self, account: str) -> Counts | None:
        """What is remembered of an account, to be looked at; None if nothing is."""
        return self._accounts.get(account)

    def restore(
        self,
        account: str,
        alone: Count,
        strangers: Mapping[str, Count],
        known: Mapping[str, Count],
    ) -> None:
        """Remember what was kept elsewhere of an account that is not in the table."""
        self._add(account, Counts(alone, OrderedDict(strangers), OrderedDict(known)))

    def _of(self, account: str, source: Source, ticks_s: float) -> tuple[Count, Count]:
        """The count of the source and that of the whole; a known source is both."""
        counts = self._accounts.get(account)
        if counts is None:
            counts = self._add(account, Counts())
        else:
            self._accounts.move_to_end(account)
        known = source.known_as
        table = counts.strangers if known is None else counts.known
        name = source.address if known is None else known
        own = table.get(name)
        if own is None:
            if len(table) >= SOURCES_MAX:
                table.popitem(last=False)
            own = table[name] = Count()
        else:
            table.move_to_end(name)
            self._forget_old(own, ticks_s)
        return own, counts.alone if known is None else own

    def _add(self, account: str, counts: Counts) -> Counts:
        if len(self._accounts) >= self._entries_max:
            self._accounts.popitem(last=False)
        self._accounts[account] = counts
        return counts

    def _forget_old(self, own: Count, ticks_s: float) -> None:
        shut_s = self._lockout_s if own.failures >= self._failures_max else 0.0
        if ticks_s - own.last_ticks_s >= max(shut_s, self._window_s):
            own.failures = 0

    def _crowded(self, whole: Count) -> bool:
        """Past the free tries the waits must hold for parallel guesses, too."""
        tried = whole.in_row + whole.in_flight
        return whole.in_flight > 0 and tried >= min(_FREE, self._in_row_max)

    def _wait_s(self, own: Count, whole: Count, ticks_s: float) -> float:
        if whole.in_row >= self._in_row_max:
            return math.inf
        own_s = self._lockout_s if own.failures >= self._failures_max else 0.0
        whole_s = next((s for n, s in _WAITS if whole.in_row >= n), 0.0)
        return max(
            0.0,
            own.last_ticks_s + own_s - ticks_s if own_s else 0.0,
            whole.last_ticks_s + whole_s - ticks_s if whole_s else 0.0,
        )


def _both(own: Count, whole: Count) -> tuple[Count, ...]:
    return (own,) if own is whole else (own, whole)
