"""A log with indexed fields and small segments, for tests of searching and dropping."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

from storage import Store, StoreOptions, Stream
from storage.disk import Disk
from tests.storage.samples import CHEAP_KDF, MASTER, PEOPLE

TRAIL = Stream("trail", indexed=("actor", "subject", "event"), timed="at")
OPTIONS = StoreOptions(ballast_bytes=0, pause_s=0, segment_bytes=1)
MUCH = 1 << 40
EVENTS = ["login", "logout", "update"]


def create(disk: Disk, trail: Stream = TRAIL) -> Store:
    return Store.create(
        disk, MASTER, collections=[PEOPLE], streams=[trail],
        options=OPTIONS, now=1, kdf=CHEAP_KDF,
    )  # fmt: skip


def reopen(disk: Disk, trail: Stream = TRAIL) -> Store:
    return Store.open(
        disk, MASTER, collections=[PEOPLE], streams=[trail], options=OPTIONS, now=2
    )


def entry(number: int, chance: random.Random) -> dict[str, object]:
    """Times mostly grow; some fields are absent, no text, or say the same."""
    at = number + (chance.randrange(-40, 40) if chance.random() < 0.05 else 0)
    made = {
        "at": f"2026-01-01T{at:06d}",
        "actor": f"user-{chance.randrange(40)}",
        "subject": chance.choice([f"user-{chance.randrange(40)}", 7, None]),
        "event": chance.choice(EVENTS),
        "remark": f"user-{chance.randrange(40)}",
    }
    return {name: value for name, value in made.items() if value is not None}


async def add(store: Store, count: int, chance: random.Random, first: int) -> None:
    for start in range(first, first + count, 5):
        async with store.transaction() as tx:
            for number in range(start, min(start + 5, first + count)):
                tx.append(TRAIL, entry(number, chance))


def run_on(disk: Disk, work: Callable, *, make: bool = False) -> object:
    async def scenario() -> object:
        store = (create if make else reopen)(disk)
        store.start(asyncio.get_running_loop())
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(scenario())
