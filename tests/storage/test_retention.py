"""Dropping old entries: whole segments, in one step, with a chain that goes on."""

from __future__ import annotations

import asyncio
import io
import threading
from random import Random

import pytest

from storage import (
    Misuse,
    Search,
    StoreCorrupt,
    StoreError,
    StoreTooNew,
)
from storage.backup import backup, restore
from storage.repair import repair
from storage.retention import drop_through
from storage.verify import verify_full, verify_quick
from tests.storage.aged_log import (
    DECLARED,
    PER_YEAR,
    YEARS,
    at,
    drop_before,
    dropped,
    filled,
    log_and_checkpoint,
    nothing,
    segments,
    years_of,
)
from tests.storage.crash_states import Replay, fingerprint
from tests.storage.doubles import Call, Fault, FaultyDisk, MemoryDisk
from tests.storage.samples import LOG, MASTER, create
from tests.storage.trails import TRAIL, reopen, run_on


def test_old_segments_go_with_their_files_and_indexes():
    disk = dropped()
    assert segments(disk) == ["trail-000003", "trail-000004", "trail-000005"]
    assert not {"trail-000001.index", "trail-000002.index"} & {*disk.list()}
    store = reopen(disk)
    assert not store.recovery.removed
    assert years_of(store) == ["2022", "2023", "2024", "2025"]
    assert store.first_entry(TRAIL) == 2 * PER_YEAR + 1
    numbers = [entry.sequence for entry in store.entries(TRAIL)]
    assert numbers == list(range(2 * PER_YEAR + 1, 5 * PER_YEAR + 2))
    asyncio.run(store.close())


def test_what_is_told_before_is_what_goes():
    async def tell(store):
        expired = store.expired(TRAIL, "2022-01-01", nothing)
        assert expired == (2 * PER_YEAR, 2 * PER_YEAR, at(2021, PER_YEAR))
        assert years_of(store)[0] == "2020", "nothing has changed yet"
        await store.drop(TRAIL, expired.through)
        again = store.expired(TRAIL, "2023-01-01", nothing)
        assert again == (3 * PER_YEAR, PER_YEAR, at(2022, PER_YEAR))
        assert store.expired(TRAIL, "2022-01-01", nothing) is None

    run_on(filled(), tell)


@pytest.mark.parametrize("before", [at(2020, 1), at(2020, PER_YEAR)])
def test_a_segment_with_one_young_entry_stays(before):
    assert len(segments(dropped(before))) == len(YEARS)


def test_the_newest_segment_stays_however_old_it_is():
    disk = dropped("9999")
    run_on(disk, lambda store: store.drop(TRAIL, 1_000_000))
    assert segments(disk) == ["trail-000005"]
    run_on(disk, log_and_checkpoint)
    store = reopen(disk)
    last = [entry.sequence for entry in store.entries(TRAIL)][-1]
    assert last == 5 * PER_YEAR + 2
    asyncio.run(store.close())


def test_an_entry_without_a_time_is_never_old():
    async def untimed(store):
        for entry in ({"at": "2020"}, {"what": "no time"}, {"at": "2020"}):
            async with store.transaction() as tx:
                tx.append(TRAIL, entry)
            await store.checkpoint()
        assert store.expired(TRAIL, "9999", nothing).through == 1

    run_on(MemoryDisk(), untimed, make=True)


def test_entries_of_a_stream_without_times_do_not_age():
    store = create(MemoryDisk())
    with pytest.raises(Misuse):
        store.expired(LOG, "9999", nothing)
    asyncio.run(store.close())


def test_the_log_goes_on_and_everything_about_it_is_sound():
    """Search, check, verify, rotation, checkpoints, restarts."""
    disk = dropped()

    async def go_on(store):
        checked = store.check(TRAIL, lambda _: None)
        assert (checked.first, checked.last) == (9, 21)
        assert (checked.entries, checked.fault) == (13, None)
        await log_and_checkpoint(store)
        await store.rotate_key(5)
        await log_and_checkpoint(store)

    run_on(disk, go_on)
    verify_quick(disk)
    head = verify_full(disk, MASTER, **DECLARED).head
    verify_full(disk, MASTER, **DECLARED, against=head)
    assert repair(disk, MASTER, accept_loss_after=0, owner="test", **DECLARED) is None

    async def look(store):
        checked = store.check(TRAIL, lambda _: None)
        assert (checked.first, checked.entries, checked.fault) == (9, 15, None)
        await drop_before(store, "2023-01-01")
        assert years_of(store) == ["2023", "2024", "2025", "2026"]

    run_on(disk, look)
    verify_full(disk, MASTER, **DECLARED)


@pytest.mark.parametrize("with_indexes", [True, False])
def test_a_search_finds_what_is_left(with_indexes):
    disk = dropped()
    if not with_indexes:
        for name in [name for name in disk.list() if name.endswith(".index")]:
            disk.unlink(name)

    async def search(store):
        everything = list(store.entries(TRAIL))
        for wanted in (
            Search(),
            Search(until=at(2022, 2)),
            Search((frozenset({("actor", "in 2023")}),)),
            Search((frozenset({("actor", "in 2020")}),)),
        ):
            found, below = [], 2**53
            while below is not None:
                page = store.search(
                    TRAIL, wanted, limit=3, read_bytes_max=1 << 30, below=below
                )
                found += page.entries
                below = page.below
            expected = [e for e in reversed(everything) if wanted.wants(e.data, "at")]
            assert found == expected

    run_on(disk, search)


def test_readers_on_their_way_go_on_behind_what_was_dropped():
    async def read(store):
        reader = store.entries(TRAIL)
        assert next(reader).sequence == 1
        first = store.search(TRAIL, Search(), limit=6, read_bytes_max=1 << 30)
        await drop_before(store, "2023-01-01")
        # the open file of the first segment can be read to its end
        numbers = [entry.sequence for entry in reader]
        assert numbers == [2, 3, 4, *range(3 * PER_YEAR + 1, 5 * PER_YEAR + 2)]
        rest = store.search(
            TRAIL, Search(), limit=99, read_bytes_max=1 << 30, below=first.below
        )
        assert [e.sequence for e in rest.entries] == [15, 14, 13]
        assert rest.below is None

    run_on(filled(), read)


def test_a_check_on_its_way_begins_again():
    async def check(store):
        steps = 0

        def step(progress):
            nonlocal steps
            steps += 1
            if steps == 1:  # the compaction thread is free: drop from within
                expired = store.expired(TRAIL, "2023-01-01", nothing)
                store._checkpoints._thread.submit(
                    drop_through, store._files, TRAIL.name, expired.through
                ).result()

        checked = store.check(TRAIL, step)
        assert (checked.first, checked.entries, checked.fault) == (13, 9, None)

    run_on(filled(), check)


def test_a_backup_keeps_where_the_stream_begins():
    disk, archive, target = dropped(), io.BytesIO(), MemoryDisk()
    backup(disk, MASTER, archive, scratch=MemoryDisk(), **DECLARED)
    archive.seek(0)
    restore(archive, target, MASTER)
    verify_full(target, MASTER, **DECLARED)
    store = reopen(target)
    assert store.first_entry(TRAIL) == 2 * PER_YEAR + 1
    assert years_of(store)[0] == "2022"
    asyncio.run(store.close())


def test_a_damaged_segment_is_not_dropped():
    disk = filled()
    disk._inode("trail-000002").data[200] ^= 1

    async def look(store):
        with pytest.raises(StoreCorrupt):
            store.expired(TRAIL, "2022-01-01", nothing)

    run_on(disk, look)
    assert len(segments(disk)) == len(YEARS)


def test_one_look_reads_a_bounded_amount(monkeypatch):
    monkeypatch.setattr("storage.retention.READ_BYTES_MAX", 1)
    disk = dropped("2023-01-01")
    assert len(segments(disk)) == len(YEARS) - 1


def test_a_segment_before_the_beginning_cannot_be_put_back():
    """Neither by its file, which is an orphan, nor by an older MANIFEST alone."""
    before = filled().image()
    disk = MemoryDisk(before)
    run_on(disk, lambda store: drop_before(store, "2022-01-01"))
    after = disk.image()
    store = reopen(MemoryDisk(after | {"trail-000001": before["trail-000001"]}))
    assert store.recovery.removed == ("trail-000001",)
    assert years_of(store)[0] == "2022"
    asyncio.run(store.close())
    with pytest.raises(StoreCorrupt, match="is missing"):
        reopen(MemoryDisk(after | {"MANIFEST": before["MANIFEST"]}))


def test_a_segment_that_stays_cannot_be_cut_off_without_a_trace():
    disk = dropped()
    image = {**disk.image()}
    del image["trail-000003"]
    with pytest.raises(StoreCorrupt, match="trail-000003"):
        reopen(MemoryDisk(image))


def test_an_older_program_is_told_that_the_store_is_too_new(monkeypatch):
    """Only once entries were dropped: until then it reads what is written today."""
    whole, shorter = filled(), dropped()
    for module in ("headers", "manifest"):
        monkeypatch.setattr(f"storage.{module}.FORMAT_VERSION", 1)
    asyncio.run(reopen(whole).close())
    with pytest.raises(StoreTooNew):
        reopen(shorter)


def test_every_power_cut_leaves_all_or_nothing_dropped():
    """Before the MANIFEST is replaced everything is there, afterwards nothing old."""
    disk = MemoryDisk(filled().image())
    run_on(disk, lambda store: drop_before(store, "2022-01-01"))
    replay, random, seen, firsts = Replay(disk), Random(7), set(), set()
    for operation in disk.log:
        replay.advance(operation)
        for image in replay.states(random, 40):
            if fingerprint(image) in seen:
                continue
            seen.add(fingerprint(image))
            crashed = MemoryDisk(image)
            store = reopen(crashed)
            first = store.first_entry(TRAIL)
            firsts.add(first)
            numbers = [entry.sequence for entry in store.entries(TRAIL)]
            assert numbers == list(range(first, 5 * PER_YEAR + 2))
            asyncio.run(store.close())
            assert len(segments(crashed)) == (5 if first == 1 else 3)
    assert firsts == {1, 2 * PER_YEAR + 1}
    assert len(seen) > 50


@pytest.mark.parametrize(
    "call", [Call.CREATE, Call.WRITE, Call.FSYNC, Call.REPLACE, Call.FSYNC_DIRECTORY]
)
def test_a_drop_that_fails_leaves_a_sound_store(call):
    disk = filled()
    fault = Fault(call, 1, for_good=True)
    fault.mended = True

    async def fail(store):
        fault.counts.clear()
        fault.mended = False
        with pytest.raises(StoreError):
            await drop_before(store, "2022-01-01")
        fault.mended = True

    run_on(FaultyDisk(disk, fault), fail)
    assert fault.fired
    verify_full(disk, MASTER, **DECLARED)
    run_on(disk, lambda store: drop_before(store, "2022-01-01"))
    assert len(segments(disk)) == 3


def test_files_that_cannot_be_removed_go_at_the_next_start():
    disk = filled()
    fault = Fault(Call.UNLINK, 1, for_good=True)
    fault.mended = True

    async def drop(store):
        fault.counts.clear()
        fault.mended = False
        await drop_before(store, "2022-01-01")
        assert years_of(store)[0] == "2022"
        fault.mended = True

    run_on(FaultyDisk(disk, fault), drop)
    assert len(segments(disk)) == 5
    store = reopen(disk)
    assert {"trail-000001", "trail-000002"} <= {*store.recovery.removed}
    assert len(segments(disk)) == 3
    asyncio.run(store.close())


def test_a_drop_waits_for_a_checkpoint_and_loses_nothing_of_it():
    async def both(store):
        async with store.transaction() as tx:
            tx.append(TRAIL, {"at": "2026", "actor": "meanwhile"})
        checkpoint = asyncio.ensure_future(store.checkpoint())
        await asyncio.sleep(0)
        await store.drop(TRAIL, 2 * PER_YEAR)
        await checkpoint
        numbers = [entry.sequence for entry in store.entries(TRAIL)]
        assert numbers == list(range(2 * PER_YEAR + 1, 5 * PER_YEAR + 3))

    disk = filled()
    run_on(disk, both)
    verify_full(disk, MASTER, **DECLARED)


def test_a_checkpoint_begun_during_a_drop_does_not_bring_entries_back():
    async def both(store):
        gate = threading.Event()
        store._checkpoints._thread.submit(gate.wait)
        dropping = asyncio.ensure_future(store.drop(TRAIL, 2 * PER_YEAR))
        await asyncio.sleep(0)
        checkpoint = asyncio.ensure_future(store.checkpoint())
        for _ in range(5):  # as far as it comes while the drop has not ended
            await store._writer.run(lambda: None)
        gate.set()
        await asyncio.gather(dropping, checkpoint)
        assert years_of(store)[0] == "2022"

    run_on(filled(), both)
