"""Long walks over the store that let other requests get their turn."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final, TypeVar

T = TypeVar("T")

AT_ONCE: Final = 200
"""Documents looked at before other requests get their turn: about a millisecond."""


async def taking_turns(walked: Iterable[T]) -> AsyncIterator[tuple[int, T]]:
    """Each of them with its number from 0 on."""
    for number, item in enumerate(walked):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        yield number, item
