"""Who watches a collection hears of every change of it, once that is durable."""

from __future__ import annotations

import asyncio

import pytest

from storage import Conflict, StorageFull, Store
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from tests.storage.samples import PEOPLE, Person, create, log, put, start

ANN, BOB = Person("1", "ann"), Person("2", "bob")


def watched(store: Store) -> list[tuple[str, str | None]]:
    """What is heard: ids, with the name that is visible at that moment."""
    heard: list[tuple[str, str | None]] = []

    def tell(changed: str) -> None:
        person = store.get(PEOPLE, changed)
        heard.append((changed, person and person.name))

    store.watch(PEOPLE, tell)
    return heard


def test_every_put_and_deletion_is_heard_when_it_is_visible():
    async def run() -> None:
        store = start(create(MemoryDisk()))
        await put(store, ANN)
        heard = watched(store)
        await put(store, BOB, Person("1", "anna"))
        async with store.transaction() as tx:
            tx.delete(PEOPLE, "2")
        await log(store, event="x")
        assert heard == [("2", "bob"), ("1", "anna"), ("2", None)]
        await store.close()

    asyncio.run(run())


def test_a_watcher_hears_before_the_committer_goes_on():
    async def run() -> None:
        store = start(create(MemoryDisk()))
        heard = watched(store)
        await asyncio.gather(*(put(store, Person(str(n), f"p{n}")) for n in range(50)))
        assert [id_ for id_, _ in heard] == [str(n) for n in range(50)]
        await store.close()

    asyncio.run(run())


def test_what_is_not_committed_is_not_heard():
    fault = Fault(Call.WRITE, number=1_000_000, errno=28, for_good=True)

    async def run() -> None:
        store = start(create(FaultyDisk(MemoryDisk(), fault)))
        await put(store, ANN)
        heard = watched(store)
        late = store.transaction()
        await late.get(PEOPLE, "1")
        late.put(PEOPLE, Person("1", "late"))
        await put(store, Person("1", "first"))
        with pytest.raises(Conflict):
            await late.commit()
        fault.number = fault.counts[Call.WRITE] + 1
        with pytest.raises(StorageFull):
            await put(store, BOB)
        fault.mended = True
        assert heard == [("1", "first")]
        await store.close()

    asyncio.run(run())


def test_the_number_of_changes_grows_when_one_is_visible_and_not_before():
    async def run() -> None:
        store = start(create(MemoryDisk()))
        before = store.changes
        tx = store.transaction()
        tx.put(PEOPLE, ANN)
        committing = asyncio.create_task(tx.commit())
        while store.get(PEOPLE, "1") is None:
            assert store.changes == before
            await asyncio.sleep(0)
        assert store.changes > before
        await committing
        await store.close()

    asyncio.run(run())
