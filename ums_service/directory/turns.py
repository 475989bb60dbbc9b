"""Long work in short pieces: other requests get their turn between two of them."""

import asyncio
import time
from collections.abc import Callable
from typing import Final

_TURN_S: Final = 0.001
"""Requests take some 50 us each: one that comes meanwhile hardly notices."""
_REST_S: Final = 0.002
_BUSY_REST_S: Final = 0.03
"""An update passes the loop several times: turns of a third of its time made it take
three times as long."""


class Rests:
    """How long work that nobody waits for rests after each turn.

    For longer while there is other work, of which `begun` tells how much has been begun.
    """

    def __init__(self, begun: Callable[[], int]) -> None:
        self._begun = begun
        self._before = begun()

    def __call__(self) -> float:
        """Seconds, judged by what came since the last call."""
        before, self._before = self._before, self._begun()
        return _REST_S if self._before == before else _BUSY_REST_S


def _no_rest() -> float:
    return 0.0


class Turns:
    """Tells how long this task has held the loop, and gives it away in time."""

    def __init__(self, rest_s: Callable[[], float] = _no_rest) -> None:
        """What nobody waits for rests so many seconds between two turns."""
        self._rest_s = rest_s
        self._since_s = time.perf_counter()

    async def give(self) -> None:
        """Let others have their turn when this one has lasted long enough."""
        if time.perf_counter() - self._since_s >= _TURN_S:
            await asyncio.sleep(self._rest_s())
            self._since_s = time.perf_counter()
