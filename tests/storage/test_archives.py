"""Archives of what was dropped, and the oldest entry beside a running store."""

from __future__ import annotations

import errno

import pytest

from storage import (
    StorageFull,
    StoreCorrupt,
)
from storage.archive import archived_entries, archived_segments
from storage.oldest import oldest_entry
from tests.storage.aged_log import (
    PER_YEAR,
    YEARS,
    drop_before,
    fill,
    filled,
    nothing,
    segments,
)
from tests.storage.crash_states import durable_image
from tests.storage.doubles import Call, Fault, FaultyDisk, MemoryDisk
from tests.storage.samples import MASTER
from tests.storage.trails import TRAIL, run_on


@pytest.mark.parametrize("in_journal", [False, True])
def test_the_oldest_entry_is_read_beside_a_running_store(in_journal):
    disk = MemoryDisk()
    assert oldest_of_a_new_store(disk) is None

    async def look(store):
        await (log_one(store) if in_journal else fill(store))
        assert oldest_entry(disk, MASTER, TRAIL).sequence == 1
        await drop_before(store, "2022-01-01")
        first = store.first_entry(TRAIL)
        assert oldest_entry(disk, MASTER, TRAIL) == next(store.entries(TRAIL))
        assert first == (1 if in_journal else 2 * PER_YEAR + 1)

    run_on(disk, look)


def oldest_of_a_new_store(disk):
    async def look(_):
        return oldest_entry(disk, MASTER, TRAIL)

    return run_on(disk, look, make=True)


async def log_one(store):
    async with store.transaction() as tx:
        tx.append(TRAIL, {"at": "2020"})


def archived(disk, archive, before):
    async def move(store):
        expired = store.expired(TRAIL, before, nothing)
        await store.drop(TRAIL, expired.through, archive=archive)

    run_on(disk, move)


def in_archive(archive):
    return list(archived_entries(archive, archived_segments(archive, "trail", MASTER)))


def test_what_is_archived_is_what_was_dropped():
    """In two steps, with a rotation of the data key in between."""
    disk, archive = filled(), MemoryDisk()
    before = list_of(disk)
    archived(disk, archive, "2022-01-01")
    run_on(disk, lambda store: store.rotate_key(5))
    archived(disk, archive, "2024-01-01")
    assert in_archive(archive) + list_of(disk) == before
    assert len(archive.list()) == 4 * 3


def list_of(disk):
    async def read(store):
        return list(store.entries(TRAIL))

    return run_on(disk, read)


def test_an_archive_that_fails_drops_nothing():
    disk, archive = filled(), MemoryDisk()
    full = FaultyDisk(archive, Fault(Call.FSYNC, 5, errno=errno.ENOSPC))
    with pytest.raises(StorageFull):
        archived(disk, full, "2022-01-01")
    assert len(segments(disk)) == len(YEARS)
    archived(disk, archive, "2022-01-01")
    assert [entry.sequence for entry in in_archive(archive)] == list(range(1, 9))


def test_the_archive_is_durable_before_anything_is_dropped():
    """Whatever a power cut leaves of either disk, every entry is in one of them."""
    disk, archive = filled(), MemoryDisk()
    before = list_of(disk)
    snapshots = []

    class Watching(FaultyDisk):
        def replace(self, source, target):
            snapshots.append(durable_image(archive))
            super().replace(source, target)

    archived(Watching(disk, Fault(Call.READ, 0)), archive, "2022-01-01")
    at_drop = [image for image in snapshots if image]
    assert at_drop
    assert in_archive(MemoryDisk(at_drop[0])) + list_of(disk) == before


@pytest.mark.parametrize("part", ["", ".keyring", ".ref"])
def test_a_changed_archive_is_refused(part):
    disk, archive = filled(), MemoryDisk()
    archived(disk, archive, "2021-01-01")
    (name,) = [name for name in archive.list() if name.endswith(".ref")]
    image = archive.image()
    content = bytearray(image[name.removesuffix(".ref") + part])
    for at in range(0, len(content), max(1, len(content) // 40)):
        changed = bytearray(content)
        changed[at] ^= 1
        damaged = MemoryDisk(image | {name.removesuffix(".ref") + part: bytes(changed)})
        if part == ".keyring":  # its other copy is used
            assert len(in_archive(damaged)) == PER_YEAR
        else:
            with pytest.raises(StoreCorrupt):
                in_archive(damaged)


def test_a_segment_that_is_missing_in_the_archive_is_told():
    disk, archive = filled(), MemoryDisk()
    archived(disk, archive, "2023-01-01")
    middle = [name for name in archive.list() if name.startswith("trail-000002")]
    for name in middle:
        archive.unlink(name)
    with pytest.raises(StoreCorrupt, match="does not continue entry 4"):
        in_archive(archive)
