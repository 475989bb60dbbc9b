"""Transactions: isolation, unique keys, order, and what a failure takes with it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from storage import (
    Conflict,
    RealDisk,
    StoreClosed,
    TransactionEnded,
    TransactionTooLarge,
    UniqueViolation,
)
from tests.storage.samples import LOG, PEOPLE, Person, create, log, put, reopen, start

ANN = Person("1", "ann", "ann@x")
BOB = Person("2", "bob")


@pytest.fixture
def disk(tmp_path):
    return RealDisk(tmp_path / "store")


def run(disk, scenario):
    async def main():
        store = start(create(disk))
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(main())


def test_a_commit_is_visible_when_it_returns_and_after_a_restart(disk):
    async def scenario(store):
        await put(store, ANN)
        assert store.get(PEOPLE, "1") == ANN
        assert store.find(PEOPLE, "mail", "ann@x") == "1"

    run(disk, scenario)
    store = reopen(disk)
    assert list(store.scan(PEOPLE)) == [ANN]
    assert store.find(PEOPLE, "name", "ann") == "1"
    asyncio.run(store.close())


def test_readers_do_not_see_a_queued_commit_but_transactions_do(disk):
    async def scenario(store):
        tx = store.transaction()
        tx.put(PEOPLE, ANN)
        queued = asyncio.ensure_future(tx.commit())
        await asyncio.sleep(0)
        assert store.get(PEOPLE, "1") is None
        assert await store.transaction().get(PEOPLE, "1") == ANN
        assert await store.transaction().find(PEOPLE, "name", "ann") == "1"
        await queued
        assert store.get(PEOPLE, "1") == ANN

    run(disk, scenario)


def test_a_changed_read_is_a_conflict_and_changes_nothing(disk):
    async def scenario(store):
        await put(store, ANN)
        tx = store.transaction()
        old = await tx.get(PEOPLE, "1")
        await put(store, replace(ANN, age=1))
        tx.put(PEOPLE, replace(old, age=2))
        with pytest.raises(Conflict):
            await tx.commit()
        assert store.get(PEOPLE, "1").age == 1

    run(disk, scenario)


def test_a_changed_lookup_is_a_conflict(disk):
    async def scenario(store):
        tx = store.transaction()
        assert await tx.find(PEOPLE, "name", "ann") is None
        await put(store, ANN)
        tx.put(PEOPLE, BOB)
        with pytest.raises(Conflict):
            await tx.commit()
        assert store.count(PEOPLE) == 1

    run(disk, scenario)


def test_hot_documents_pipeline_without_conflict(disk):
    async def scenario(store):
        await put(store, ANN)

        async def birthday():
            async with store.transaction() as tx:
                ann = await tx.get(PEOPLE, "1")
                tx.put(PEOPLE, replace(ann, age=ann.age + 1))

        await asyncio.gather(*(birthday() for _ in range(300)))
        assert store.get(PEOPLE, "1").age == 300

    run(disk, scenario)


def test_two_claims_to_one_name_in_the_queue_are_a_violation(disk):
    async def scenario(store):
        results = await asyncio.gather(
            put(store, ANN),
            put(store, replace(BOB, name="ann")),
            return_exceptions=True,
        )
        assert results[0] is None
        assert isinstance(results[1], UniqueViolation)
        assert (results[1].field, results[1].value) == ("name", "ann")

    run(disk, scenario)


def test_two_claims_to_one_name_in_a_transaction_are_a_violation(disk):
    async def scenario(store):
        with pytest.raises(UniqueViolation):
            await put(store, ANN, replace(BOB, name="ann"))
        assert store.count(PEOPLE) == 0

    run(disk, scenario)


def test_names_can_be_swapped_and_reused_in_one_transaction(disk):
    async def scenario(store):
        await put(store, ANN, BOB)
        await put(store, replace(ANN, name="bob"), replace(BOB, name="ann"))
        assert store.find(PEOPLE, "name", "ann") == "2"
        assert store.find(PEOPLE, "name", "bob") == "1"
        async with store.transaction() as tx:
            tx.delete(PEOPLE, "2")
            tx.put(PEOPLE, Person("3", "ann"))
        assert store.find(PEOPLE, "name", "ann") == "3"

    run(disk, scenario)
    store = reopen(disk)
    assert [person.id for person in store.scan(PEOPLE)] == ["1", "3"]
    assert store.find(PEOPLE, "name", "ann") == "3"
    asyncio.run(store.close())


def test_a_swap_of_names_survives_a_restart(disk):
    async def scenario(store):
        await put(store, ANN, BOB)
        await put(store, replace(ANN, name="bob"), replace(BOB, name="ann"))

    run(disk, scenario)
    store = reopen(disk)
    assert store.find(PEOPLE, "name", "ann") == "2"
    assert store.find(PEOPLE, "name", "bob") == "1"
    asyncio.run(store.close())


def test_a_swap_that_is_still_queued_binds_the_next_transaction(disk):
    async def scenario(store):
        await put(store, ANN, BOB)
        swap = asyncio.ensure_future(
            put(store, replace(ANN, name="bob"), replace(BOB, name="ann"))
        )
        await asyncio.sleep(0)
        with pytest.raises(UniqueViolation):
            await put(store, Person("3", "bob"))
        await swap

    run(disk, scenario)


def test_a_transaction_reads_its_own_changes(disk):
    async def scenario(store):
        await put(store, ANN)
        tx = store.transaction()
        tx.put(PEOPLE, replace(ANN, name="anna"))
        assert (await tx.get(PEOPLE, "1")).name == "anna"
        assert await tx.find(PEOPLE, "name", "anna") == "1"
        assert await tx.find(PEOPLE, "name", "ann") is None
        tx.delete(PEOPLE, "1")
        assert await tx.get(PEOPLE, "1") is None

    run(disk, scenario)


def test_an_exception_in_the_block_discards(disk):
    async def scenario(store):
        tx = store.transaction()

        async def failing():
            async with tx:
                tx.put(PEOPLE, ANN)
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await failing()
        assert store.count(PEOPLE) == 0
        with pytest.raises(TransactionEnded):
            tx.put(PEOPLE, BOB)

    run(disk, scenario)


def test_a_transaction_too_large_is_refused_and_changes_nothing(disk):
    async def scenario(store):
        with pytest.raises(TransactionTooLarge):
            await put(store, replace(ANN, name="x" * (16 * 1024 * 1024)))
        await put(store, ANN)
        assert store.count(PEOPLE) == 1

    run(disk, scenario)


def test_the_largest_transaction_survives_journal_and_base(disk):
    big = Person("9", "big", "x" * (16 * 1024 * 1024 - 66 * 1024), 1)

    async def scenario(store):
        async with store.transaction() as tx:
            tx.append(LOG, {"data": big.mail})
        await store.checkpoint()

    run(disk, scenario)
    store = reopen(disk)
    assert [entry.data["data"] for entry in store.entries(LOG)] == [big.mail]
    asyncio.run(store.close())


def test_entries_are_numbered_without_gaps_over_checkpoints(disk):
    async def scenario(store):
        for number in range(1, 10):
            await log(store, n=number)
            if number % 3 == 0:
                await store.checkpoint()
        found = [(entry.sequence, entry.data["n"]) for entry in store.entries(LOG)]
        assert found == [(n, n) for n in range(1, 10)]
        assert [e.sequence for e in store.entries(LOG, after=7)] == [8, 9]

    run(disk, scenario)


def test_an_empty_transaction_does_not_touch_the_disk(disk):
    async def scenario(store):
        before = store.head
        await store.transaction().commit()
        assert store.head == before

    run(disk, scenario)


def test_a_closed_store_refuses(disk):
    async def scenario():
        store = start(create(disk))
        await store.close()
        with pytest.raises(StoreClosed):
            await put(store, ANN)

    asyncio.run(scenario())
