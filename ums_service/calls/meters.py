"""What the service counts of its own work: requests, their ends, and how long they took.

A request costs it two readings of a clock and three additions. What there can be of
counts is bounded: by the actions times the codes there are.
"""

import asyncio
from bisect import bisect_left
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Final

from ums_client.protocol.actions import Action

BOUNDS_S: Final = (
    0.0005,
    0.001,
    0.0025,
    0.005,
    0.01,
    0.025,
    0.05,
    0.1,
    0.25,
    0.5,
    1.0,
    2.5,
)
"""Upper ends of the classes of the histogram; the last class has none."""
OK: Final = "ok"
"""How a request that was not refused has ended."""
UNREADABLE: Final = "unreadable"
"""What stands for the action where there is none of that name."""
LAG_EVERY_S: Final = 1.0
_LAGS_KEPT: Final = 60


class Tally:
    """How often one action ended how, and how long its answers took."""

    __slots__ = ("classes", "ends", "total_s")

    def __init__(self) -> None:
        self.ends: dict[str, int] = {}
        """Counts by `OK` or the code of a refusal."""
        self.classes = [0] * (len(BOUNDS_S) + 1)
        self.total_s = 0.0


class Meters:
    """The counts since the start. Belongs to the loop."""

    def __init__(self, ticks: Callable[[], float] = perf_counter) -> None:
        self.ticks = ticks
        self.begun = 0
        """Requests that were taken up."""
        self.tallies: dict[str, Tally] = {}
        """By action; the time that a refusal is held back is not in them."""
        self.lags_s: deque[float] = deque(maxlen=_LAGS_KEPT)
        """By how much the loop was late in each of the last seconds."""
        self._started_s = ticks()

    def begin(self) -> float:
        """A request comes in: what to hand to `end`."""
        self.begun += 1
        return self.ticks()

    def end(self, begun_s: float, action: Action | None, outcome: str) -> None:
        """Its answer is known."""
        took_s = self.ticks() - begun_s
        name = action.name if action is not None else UNREADABLE
        tally = self.tallies.get(name)
        if tally is None:
            tally = self.tallies[name] = Tally()
        tally.ends[outcome] = tally.ends.get(outcome, 0) + 1
        tally.classes[bisect_left(BOUNDS_S, took_s)] += 1
        tally.total_s += took_s

    @property
    def in_flight(self) -> int:
        """Requests that wait for their answer."""
        return self.begun - sum(sum(one.classes) for one in self.tallies.values())

    @property
    def uptime_s(self) -> float:
        """Seconds since the start."""
        return self.ticks() - self._started_s

    async def watch_loop(self) -> None:
        """Measure how late the loop is, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            due_s = loop.time() + LAG_EVERY_S
            await asyncio.sleep(LAG_EVERY_S)
            self.lags_s.append(max(0.0, loop.time() - due_s))
