"""One reading of the clocks, taken once per call and passed down."""

from dataclasses import dataclass, field
from datetime import UTC, datetime


@dataclass(slots=True)
class Moment:
    """The same instant on two clocks; not to be changed.

    `epoch_ns` counts from 1970 in UTC; it is for people and for what is stored, and may
    jump. `ticks_s` counts seconds since boot, sleep included, and never goes back:
    durations are measured with it. Dates are made when they are asked for.

    `reached_ns` is how far the wall clock would be had nobody set it back; 0 where that
    is `epoch_ns`.
    """

    epoch_ns: int
    ticks_s: float
    reached_ns: int = 0
    _text: str = field(default="", init=False, repr=False, compare=False)

    @property
    def utc(self) -> datetime:
        """The wall clock, to the microsecond."""
        return datetime.fromtimestamp(self.epoch_ns / 1e9, UTC)

    @property
    def text(self) -> str:
        """ISO 8601 in UTC with microseconds, as stored and shown."""
        if not self._text:
            self._text = self.utc.isoformat(timespec="microseconds")
        return self._text

    @property
    def epoch_s(self) -> int:
        """Whole seconds since 1970, for comparison with stored times."""
        return self.epoch_ns // 1_000_000_000

    @property
    def reached_s(self) -> int:
        """Whole seconds since 1970 that have been reached: what ended stays ended.

        For comparison with the end of whatever somebody is granted or denied.
        """
        return max(self.epoch_ns, self.reached_ns) // 1_000_000_000


def text_of(epoch_s: int) -> str:
    """ISO 8601 in UTC of whole seconds since 1970, as shown."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="seconds")


def epoch_s_of(text: str) -> float:
    """Seconds since 1970 of a time in ISO 8601, in UTC where it names no zone.

    Raises:
        ValueError, OverflowError: it is no such time.
    """
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
