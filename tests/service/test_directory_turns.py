"""The index of accounts takes turns with others, and loses nobody meanwhile."""

import asyncio
import time
from collections.abc import Iterator

import pytest

from storage import Store
from tests.service.directory_model import open_store, user_of
from tests.storage.memory_disk import MemoryDisk
from ums_service.directory.directory import Directory
from ums_service.directory.rows import SORTS
from ums_service.directory.selection import Selection, Wanted, selection_of
from ums_service.directory.turns import Rests, Turns
from ums_service.directory.walk import Found, Page
from ums_service.domain.errors import Busy
from ums_service.domain.users import USERS


@pytest.fixture
def crowd() -> Iterator[tuple[asyncio.Runner, Store]]:
    """A running store with 3,000 accounts."""

    async def fill() -> Store:
        store = open_store(MemoryDisk(), create=True)
        async with store.transaction() as tx:
            for number in range(3_000):
                name = f"u{number:04}"
                user = user_of(0, user_id=f"{number:08}", username=name, email=name)
                tx.put(USERS, user)
        return store

    with asyncio.Runner() as runner:
        store = runner.run(fill())
        yield runner, store
        runner.run(store.close())


@pytest.fixture
def slow_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look at the clock finds another two milliseconds gone."""
    ticks = iter(range(1_000_000))
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) / 500)


def test_others_have_their_turn_while_accounts_are_read_and_searched(
    crowd: tuple[asyncio.Runner, Store], slow_clock: None
):
    runner, store = crowd
    directory = Directory(store, queue_max=8)
    turns = 0

    async def ticking() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async def run() -> list[int]:
        ticker = asyncio.create_task(ticking())
        counts = []
        for step in (
            directory.catch_up(Turns()),
            directory.find(Selection(), Page(20, sort_by="full_name")),
            directory.find(selection_of(Wanted(query="u1")), Page(1, 1, "full_name")),
        ):
            before = turns
            await step
            counts.append(turns - before)
        ticker.cancel()
        return counts

    reading, sorting, searching = runner.run(run())
    assert reading >= 3_000
    assert sorting >= 20
    assert searching >= 5


def test_a_change_between_two_turns_disturbs_no_walk(
    crowd: tuple[asyncio.Runner, Store], slow_clock: None
):
    runner, store = crowd
    directory = Directory(store, queue_max=64)
    page = Page(100, sort_by="username")

    async def churn() -> None:
        for number in range(0, 3_000, 100):
            async with store.transaction() as tx:
                tx.delete(USERS, f"{number:08}")
                late = user_of(1, user_id=f"x{number}", username=f"v{number:04}")
                tx.put(USERS, late._replace(email=f"v{number}"))
            await directory.find(selection_of(Wanted(query="v")), page)

    async def run() -> Found:
        await directory.prepare(Turns())
        selection = selection_of(Wanted(query="u"))
        changing = asyncio.create_task(churn())
        found = await directory.find(selection, page._replace(size=3_000))
        await changing
        return found

    found = runner.run(run())
    stayed = [f"{number:08}" for number in range(3_000) if number % 100]
    assert [user_id for user_id in found.user_ids if user_id in set(stayed)] == stayed
    assert runner.run(directory.count(selection_of(Wanted(query="v")))) == 30


@pytest.mark.parametrize("sort_by", [None, "username"])
@pytest.mark.parametrize("wanted", [Wanted(), Wanted(role="user"), Wanted(query="u")])
def test_pages_by_number_join_to_the_whole(
    crowd: tuple[asyncio.Runner, Store], sort_by: str | None, wanted: Wanted
):
    runner, store = crowd
    directory = Directory(store, queue_max=2)
    joined: list[str] = []
    for number in range(1, 8):
        page = Page(450, number, sort_by)
        found = runner.run(directory.find(selection_of(wanted), page))
        joined += found.user_ids
        assert (found.total, found.more) == (3_000, number < 7)
    assert joined == [f"{number:08}" for number in range(3_000)]


def test_orders_grow_while_accounts_change_and_others_ask(
    crowd: tuple[asyncio.Runner, Store], slow_clock: None
):
    runner, store = crowd
    directory = Directory(store, queue_max=64)
    names = {f"{number:08}": f"u{number:04}" for number in range(3_000)}

    async def churn() -> None:
        nonlocal names
        for number in reversed(range(0, 3_000, 50)):
            new_id = f"x{number:04}"
            changed, gone = f"{number + 1:08}", f"{number + 2:08}"
            names |= {new_id: f"a{number}", changed: f"b{number}"}
            del names[gone]
            async with store.transaction() as tx:
                made = {"username": f"a{number}", "email": f"a{number}"}
                tx.put(USERS, user_of(0, user_id=new_id, **made))
                made = {"username": f"b{number}", "email": f"b{number}"}
                tx.put(USERS, user_of(0, user_id=changed, status="suspended", **made))
                tx.delete(USERS, gone)
            await directory.find(selection_of(Wanted(status="active")), Page(5))

    async def run() -> Found:
        await directory.catch_up(Turns())
        tasks = [
            asyncio.create_task(directory.prepare(Turns())),
            asyncio.create_task(directory.prepare(Turns())),
            asyncio.create_task(churn()),
        ]
        await asyncio.gather(*tasks)
        return await directory.find(Selection(), Page(5_000, sort_by="username"))

    found = runner.run(run())
    assert found.user_ids == sorted(names, key=lambda key: (names[key], key))
    for name in SORTS:
        page = Page(5_000, 1, name)
        assert set(runner.run(directory.find(Selection(), page)).user_ids) == set(names)


@pytest.mark.parametrize("sort_by", [None, "username"])
def test_pages_far_behind_leave_out_whom_a_change_has_left_out(
    crowd: tuple[asyncio.Runner, Store], sort_by: str | None
):
    runner, store = crowd
    directory = Directory(store, queue_max=2)
    active, page = selection_of(Wanted(status="active")), Page(10, 290, sort_by)

    async def run() -> tuple[Found, Found]:
        before = await directory.find(active, page)
        for number in range(0, 3_000, 30):
            user = store.get(USERS, f"{number:08}")
            assert user is not None
            async with store.transaction() as tx:
                tx.put(USERS, user._replace(status="suspended"))
        return before, await directory.find(active, page)

    before, after = runner.run(run())
    assert before.user_ids == [f"{number:08}" for number in range(2_890, 2_900)]
    still = [number for number in range(3_000) if number % 30]
    assert after.user_ids == [f"{number:08}" for number in still[2_890:2_900]]
    assert (before.total, after.total) == (3_000, 2_900)


def test_accounts_that_were_restored_come_last_in_their_order(
    crowd: tuple[asyncio.Runner, Store],
):
    runner, store = crowd
    directory = Directory(store, queue_max=2)

    async def run() -> Found:
        await directory.prepare(Turns())
        users = [store.get(USERS, f"{number:08}") for number in (5, 3)]
        for user in users:
            assert user is not None
            async with store.transaction() as tx:
                tx.delete(USERS, user.user_id)
        for user in users:
            assert user is not None
            async with store.transaction() as tx:
                tx.put(USERS, user)
        async with store.transaction() as tx:  # a change moves none of them
            assert users[0] is not None
            tx.put(USERS, users[0]._replace(company="New"))
        return await directory.find(Selection(), Page(2, 1_500))

    assert runner.run(run()).user_ids == [f"{5:08}", f"{3:08}"]


def test_so_many_ask_at_once_and_no_more(crowd: tuple[asyncio.Runner, Store]):
    runner, store = crowd
    directory = Directory(store, queue_max=2)

    async def run() -> list[object]:
        asked = [directory.count(Selection()) for _ in range(3)]
        return list(await asyncio.gather(*asked, return_exceptions=True))

    *answers, refused = runner.run(run())
    assert answers == [3_000, 3_000]
    assert isinstance(refused, Busy)
    assert runner.run(directory.count(Selection())) == 3_000


def test_a_search_that_was_cancelled_loses_no_account(
    crowd: tuple[asyncio.Runner, Store], slow_clock: None
):
    runner, store = crowd
    directory = Directory(store, queue_max=2)

    async def run() -> int:
        for _ in range(5):
            asking = asyncio.create_task(directory.count(Selection()))
            for _ in range(100):
                await asyncio.sleep(0)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        async with store.transaction() as tx:
            tx.delete(USERS, f"{7:08}")
        return await directory.count(Selection())

    assert runner.run(run()) == 2_999


def test_what_came_and_went_while_nobody_asked_takes_no_room(
    crowd: tuple[asyncio.Runner, Store],
):
    runner, store = crowd
    directory = Directory(store, queue_max=2)

    async def run() -> None:
        await directory.prepare(Turns())
        for number in range(50):
            name = f"n{number}"
            user = user_of(1, user_id=name, username=name, email=name)
            async with store.transaction() as tx:
                tx.put(USERS, user)
            async with store.transaction() as tx:
                tx.delete(USERS, name)

    runner.run(run())
    assert not directory._changed


def test_work_that_nobody_waits_for_rests_longer_while_requests_come():
    begun = 0
    rests = Rests(lambda: begun)
    idle = rests()
    begun = 1
    busy = rests()
    assert busy >= 10 * idle > 0
    assert rests() == idle
