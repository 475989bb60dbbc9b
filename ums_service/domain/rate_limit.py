"""How many requests one address may send: token buckets in a bounded table.

Limits are for strangers, not for programs of this machine: addresses of the loopback
are never limited, and reads have no bucket by default.
"""

from collections import OrderedDict
from dataclasses import dataclass

from ums_service.domain.errors import RateLimited


@dataclass(frozen=True, slots=True)
class Bucket:
    """`burst` requests at once, then `per_s` in each second."""

    burst: float
    per_s: float


class RateLimits:
    """One bucket per kind and address, at most `entries_max` in all.

    When the table is full the address that was quiet for longest is forgotten, and so
    starts with a full bucket again.
    """

    def __init__(
        self, buckets: dict[str, Bucket], *, entries_max: int = 100_000
    ) -> None:
        self._buckets = buckets
        self._entries_max = entries_max
        self._levels: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, kind: str, address: str, ticks_s: float) -> None:
        """Count one request.

        Raises:
            RateLimited: the bucket is empty; carries the seconds until it is not.
        """
        bucket = self._buckets.get(kind)
        if bucket is None or address.startswith("127."):
            return
        key = (kind, address)
        level, at_s = self._levels.pop(key, (bucket.burst, ticks_s))
        level = min(bucket.burst, level + (ticks_s - at_s) * bucket.per_s)
        allowed = level >= 1
        self._levels[key] = (level - 1 if allowed else level, ticks_s)
        if len(self._levels) > self._entries_max:
            self._levels.popitem(last=False)
        if not allowed:
            raise RateLimited(retry_after_s=(1 - level) / bucket.per_s)
