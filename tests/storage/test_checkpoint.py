"""Checkpoints: the same content in fewer files, in the same order."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage import RealDisk, StoreCorrupt, StoreOptions
from tests.storage.samples import LOG, PEOPLE, Person, create, log, put, reopen, start


@pytest.fixture
def disk(tmp_path):
    return RealDisk(tmp_path / "store")


def names(disk: RealDisk, stem: str) -> list[str]:
    return [name for name in disk.list() if name.startswith(stem)]


async def change_much(store) -> list[str]:
    """Puts, updates, deletions, re-creations; returns the order of insertion."""
    await put(store, *(Person(str(n), f"n{n}", f"m{n}") for n in range(50)))
    await store.checkpoint()
    await put(store, *(Person(str(n), f"n{n}", f"m{n}") for n in range(50, 60)))
    async with store.transaction() as tx:
        for n in (3, 7, 55):
            tx.delete(PEOPLE, str(n))
    await put(store, Person("7", "again"), Person("55", "later"), Person("0", "first"))
    return [person.id for person in store.scan(PEOPLE)]


def test_content_and_order_survive_a_checkpoint_and_a_restart(disk):
    async def scenario():
        store = start(create(disk))
        order = await change_much(store)
        people = list(store.scan(PEOPLE))
        await store.checkpoint()
        assert list(store.scan(PEOPLE)) == people
        await store.close()
        return order, people

    order, people = asyncio.run(scenario())
    store = reopen(disk)
    assert store.recovery.frames == 0
    assert [person.id for person in store.scan(PEOPLE)] == order
    assert list(store.scan(PEOPLE)) == people
    for person in people:
        assert store.find(PEOPLE, "name", person.name) == person.id
    assert store.find(PEOPLE, "name", "n3") is None
    asyncio.run(store.close())


def test_commits_go_on_during_a_checkpoint(disk):
    async def scenario():
        store = start(create(disk))
        await put(store, *(Person(str(n), f"n{n}") for n in range(2000)))
        running = asyncio.ensure_future(store.checkpoint())
        n = 2000
        while not running.done():
            await put(store, Person(str(n), f"n{n}"))
            n += 1
        await running
        await store.close()
        return n

    count = asyncio.run(scenario())
    assert count > 2001
    store = reopen(disk)
    assert store.count(PEOPLE) == count
    asyncio.run(store.close())


def test_the_pair_before_is_kept_until_the_next_checkpoint(disk):
    async def scenario():
        store = start(create(disk))
        await put(store, Person("1", "ann"))
        await store.checkpoint()
        first = names(disk, "base-")
        await put(store, Person("2", "bob"))
        await store.checkpoint()
        assert set(first) < set(names(disk, "base-"))
        await put(store, Person("3", "cid"))
        await store.checkpoint()
        assert not set(first) & set(names(disk, "base-"))
        await store.close()

    asyncio.run(scenario())


def test_growing_journals_start_a_checkpoint_by_themselves(disk):
    options = StoreOptions(checkpoint_min_bytes=20_000, ballast_bytes=0, pause_s=0)

    async def scenario():
        store = start(create(disk, options))
        n = 0
        while not names(disk, "base-"):
            await put(store, Person(str(n), f"n{n}"))
            n += 1
            assert n < 5000
        await store.close()

    asyncio.run(scenario())


def test_small_segments_are_joined_and_full_ones_stay(disk):
    options = StoreOptions(ballast_bytes=0, pause_s=0, segment_bytes=500)

    async def scenario():
        store = start(create(disk, options))
        for n in range(12):
            await log(store, n=n, text=str(hash(str(n))) * 20)
            await store.checkpoint()
        segments = store._files.manifest.segments
        assert 1 < len(segments) < 12
        assert [ref.first for ref in segments[1:]] == [
            ref.last + 1 for ref in segments[:-1]
        ]
        assert [entry.data["n"] for entry in store.entries(LOG)] == list(range(12))
        await store.close()

    asyncio.run(scenario())


def test_a_rotation_rewrites_full_segments_too(disk):
    options = StoreOptions(ballast_bytes=0, pause_s=0, segment_bytes=1)

    async def scenario():
        store = start(create(disk, options))
        for n in range(3):
            await log(store, n=n)
            await store.checkpoint()
        await store.rotate_key(now=3)
        assert {ref.key_id for ref in store._files.manifest.segments} == {2}
        assert [entry.data["n"] for entry in store.entries(LOG)] == [0, 1, 2]
        await store.close()

    asyncio.run(scenario())
    store = reopen(disk)
    assert [entry.data["n"] for entry in store.entries(LOG)] == [0, 1, 2]
    asyncio.run(store.close())


def test_a_failed_checkpoint_leaves_the_old_files_and_a_warning(disk):
    async def scenario():
        store = start(create(disk))
        await put(store, Person("1", "ann"))
        await store.checkpoint()
        base = names(disk, "base-")[0]
        await put(store, replace(Person("1", "ann"), age=3))
        path = disk.root / base
        image = path.read_bytes()
        path.write_bytes(image[:-1] + bytes([image[-1] ^ 1]))
        with pytest.raises(StoreCorrupt):
            await store.checkpoint()
        assert names(disk, "base-") == [base]
        assert "checkpoint failed" in store.health.warnings[0]
        await put(store, Person("2", "bob"))
        path.write_bytes(image)
        await store.checkpoint()
        assert store.health.warnings == ()
        await store.close()

    asyncio.run(scenario())
    store = reopen(disk)
    assert [person.age for person in store.scan(PEOPLE)] == [3, 0]
    asyncio.run(store.close())
