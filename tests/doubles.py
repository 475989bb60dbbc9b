"""Small real classes that stand in for time and the network in tests."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import zmq

from ums_service.broker.frames import Frames
from ums_service.domain.moment import Moment

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@dataclass(slots=True)
class ManualClock:
    """A clock that stands still until it is told to go on.

    `readings` counts how often it was looked at.
    """

    utc: datetime = START
    ticks_s: float = 1_000.0
    readings: int = 0

    def __call__(self) -> Moment:
        self.readings += 1
        return self.now

    @property
    def now(self) -> Moment:
        microseconds = (self.utc - EPOCH) // timedelta(microseconds=1)
        return Moment(microseconds * 1_000, self.ticks_s)

    def advance(self, seconds: float) -> None:
        """Let time pass, on both clocks."""
        self.utc += timedelta(seconds=seconds)
        self.ticks_s += seconds

    def set_wall_clock(self, seconds: float) -> None:
        """Turn the wall clock by `seconds`; no time passes."""
        self.utc += timedelta(seconds=seconds)


class FaultyFrames(Frames):
    """Frames of which some reads raise something unexpected first."""

    __slots__ = ()

    def __init__(self, socket: zmq.Socket[bytes], faults: list[BaseException]) -> None:
        super().__init__(socket)
        read = self.recv

        def recv() -> bytes:
            if faults:
                raise faults.pop()
            return read()

        self.recv = recv


class CountingHashes:
    """Passes on to the real hashes and counts which stored ones were verified."""

    def __init__(self, real) -> None:
        self._real = real
        self.dummy = real.dummy
        self.verified: Counter[str] = Counter()

    def verify(self, stored: str, password: str) -> bool:
        self.verified[stored] += 1
        return bool(self._real.verify(stored, password))

    def __getattr__(self, name: str):
        return getattr(self._real, name)
