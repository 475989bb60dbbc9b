"""A log of several years, for tests of dropping and searching."""

from __future__ import annotations

from tests.storage.doubles import MemoryDisk
from tests.storage.samples import PEOPLE
from tests.storage.trails import TRAIL, run_on

DECLARED = {"collections": [PEOPLE], "streams": [TRAIL]}
YEARS = range(2020, 2025)
PER_YEAR = 4


def nothing():
    """No rest is needed."""


def at(year, number):
    return f"{year}-06-{number:02d}"


async def fill(store, years=YEARS):
    """A segment for each year, then one entry that is in none."""
    for year in years:
        for number in range(1, PER_YEAR + 1):
            async with store.transaction() as tx:
                tx.append(TRAIL, {"at": at(year, number), "actor": f"in {year}"})
        await store.checkpoint()
    async with store.transaction() as tx:
        tx.append(TRAIL, {"at": at(years[-1] + 1, 1), "actor": "last"})


async def drop_before(store, before):
    expired = store.expired(TRAIL, before, nothing)
    if expired is not None:
        await store.drop(TRAIL, expired.through)
    return expired


def filled():
    disk = MemoryDisk()
    run_on(disk, fill, make=True)
    return disk


def dropped(before="2022-01-01"):
    disk = filled()
    run_on(disk, lambda store: drop_before(store, before))
    return disk


def years_of(store):
    return sorted({entry.data["at"][:4] for entry in store.entries(TRAIL)})


def segments(disk):
    return sorted(
        name for name in disk.list() if name.startswith("trail") and "." not in name
    )


async def log_and_checkpoint(store):
    async with store.transaction() as tx:
        tx.append(TRAIL, {"at": "2026", "actor": "later"})
    await store.checkpoint()
