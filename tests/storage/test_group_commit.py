"""Group commit: one frame for all that is queued, and honest outcomes."""

from __future__ import annotations

import asyncio
import errno
import threading

import pytest

from storage import (
    OutcomeUnknown,
    RealDisk,
    State,
    StorageFailed,
    StorageFull,
    StoreReadOnly,
)
from storage.disk import File
from tests.storage.samples import PEOPLE, Person, create, put, reopen, start


class GatedFile:
    """A real file whose flushes wait for a gate and whose calls fail on demand."""

    def __init__(self, file: File, disk: GatedDisk) -> None:
        self._file = file
        self._disk = disk
        self.name = file.name
        self.read_at = file.read_at
        self.size = file.size
        self.drop_cache = file.drop_cache
        self.close = file.close

    def write(self, data):
        if self.name.startswith("journal") and self._disk.write_error:
            self._file.write(bytes(data)[: len(data) // 2])
            raise OSError(self._disk.write_error, "write")
        return self._file.write(data)

    def truncate(self, length):
        if self._disk.truncate_error:
            raise OSError(self._disk.truncate_error, "truncate")
        self._file.truncate(length)

    def fsync(self):
        self._file.fsync()

    def fdatasync(self):
        self._disk.gate.wait()
        if self._disk.flush_error:
            raise OSError(self._disk.flush_error, "flush")
        self._file.fdatasync()


class GatedDisk:
    """A real disk that hands out gated files."""

    def __init__(self, disk: RealDisk) -> None:
        self._disk = disk
        self.gate = threading.Event()
        self.gate.set()
        self.write_error = self.truncate_error = self.flush_error = 0

    def __getattr__(self, name):
        return getattr(self._disk, name)

    def create(self, name):
        return GatedFile(self._disk.create(name), self)

    def open_append(self, name):
        return GatedFile(self._disk.open_append(name), self)


@pytest.fixture
def disk(tmp_path):
    return GatedDisk(RealDisk(tmp_path / "store"))


def person(n: int) -> Person:
    return Person(str(n), f"n{n}")


async def put_all(store, numbers):
    return await asyncio.gather(
        *(put(store, person(n)) for n in numbers), return_exceptions=True
    )


def test_what_queues_up_during_a_flush_is_one_frame(disk):
    async def scenario():
        store = start(create(disk))
        disk.gate.clear()
        waiting = asyncio.gather(*(put(store, person(n)) for n in range(200)))
        await asyncio.sleep(0)
        assert store.count(PEOPLE) == 0
        disk.gate.set()
        await waiting
        assert store.head.sequence <= 3
        assert store.count(PEOPLE) == 200
        await store.close()

    asyncio.run(scenario())


def test_a_frame_holds_at_most_256_transactions(disk):
    async def scenario():
        store = start(create(disk))
        await put_all(store, range(1000))
        assert store.head.sequence >= 4
        await store.close()

    asyncio.run(scenario())


def test_a_failed_flush_is_final_and_its_outcome_unknown(disk):
    async def scenario():
        store = start(create(disk))
        await put(store, person(0))
        disk.flush_error = errno.EIO
        outcomes = await put_all(store, range(1, 5))
        assert {type(outcome) for outcome in outcomes} == {OutcomeUnknown}
        disk.flush_error = 0
        with pytest.raises(StoreReadOnly):
            await put(store, person(9))
        assert store.health.state is State.READ_ONLY
        assert [p.id for p in store.scan(PEOPLE)] == ["0"]
        await store.close()

    asyncio.run(scenario())
    store = reopen(disk)
    assert not store.recovery.clean
    assert [p.id for p in store.scan(PEOPLE)] in (["0"], ["0", "1", "2", "3", "4"])
    asyncio.run(store.close())


def test_a_full_disk_fails_the_queue_and_writing_resumes_with_room(disk):
    async def scenario():
        store = start(create(disk))
        await put(store, person(0))
        disk.write_error = errno.ENOSPC
        outcomes = await put_all(store, range(1, 400))
        assert {type(outcome) for outcome in outcomes} == {StorageFull}
        assert store.health.state is State.FULL
        assert "ballast" not in disk.list()
        assert [p.id for p in store.scan(PEOPLE)] == ["0"]
        disk.write_error = 0
        await put(store, person(1))
        assert store.health.state is State.WRITABLE
        assert "ballast" in disk.list()
        await store.close()

    asyncio.run(scenario())
    store = reopen(disk)
    assert store.recovery.clean
    assert [p.id for p in store.scan(PEOPLE)] == ["0", "1"]
    asyncio.run(store.close())


def test_a_failed_write_that_is_cut_back_ends_writing(disk):
    async def scenario():
        store = start(create(disk))
        await put(store, person(0))
        disk.write_error = errno.EIO
        with pytest.raises(StorageFailed):
            await put(store, person(1))
        assert store.health.state is State.READ_ONLY
        await store.close()

    asyncio.run(scenario())
    disk.write_error = 0
    store = reopen(disk)
    assert store.recovery.dropped_bytes == 0
    assert [p.id for p in store.scan(PEOPLE)] == ["0"]
    asyncio.run(store.close())


def test_a_partial_frame_that_stays_is_dropped_at_the_next_start(disk):
    async def scenario():
        store = start(create(disk))
        await put(store, person(0))
        disk.write_error, disk.truncate_error = errno.ENOSPC, errno.EIO
        with pytest.raises(StorageFailed):
            await put(store, person(1))
        assert store.health.state is State.READ_ONLY
        await store.close()

    asyncio.run(scenario())
    disk.write_error = disk.truncate_error = 0
    store = reopen(disk)
    assert store.recovery.dropped_bytes > 0
    copy = disk.root / "quarantine" / str(store.recovery.quarantine)
    assert copy.stat().st_size == store.recovery.dropped_bytes
    assert [p.id for p in store.scan(PEOPLE)] == ["0"]
    asyncio.run(store.close())


def test_revisions_of_failed_commits_are_never_used_again(disk):
    async def scenario():
        store = start(create(disk))
        disk.write_error = errno.ENOSPC
        await put_all(store, range(3))
        disk.write_error = 0
        tx = store.transaction()
        assert await tx.get(PEOPLE, "0") is None
        await put(store, person(0))
        assert store._memory.tables["people"].latest_revision("0") == 4
        await store.close()

    asyncio.run(scenario())


def test_a_cancelled_waiter_does_not_disturb_the_others(disk):
    async def scenario():
        store = start(create(disk))
        disk.gate.clear()
        first = asyncio.ensure_future(put(store, person(1)))
        second = asyncio.ensure_future(put(store, person(2)))
        await asyncio.sleep(0)
        first.cancel()
        disk.gate.set()
        await second
        assert store.count(PEOPLE) == 2
        await store.close()

    asyncio.run(scenario())
