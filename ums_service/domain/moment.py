"""One reading of the clocks, taken once per call and passed down."""

from datetime import datetime
from typing import NamedTuple


class Moment(NamedTuple):
    """The same instant on two clocks.

    `utc` is for people and for what is stored; it may jump. `ticks_s` counts seconds
    since boot, sleep included, and never goes back: durations are measured with it.
    """

    utc: datetime
    ticks_s: float

    @property
    def text(self) -> str:
        """ISO 8601 in UTC with microseconds, as stored and shown."""
        return self.utc.isoformat(timespec="microseconds")

    @property
    def epoch_s(self) -> int:
        """Whole seconds since 1970, for comparison with stored times."""
        return int(self.utc.timestamp())
