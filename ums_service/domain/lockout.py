"""How often a password may be tried: a pure state machine, the time an argument.

Two counts guard one account. The first belongs to the account and one source
(address); the second to the account alone, against guessing from many sources.

    per account and source                       per account, all sources

    OPEN --attempt--> OPEN, one more in flight   failures   wait after the last one
    in flight --right--> OPEN, failures = 0         < 10        none
    in flight --wrong--> OPEN, failures + 1         < 25         1 s
    failures + in flight = max --attempt--> WAIT    < 50         3 s
    failures = max --> SHUT for lockout_s          < 100         5 s
    SHUT, lockout_s later --> OPEN                 >= 100       10 s

An attempt counts while it is in flight, before the hash is computed: a hundred
parallel guesses are no more than a few. WAIT means that attempts in flight use up
what is left; who waits is admitted or refused when one of them ends. Failures older
than `window_s` are forgotten. A stranger elsewhere can make the owner wait ten
seconds, never lock them out.
"""

from collections import OrderedDict
from dataclasses import dataclass
from enum import Enum
from typing import Final

_ACCOUNT_WAITS: Final = ((100, 10.0), (50, 5.0), (25, 3.0), (10, 1.0))


class Verdict(Enum):
    """What to do with an attempt."""

    ADMIT = "admit"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(slots=True)
class _Count:
    failures: int = 0
    in_flight: int = 0
    last_ticks_s: float = 0.0


class Lockout:
    """The counts of all accounts, at most `entries_max` of each kind.

    Keys are opaque; use ids or keyed digests, never names that were typed in. When
    the table is full the entry that was untouched for longest is forgotten.
    """

    def __init__(
        self,
        *,
        failures_max: int,
        window_s: float,
        lockout_s: float,
        entries_max: int = 100_000,
    ) -> None:
        self._failures_max = failures_max
        self._window_s = window_s
        self._lockout_s = lockout_s
        self._entries_max = entries_max
        self._counts: OrderedDict[tuple[str, str | None], _Count] = OrderedDict()

    def attempt(self, account: str, source: str, ticks_s: float) -> Verdict:
        """Ask for one try. ADMIT must be followed by `succeeded` or `failed`."""
        pair = self._count((account, source), ticks_s)
        alone = self._count((account, None), ticks_s)
        if self.wait_s(account, source, ticks_s) > 0:
            return Verdict.REFUSE
        if pair.failures + pair.in_flight >= self._failures_max:
            return Verdict.WAIT
        pair.in_flight += 1
        alone.in_flight += 1
        return Verdict.ADMIT

    def succeeded(self, account: str, source: str, ticks_s: float) -> None:
        """The password was right: this source starts anew."""
        pair = self._count((account, source), ticks_s)
        pair.failures = 0
        pair.in_flight = max(0, pair.in_flight - 1)
        alone = self._count((account, None), ticks_s)
        alone.failures = 0
        alone.in_flight = max(0, alone.in_flight - 1)

    def failed(self, account: str, source: str, ticks_s: float) -> bool:
        """The password was wrong; returns whether this shut the source out."""
        for key in ((account, source), (account, None)):
            count = self._count(key, ticks_s)
            count.failures += 1
            count.in_flight = max(0, count.in_flight - 1)
            count.last_ticks_s = ticks_s
        pair = self._count((account, source), ticks_s)
        return pair.failures == self._failures_max

    def withdrawn(self, account: str, source: str, ticks_s: float) -> None:
        """An admitted attempt came to no verdict: it counts for nothing."""
        for key in ((account, source), (account, None)):
            count = self._count(key, ticks_s)
            count.in_flight = max(0, count.in_flight - 1)

    def wait_s(self, account: str, source: str, ticks_s: float) -> float:
        """Seconds until an attempt can be admitted again; 0 when it can be now."""
        pair = self._count((account, source), ticks_s)
        alone = self._count((account, None), ticks_s)
        pair_s = self._lockout_s if pair.failures >= self._failures_max else 0.0
        alone_s = next((s for n, s in _ACCOUNT_WAITS if alone.failures >= n), 0.0)
        return max(
            0.0,
            pair.last_ticks_s + pair_s - ticks_s if pair_s else 0.0,
            alone.last_ticks_s + alone_s - ticks_s if alone_s else 0.0,
        )

    def _count(self, key: tuple[str, str | None], ticks_s: float) -> _Count:
        count = self._counts.get(key)
        if count is None:
            if len(self._counts) >= self._entries_max:
                self._counts.popitem(last=False)
            count = self._counts[key] = _Count()
        else:
            self._counts.move_to_end(key)
            shut = self._lockout_s if count.failures >= self._failures_max else 0.0
            if ticks_s - count.last_ticks_s >= max(shut, self._window_s):
                count.failures = 0
        return count
