"""How many requests an address or a caller may send: token buckets in a bounded table.

Limits are for strangers, not for programs of this machine: exempt addresses are never
limited, and a class without a bucket costs nothing. An address that goes on and on over
its limit is not heard at all for a moment, which saves even reading what it sends.
"""

from collections import OrderedDict
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Final

from ums_service.domain.errors import RateLimited

ALWAYS_HEARD_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """`burst` requests at once, then `per_s` in each second."""

    burst: float
    per_s: float


@dataclass(slots=True)
class _Level:
    tokens: float
    at_s: float
    refused: int = 0


class Buckets:
    """One bucket per kind and name, at most `entries_max` in all.

    When the table is full the name that was quiet for longest is forgotten, and so
    starts with a full bucket again.
    """

    def __init__(
        self, buckets: Mapping[str, Bucket], *, entries_max: int = 100_000
    ) -> None:
        self.kinds = buckets
        self._entries_max = entries_max
        self._levels: OrderedDict[tuple[str, str], _Level] = OrderedDict()

    def __len__(self) -> int:
        return len(self._levels)

    def take(self, kind: str, name: str, ticks_s: float) -> None:
        """Count one request.

        Raises:
            RateLimited: the bucket is empty; carries the seconds until it is not, and
                how many were refused in a row.
        """
        bucket = self.kinds[kind]
        level = self._level((kind, name), bucket, ticks_s)
        if level.tokens < 1:
            level.refused += 1
            wait_s = (1 - level.tokens) / bucket.per_s
            raise RateLimited(retry_after_s=wait_s, in_row=level.refused)
        level.tokens -= 1
        level.refused = 0

    def _level(self, key: tuple[str, str], bucket: Bucket, ticks_s: float) -> _Level:
        level = self._levels.get(key)
        if level is None:
            if len(self._levels) >= self._entries_max:
                self._levels.popitem(last=False)
            level = self._levels[key] = _Level(bucket.burst, ticks_s)
            return level
        self._levels.move_to_end(key)
        gained = (ticks_s - level.at_s) * bucket.per_s
        level.tokens = min(bucket.burst, level.tokens + gained)
        level.at_s = ticks_s
        return level


class RateLimits:
    """The limits of addresses and of callers."""

    def __init__(
        self,
        addresses: Mapping[str, Bucket],
        callers: Mapping[str, Bucket],
        exempt: Container[str],
        *,
        refusals_max: int,
        unheard_s: float,
        entries_max: int = 100_000,
    ) -> None:
        self._addresses = Buckets(addresses, entries_max=entries_max)
        self._kinds = self._addresses.kinds
        self._callers = Buckets(callers, entries_max=entries_max)
        self.of_callers = bool(callers)
        """Whether callers have any limit."""
        self._exempt = exempt
        self._refusals_max = refusals_max
        self._unheard_s = unheard_s
        self._entries_max = entries_max
        self.unheard: dict[str, float] = {}
        """Addresses that are not heard, and until when; nearly always empty."""
        self._always_heard: set[str] = set()

    @property
    def remembered(self) -> int:
        """Addresses and callers that are counted at the moment, once for each class."""
        return len(self._addresses) + len(self._callers)

    @property
    def are_full(self) -> bool:
        """Whether some had to be forgotten to make room for others."""
        return max(len(self._addresses), len(self._callers)) >= self._entries_max

    def take(self, kind: str, address: str, ticks_s: float) -> None:
        """Count one request of an address. Raises RateLimited."""
        if kind not in self._kinds or address in self._exempt:
            return
        try:
            self._addresses.take(kind, address, ticks_s)
        except RateLimited as refused:
            if refused.in_row >= self._refusals_max:
                self._hush(address, ticks_s)
            raise

    def take_of_caller(self, kind: str, user_id: str, ticks_s: float) -> None:
        """Count one request of an account. Raises RateLimited."""
        if kind in self._callers.kinds:
            self._callers.take(kind, user_id, ticks_s)

    def unheard_for_s(self, address: str, ticks_s: float) -> float:
        """How long an address is not heard yet; 0 when it is."""
        until_s = self.unheard.get(address)
        if until_s is None:
            return 0.0
        if until_s <= ticks_s:
            del self.unheard[address]
            return 0.0
        return until_s - ticks_s

    def always_hear(self, address: str) -> None:
        """Read what comes from there: it speaks for others, too. Limits still hold."""
        if len(self._always_heard) < ALWAYS_HEARD_MAX:
            self._always_heard.add(address)
        self.unheard.pop(address, None)

    def _hush(self, address: str, ticks_s: float) -> None:
        if address in self._always_heard:
            return
        unheard = self.unheard
        if len(unheard) >= self._entries_max:
            del unheard[next(iter(unheard))]
        unheard.pop(address, None)
        unheard[address] = ticks_s + self._unheard_s
