"""Does the chores of the service, each as often as it wants to be done."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from storage.errors import StoreError
from ums_service.chores.every import Chore, Chores
from ums_service.domain.moment import Moment

TICK_S: Final = 1.0
MINUTE_TICKS: Final = 60


class Maintenance:
    """One round each second. A store that cannot write is left alone until it can."""

    def __init__(
        self, chores: Chores, clock: Callable[[], Moment], tell: Callable[[], None]
    ) -> None:
        """`tell` says each second that the service is alive."""
        self._chores = chores
        self._clock = clock
        self._tell = tell

    async def run(self) -> None:
        """Go on until cancelled."""
        tick = 0
        while True:
            self._tell()
            if tick % MINUTE_TICKS == 0:
                await self.do(self._chores.each_minute)
            await self.do(self._chores.each_second)
            tick += 1
            await asyncio.sleep(TICK_S)

    async def finish(self) -> None:
        """Make durable what an orderly stop must not lose."""
        await self.do(self._chores.at_the_end)

    async def do(self, chores: Iterable[Chore]) -> None:
        """Do these; one that fails for the disk's sake is tried in its next round."""
        for chore in chores:
            with suppress(StoreError):  # the store tells its own state
                await chore(self._clock())
