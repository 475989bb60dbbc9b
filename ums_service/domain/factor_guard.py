"""How often the codes of an account may be tried: a pure state machine.

Who tries knows the password already, so these counts are apart from those of the
passwords, belong to the account from whatever source, and are not reset by a new
challenge.

    wrong codes since the last right one    wait after the last one
      0 to 4                                  none
      5 to 9                                  30 s
     10 to 14                                  5 min
     15 to 19                                 15 min
     20 and more                               1 h

    any --right--> 0          any --24 h without a wrong one--> 0

A code that comes within the wait is not looked at and not counted. At one try an hour
(three of a million codes are good at any moment) a guess succeeds within a year in 3 of
100 accounts whose password is known, and nobody is ever left without their factor. A
passkey cannot be guessed and never waits. Codes that are sent are held back by the same
machine, so that nobody is flooded with messages.
"""

from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

_WAITS: Final = ((20, 3600.0), (15, 900.0), (10, 300.0), (5, 30.0))
FORGOTTEN_S: Final = 24 * 3600.0


@dataclass(slots=True)
class _Count:
    failures: int
    last_ticks_s: float


class FactorGuard:
    """The counts of all accounts; past `entries_max` the oldest is forgotten."""

    def __init__(self, *, entries_max: int = 100_000) -> None:
        self._entries_max = entries_max
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def wait_s(self, user_id: str, ticks_s: float) -> float:
        """Seconds until a code will be looked at; 0 when it is now."""
        count = self._counts.get(user_id)
        if count is None:
            return 0.0
        wait_s = next((s for n, s in _WAITS if count.failures >= n), 0.0)
        return max(0.0, count.last_ticks_s + wait_s - ticks_s)

    def count(self, user_id: str, ticks_s: float) -> None:
        """A code was wrong, or was sent."""
        count = self._counts.pop(user_id, None)
        if count is None or ticks_s - count.last_ticks_s >= FORGOTTEN_S:
            count = _Count(0, ticks_s)
        if len(self._counts) >= self._entries_max:
            self._counts.popitem(last=False)
        self._counts[user_id] = _Count(count.failures + 1, ticks_s)

    def withdraw(self, user_id: str) -> None:
        """A code that was counted could not be looked at."""
        count = self._counts.get(user_id)
        if count is not None:
            count.failures -= 1

    def forget(self, user_id: str) -> None:
        """A code was right: the account starts anew."""
        self._counts.pop(user_id, None)
