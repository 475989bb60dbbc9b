"""Searches find what reading every entry finds, and read little for it.

The expected result always comes from `Store.entries`, which knows no index.
"""

from __future__ import annotations

import asyncio
import errno
import random
from itertools import product

import pytest

from storage import Entry, Search, Store, StoreCorrupt, Stream
from storage.disk import Disk, File
from tests.storage.damage import flipped
from tests.storage.doubles import Call, Fault, FaultyDisk, MemoryDisk
from tests.storage.memory_disk import DirectorySynced, Unlinked
from tests.storage.trails import MUCH, TRAIL, add, reopen, run_on


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few hundred entries fill many chunks."""
    monkeypatch.setattr("storage.segments.BLOCK_BYTES", 700)
    monkeypatch.setattr("storage.tail.BLOCK_BYTES", 700)
    monkeypatch.setattr("storage.segment_index._TERMS_PER_FRAME", 16)


def filled(disk: Disk, rounds: int = 3, count: int = 150, tail: int = 100) -> Disk:
    """Segments, one for each round, and entries that are in none."""

    async def fill(store: Store) -> None:
        chance = random.Random(1)
        for number in range(rounds):
            await add(store, count, chance, number * count)
            await store.checkpoint()
        await add(store, tail, chance, rounds * count)

    run_on(disk, fill, make=True)
    return disk


def clause(*pairs: tuple[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(pairs)


SEARCHES = {
    "all": Search(),
    "actor": Search((clause(("actor", "user-3")),)),
    "nobody": Search((clause(("actor", "user-99")),)),
    "actor or subject": Search((clause(("actor", "user-5"), ("subject", "user-5")),)),
    "actor and event": Search(
        (clause(("actor", "user-5")), clause(("event", "login"), ("event", "update")))
    ),
    "since": Search(since="2026-01-01T000400"),
    "until": Search(until="2026-01-01T000222"),
    "between": Search(
        (clause(("event", "login")),), "2026-01-01T000100", "2026-01-01T000222"
    ),
}


def expected(store: Store, search: Search) -> list[Entry]:
    everything = list(store.entries(TRAIL))
    return [one for one in reversed(everything) if search.wants(one.data, "at")]


def found(
    store: Store, search: Search, limit: int = 7, read_bytes_max: int = MUCH
) -> list[Entry]:
    """All pages, one after the other."""
    entries: list[Entry] = []
    below = 2**53
    for _ in range(10_000):
        page = store.search(
            TRAIL, search, below=below, limit=limit, read_bytes_max=read_bytes_max
        )
        assert len(page.entries) <= limit
        entries += page.entries
        if page.below is None:
            return entries
        assert page.below < below or not page.entries
        below = page.below
    raise AssertionError("the search comes to no end")


def require_right(store: Store) -> None:
    for name, search in SEARCHES.items():
        wanted = expected(store, search)
        assert (name == "nobody") == (not wanted)
        assert found(store, search) == wanted, name


def test_a_search_finds_what_reading_everything_finds() -> None:
    async def check(store: Store) -> None:
        require_right(store)
        for limit, read_bytes_max in product((1, 3, 1000), (1, 3_000, 30_000)):
            for search in SEARCHES.values():
                some = found(store, search, limit, read_bytes_max)
                assert some == expected(store, search)

    run_on(filled(MemoryDisk()), check)


def test_a_search_follows_commits_and_checkpoints_while_the_store_runs() -> None:
    chance = random.Random(7)

    async def live(store: Store) -> None:
        for number in range(24):
            await add(store, chance.randrange(1, 40), chance, number * 40)
            if chance.random() < 0.3:
                await store.checkpoint()
            if chance.random() < 0.1:
                await store.rotate_key(5)
            require_right(store) if number > 12 else found(store, SEARCHES["actor"])

    run_on(MemoryDisk(), live, make=True)


def test_a_search_that_meets_a_checkpoint_in_another_thread_misses_nothing() -> None:
    async def race(store: Store) -> None:
        chance = random.Random(3)
        await add(store, 300, chance, 0)
        for number in range(8):
            wanted = expected(store, SEARCHES["actor"])
            search = asyncio.to_thread(found, store, SEARCHES["actor"], 2)
            some, _ = await asyncio.gather(search, store.checkpoint())
            assert some == wanted
            await add(store, 60, chance, 300 + 60 * number)

    run_on(MemoryDisk(), race, make=True)


def test_entries_that_come_later_do_not_move_a_page() -> None:
    async def page(store: Store) -> None:
        search = SEARCHES["actor"]
        wanted = expected(store, search)
        first = store.search(TRAIL, search, limit=5, read_bytes_max=MUCH)
        assert first.below is not None
        await add(store, 200, random.Random(5), 1000)
        await store.checkpoint()
        rest = store.search(
            TRAIL, search, below=first.below, limit=1000, read_bytes_max=MUCH
        )
        assert first.entries + rest.entries == wanted

    run_on(filled(MemoryDisk()), page)


def test_a_search_for_something_rare_reads_few_chunks() -> None:
    """One chunk for each that holds it, and of each index its two frames."""
    disk = filled(MemoryDisk(), rounds=4, count=600, tail=0)
    fault = Fault(Call.READ, 0)

    async def rare(store: Store) -> None:
        await add(store, 5, random.Random(2), 9_000)
        async with store.transaction() as tx:
            tx.append(TRAIL, {"actor": "rare", "at": "2026-01-02"})
        await store.checkpoint()
        search = Search((clause(("actor", "rare")),))
        assert len(found(store, search)) == 1
        fault.counts.clear()
        assert len(found(store, search)) == 1
        assert fault.counts[Call.READ] <= 5 + 1 + 2  # indexes, chunk, open journal

    run_on(FaultyDisk(disk, fault), rare)


# The index is derived: without it, or with a bad one, the result is the same


def indexes(disk: MemoryDisk) -> list[str]:
    return [name for name in disk.list() if name.endswith(".index")]


def test_each_segment_has_an_index_and_each_index_a_segment() -> None:
    disk = filled(MemoryDisk())
    assert indexes(disk) == [f"trail-00000{n}.index" for n in (1, 2, 3)]

    async def rotate(store: Store) -> None:
        await store.rotate_key(5)
        await store.checkpoint()

    run_on(disk, rotate)
    names = [name for name in disk.list() if name.startswith("trail-")]
    assert sorted({*names} - {*indexes(disk)}) == [n[:-6] for n in indexes(disk)]


def test_a_missing_index_is_made_anew() -> None:
    disk = filled(MemoryDisk())
    before = disk.image()
    for name in indexes(disk):
        disk.unlink(name)

    async def check(store: Store) -> None:
        require_right(store)

    run_on(disk, check)
    assert indexes(disk) == [name for name in before if name.endswith(".index")]


def test_an_index_with_any_byte_changed_or_cut_gives_the_same_result() -> None:
    disk = filled(MemoryDisk(), rounds=1, count=60, tail=0)
    image = disk.image()
    (name,) = indexes(disk)
    content = image[name]
    assert isinstance(content, bytes)
    bad = [flipped(content, 8 * at + at % 8) for at in range(len(content))]
    bad += [content[:length] for length in range(0, len(content), 7)]
    bad += [content + b"junk", b""]

    async def same(store: Store) -> None:
        wanted = {key: expected(store, search) for key, search in SEARCHES.items()}
        for data in bad:
            disk = store._files.disk
            disk.unlink(name)
            file = disk.create(name)
            file.write(data)
            store._searchers["trail"]._indexes.clear()
            for key in ("actor", "between"):
                assert found(store, SEARCHES[key]) == wanted[key]

    run_on(MemoryDisk(image), same)


@pytest.mark.parametrize("swap", ["of another segment", "older", "other fields"])
def test_an_index_that_belongs_elsewhere_is_not_believed(swap: str) -> None:
    disk = filled(MemoryDisk())
    image, trail = disk.image(), TRAIL
    if swap == "of another segment":
        image["trail-000002.index"] = image["trail-000001.index"]
    elif swap == "older":
        run_on(disk, lambda store: store.rotate_key(5))
        new = sorted({*indexes(disk)} - {*image})
        image = disk.image() | {new[0]: image["trail-000001.index"]}
    else:
        trail = Stream("trail", indexed=("actor", "remark"), timed="at")
    unindexed = Search((clause(("remark", "user-1")),))
    only_in_the_second = Search(since="2026-01-01T000200", until="2026-01-01T000250")
    for search in (unindexed, only_in_the_second, *SEARCHES.values()):
        store = reopen(MemoryDisk(image), trail)
        page = store.search(trail, search, limit=10_000, read_bytes_max=MUCH)
        assert page.entries == expected(store, search)
        asyncio.run(store.close())


class NoRoomForIndexes(FaultyDisk):
    """Indexes cannot be created, or not be renamed into place."""

    def __init__(self, disk: MemoryDisk, call: Call) -> None:
        super().__init__(disk, Fault(call, 0))
        self._call = call

    def create(self, name: str) -> File:
        self._refuse(Call.CREATE, name)
        return super().create(name)

    def replace(self, source: str, target: str) -> None:
        self._refuse(Call.REPLACE, source)
        super().replace(source, target)

    def _refuse(self, call: Call, name: str) -> None:
        if call is self._call and ".index" in name:
            raise OSError(errno.ENOSPC, "no room", name)


@pytest.mark.parametrize("call", [Call.CREATE, Call.REPLACE])
def test_an_index_that_cannot_be_written_does_not_fail_anything(call: Call) -> None:
    disk = MemoryDisk()

    async def check(store: Store) -> None:
        assert not store.health.warnings
        assert [n for n in disk.list() if ".index" in n] == []
        require_right(store)
        require_right(store)

    filled(NoRoomForIndexes(disk, call))
    run_on(NoRoomForIndexes(disk, call), check)


def test_an_index_without_its_segment_is_removed_at_the_next_start() -> None:
    disk = filled(MemoryDisk())
    for stray in (
        "trail-000077.index",
        "trail-000001.index.tmp",
        "trail-000077.index.tmp",
    ):
        disk.create(stray).write(b"junk")
    disk.create("notes.index").write(b"not ours")
    store = reopen(disk)
    assert {"trail-000077.index", "trail-000001.index.tmp"} < {*store.recovery.removed}
    assert [n for n in disk.list() if "77" in n or "tmp" in n] == []
    assert "notes.index" in disk.list()
    gone = [op for op in disk.log if isinstance(op, Unlinked)]
    removed = disk.log.index(gone[-3])
    assert isinstance(disk.log[removed - 1], DirectorySynced)
    assert len(indexes(disk)) == 4
    asyncio.run(store.close())


def test_a_damaged_segment_is_told_and_never_searched_by() -> None:
    disk = filled(MemoryDisk(), rounds=1)

    async def damage(store: Store) -> None:
        image = disk.image()
        content = image["trail-000001"]
        assert isinstance(content, bytes)
        disk._inode("trail-000001").data[len(content) // 2] ^= 1
        with pytest.raises(StoreCorrupt):
            found(store, SEARCHES["all"])

    run_on(disk, damage)


def test_a_damaged_journal_is_told_by_a_search() -> None:
    disk = filled(MemoryDisk(), rounds=0, tail=50)

    async def damage(store: Store) -> None:
        name = store._files.manifest.journals[-1].name
        disk._inode(name).data[500] ^= 1
        with pytest.raises(StoreCorrupt):
            found(store, SEARCHES["all"])

    run_on(disk, damage)
