"""Holding answers back: each failure is answered later than the one before.

A delay is a timer on the reply; no thread waits. Replies that wait take up room of the
broker's, so there are only so many, in all and for one address: past that the answer
goes out without delay, and the other limits do the work.
"""

from collections import Counter
from collections.abc import Awaitable, Callable

Sleep = Callable[[float], Awaitable[object]]


class ReplyDelays:
    """Holds refusals back. Belongs to the loop; `sleep` takes seconds."""

    def __init__(
        self,
        delays_ms: tuple[int, ...],
        sleep: Sleep,
        *,
        in_all_max: int,
        per_address_max: int,
    ) -> None:
        self._delays_s = [delay_ms / 1_000 for delay_ms in delays_ms]
        self._sleep = sleep
        self._in_all_max = in_all_max
        self._per_address_max = per_address_max
        self._held: Counter[str] = Counter()

    async def hold(self, address: str, failures: int) -> None:
        """Return when the answer to the failure of that number may go out."""
        if not self._delays_s or failures < 1:
            return
        held = self._held
        if held.total() >= self._in_all_max or held[address] >= self._per_address_max:
            return
        held[address] += 1
        try:
            await self._sleep(self._delays_s[min(failures, len(self._delays_s)) - 1])
        finally:
            held[address] -= 1
            if not held[address]:
                del held[address]
