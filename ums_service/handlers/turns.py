"""Long walks over the store that let other requests get their turn."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterable
from typing import Any, Final, TypeVar

from storage import Collection, Store

T = TypeVar("T")

AT_ONCE: Final = 100
"""Documents looked at before other requests get their turn: about a millisecond."""


async def taking_turns(walked: Iterable[T]) -> AsyncIterator[tuple[int, T]]:
    """Each of them with its number from 0 on."""
    for number, item in enumerate(walked):
        if number % AT_ONCE == AT_ONCE - 1:
            await asyncio.sleep(0)
        yield number, item


def ids_behind(
    store: Store, collection: Collection[Any], after: str | None
) -> list[str]:
    """All ids behind that one, in order: under a millisecond for 10,000."""
    ids = sorted(store.ids(collection))
    return ids if after is None else ids[bisect_right(ids, after) :]
