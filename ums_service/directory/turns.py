"""Long work in short pieces: other requests get their turn between two of them."""

import asyncio
import time
from typing import Final

_TURN_S: Final = 0.001
"""Requests take some 50 us each: one that comes meanwhile hardly notices."""


class Turns:
    """Tells how long this task has held the loop, and gives it away in time."""

    def __init__(self, *, rest_s: float = 0.0) -> None:
        """What nobody waits for rests so many seconds between two turns."""
        self._rest_s = rest_s
        self._since_s = time.perf_counter()

    async def give(self) -> None:
        """Let others have their turn when this one has lasted long enough."""
        if time.perf_counter() - self._since_s >= _TURN_S:
            await asyncio.sleep(self._rest_s)
            self._since_s = time.perf_counter()
