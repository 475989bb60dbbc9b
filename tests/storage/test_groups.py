"""Groups: who shares a value, in pages, queued or not, and what a commit checks."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from storage import Collection, Conflict, Misuse, RealDisk, Store
from storage.errors import StoreCorrupt
from storage.groups import GroupChange, Groups
from storage.table import Table
from storage.verify import verify_full
from tests.storage.samples import CHEAP_KDF, MASTER, SMALL, start


@dataclass(frozen=True, slots=True)
class Member:
    id: str
    lab: str | None
    user: str | None
    admin: bool = False


MEMBERS = Collection(
    "members",
    key=lambda member: member.id,
    to_document=asdict,
    from_document=lambda document: Member(**document),
    grouped=("lab", "user"),
)
UNGROUPED = replace(MEMBERS, grouped=())
FRESH = [Member(f"m{n}", f"lab-{n % 2}", f"user-{n}") for n in range(6)]


@pytest.fixture
def disk(tmp_path):
    return RealDisk(tmp_path / "store")


def create(disk, collection=MEMBERS):
    return Store.create(
        disk,
        MASTER,
        collections=[collection],
        streams=[],
        options=SMALL,
        now=1,
        kdf=CHEAP_KDF,
    )


def reopen(disk, collection=MEMBERS):
    return Store.open(
        disk, MASTER, collections=[collection], streams=[], options=SMALL, now=2
    )


def run(store, scenario):
    async def main():
        start(store)
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(main())


async def put(store, *members):
    async with store.transaction() as tx:
        for member in members:
            tx.put(MEMBERS, member)


def test_members_are_found_by_each_field_in_order_of_their_ids(disk):
    async def scenario(store):
        await put(store, *reversed(FRESH))
        assert store.ids_where(MEMBERS, "lab", "lab-0") == ["m0", "m2", "m4"]
        assert store.count_where(MEMBERS, "lab", "lab-0") == 3
        assert store.ids_where(MEMBERS, "user", "user-3") == ["m3"]
        assert store.count_where(MEMBERS, "user", "user-3") == 1
        assert store.ids_where(MEMBERS, "lab", "nowhere") == []
        assert store.count_where(MEMBERS, "lab", "nowhere") == 0

    run(create(disk), scenario)


def test_a_page_goes_on_behind_an_id_that_has_left_meanwhile(disk):
    async def scenario(store):
        await put(store, *FRESH)
        first = store.ids_where(MEMBERS, "lab", "lab-0", limit=2)
        assert first == ["m0", "m2"]
        await put(store, replace(FRESH[2], lab=None), replace(FRESH[1], lab="lab-0"))
        rest = store.ids_where(MEMBERS, "lab", "lab-0", after="m2", limit=2)
        assert rest == ["m4"]
        assert first == ["m0", "m2"], "a page is a copy"

    run(create(disk), scenario)


@pytest.mark.parametrize("compacted", [False, True])
def test_groups_are_the_same_after_a_restart(disk, compacted):
    async def scenario(store):
        await put(store, *reversed(FRESH))
        if compacted:
            await store.checkpoint()
        await put(store, replace(FRESH[0], lab="lab-1"), replace(FRESH[1], user=None))
        async with store.transaction() as tx:
            tx.delete(MEMBERS, "m3")

    run(create(disk), scenario)
    verify_full(disk, MASTER, collections=[MEMBERS], streams=[])
    store = reopen(disk)
    assert store.ids_where(MEMBERS, "lab", "lab-0") == ["m2", "m4"]
    assert store.ids_where(MEMBERS, "lab", "lab-1") == ["m0", "m1", "m5"]
    assert store.ids_where(MEMBERS, "user", "user-1") == []
    assert store.ids_where(MEMBERS, "user", "user-3") == []
    asyncio.run(store.close())


@pytest.mark.parametrize("compacted", [False, True])
def test_a_field_may_become_grouped_and_stop_being_it(disk, compacted):
    async def scenario(store):
        async with store.transaction() as tx:
            for member in FRESH:
                tx.put(UNGROUPED, member)
        if compacted:
            await store.checkpoint()

    run(create(disk, UNGROUPED), scenario)
    store = reopen(disk)
    assert store.ids_where(MEMBERS, "lab", "lab-1") == ["m1", "m3", "m5"]
    run(store, lambda store: put(store, replace(FRESH[1], lab="lab-0")))
    only_lab = replace(MEMBERS, grouped=("lab",))
    store = reopen(disk, only_lab)
    assert store.ids_where(only_lab, "lab", "lab-1") == ["m3", "m5"]
    asyncio.run(store.close())


def test_a_queued_move_is_seen_by_transactions_only(disk):
    async def scenario(store):
        await put(store, *FRESH)
        tx = store.transaction()
        tx.put(MEMBERS, replace(FRESH[0], lab="lab-1"))
        tx.delete(MEMBERS, "m5")
        queued = asyncio.ensure_future(tx.commit())
        await asyncio.sleep(0)
        assert store.ids_where(MEMBERS, "lab", "lab-1") == ["m1", "m3", "m5"]
        later = store.transaction()
        assert await later.ids_where(MEMBERS, "lab", "lab-1") == ["m0", "m1", "m3"]
        assert await later.ids_where(MEMBERS, "lab", "lab-0") == ["m2", "m4"]
        await queued
        assert store.ids_where(MEMBERS, "lab", "lab-1") == ["m0", "m1", "m3"]

    run(create(disk), scenario)


def test_a_transaction_sees_its_own_moves(disk):
    async def scenario(store):
        await put(store, *FRESH)
        tx = store.transaction()
        tx.put(MEMBERS, replace(FRESH[0], lab="lab-1"))
        tx.put(MEMBERS, Member("m9", "lab-1", None))
        tx.delete(MEMBERS, "m1")
        assert await tx.ids_where(MEMBERS, "lab", "lab-1") == ["m0", "m3", "m5", "m9"]
        page = await tx.ids_where(MEMBERS, "lab", "lab-1", after="m0", limit=2)
        assert page == ["m3", "m5"]
        await tx.commit()

    run(create(disk), scenario)


@pytest.mark.parametrize(
    "meanwhile",
    [
        replace(FRESH[1], lab="lab-0"),
        replace(FRESH[2], lab=None),
        Member("m9", "lab-0", None),
    ],
    ids=["joined", "left", "new"],
)
def test_a_group_that_has_changed_is_a_conflict(disk, meanwhile):
    async def scenario(store):
        await put(store, *FRESH)
        tx = store.transaction()
        await tx.ids_where(MEMBERS, "lab", "lab-0")
        await put(store, meanwhile)
        tx.put(MEMBERS, replace(FRESH[5], admin=True))
        with pytest.raises(Conflict):
            await tx.commit()
        assert store.get(MEMBERS, "m5") == FRESH[5]

    run(create(disk), scenario)


def test_a_change_behind_the_page_that_was_read_is_no_conflict(disk):
    async def scenario(store):
        await put(store, *FRESH)
        tx = store.transaction()
        assert await tx.ids_where(MEMBERS, "lab", "lab-0", limit=2) == ["m0", "m2"]
        await put(store, Member("m9", "lab-0", None), replace(FRESH[0], admin=True))
        tx.put(MEMBERS, replace(FRESH[5], admin=True))
        await tx.commit()

    run(create(disk), scenario)


def test_the_last_admin_of_a_lab_cannot_leave_twice(disk):
    """Two admins resign at once, each having seen the other."""

    async def resigning(store, id_):
        tx = store.transaction()
        assert len(await tx.ids_where(MEMBERS, "lab", "lab-0")) > 1
        tx.delete(MEMBERS, id_)
        return tx

    async def scenario(store):
        await put(store, FRESH[0], FRESH[2])
        both = [await resigning(store, "m0"), await resigning(store, "m2")]
        queued = asyncio.ensure_future(both[0].commit())
        await asyncio.sleep(0)
        with pytest.raises(Conflict):
            await both[1].commit()
        await queued
        assert store.ids_where(MEMBERS, "lab", "lab-0") == ["m2"]

    run(create(disk), scenario)


def test_a_failed_commit_leaves_no_trace_in_a_group():
    table = Table("members", (), ("lab",))
    table.groups["lab"].stage(1, "m1", GroupChange("lab", "lab-0", joins=True))
    table.drop_pending()
    assert table.groups["lab"].latest_page("lab-0", None, None) == []


def test_a_group_key_must_be_text_or_nothing(disk):
    async def scenario(store):
        tx = store.transaction()
        with pytest.raises(TypeError):
            tx.put(MEMBERS, Member("m1", 7, None))

    run(create(disk), scenario)


def test_a_unique_field_cannot_be_grouped_as_well():
    with pytest.raises(Misuse):
        replace(MEMBERS, unique=("lab",))


def test_verify_finds_a_group_that_its_documents_do_not_bear_out(disk, monkeypatch):
    async def scenario(store):
        await put(store, *FRESH)
        await store.checkpoint()

    run(create(disk), scenario)
    load = Groups.load
    monkeypatch.setattr(
        Groups, "load", lambda self, values, ids: load(self, ["x", *values[1:]], ids)
    )
    with pytest.raises(StoreCorrupt, match="groups of members"):
        verify_full(disk, MASTER, collections=[MEMBERS], streams=[])


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    labs: tuple[str, ...] | list[str] | str | None


ACCOUNTS = Collection(
    "accounts",
    key=lambda account: account.id,
    to_document=asdict,
    from_document=lambda document: Account(**document),
    grouped=("labs",),
)


async def put_accounts(store, *accounts):
    async with store.transaction() as tx:
        for account in accounts:
            tx.put(ACCOUNTS, account)


@pytest.mark.parametrize("compacted", [False, True])
def test_a_document_is_in_every_group_that_its_list_names(disk, compacted):
    async def scenario(store):
        await put_accounts(store, Account("u1", ["x", "y"]), Account("u2", ("y",)))
        await put_accounts(store, Account("u3", []), Account("u4", "x"))
        assert store.ids_where(ACCOUNTS, "labs", "x") == ["u1", "u4"]
        assert store.ids_where(ACCOUNTS, "labs", "y") == ["u1", "u2"]
        if compacted:
            await store.checkpoint()
        await put_accounts(store, Account("u1", ["y", "z"]), Account("u4", ["z"]))
        async with store.transaction() as tx:
            tx.delete(ACCOUNTS, "u2")

    run(create(disk, ACCOUNTS), scenario)
    verify_full(disk, MASTER, collections=[ACCOUNTS], streams=[])
    store = reopen(disk, ACCOUNTS)
    found = [store.ids_where(ACCOUNTS, "labs", lab) for lab in "xyz"]
    assert found == [[], ["u1"], ["u1", "u4"]]
    asyncio.run(store.close())


def test_a_transaction_sees_the_lists_that_it_has_put(disk):
    async def scenario(store):
        await put_accounts(store, Account("u1", ["x", "y"]), Account("u2", ["y"]))
        tx = store.transaction()
        tx.put(ACCOUNTS, Account("u1", ["x", "z"]))
        tx.put(ACCOUNTS, Account("u2", ["y", "z"]))
        assert await tx.ids_where(ACCOUNTS, "labs", "x") == ["u1"]
        assert await tx.ids_where(ACCOUNTS, "labs", "y") == ["u2"]
        assert await tx.ids_where(ACCOUNTS, "labs", "z") == ["u1", "u2"]

    run(create(disk, ACCOUNTS), scenario)


def test_a_change_of_another_group_of_the_list_is_no_conflict(disk):
    async def scenario(store):
        await put_accounts(store, Account("u1", ["x", "y"]), Account("u2", ["y"]))
        tx = store.transaction()
        assert await tx.ids_where(ACCOUNTS, "labs", "x") == ["u1"]
        await put_accounts(store, Account("u1", ["x", "z"]))
        tx.put(ACCOUNTS, Account("u2", []))
        await tx.commit()
        tx = store.transaction()
        assert await tx.ids_where(ACCOUNTS, "labs", "x") == ["u1"]
        await put_accounts(store, Account("u3", ["z", "x"]))
        tx.put(ACCOUNTS, Account("u2", ["y"]))
        with pytest.raises(Conflict):
            await tx.commit()

    run(create(disk, ACCOUNTS), scenario)


@pytest.mark.parametrize("labs", [[7], ["x", "x"], [["x"]], {"x": 1}, 7])
def test_groups_must_be_distinct_texts(disk, labs):
    async def scenario(store):
        with pytest.raises(TypeError):
            store.transaction().put(ACCOUNTS, Account("u1", labs))

    run(create(disk, ACCOUNTS), scenario)


def test_a_unique_field_holds_one_text(disk):
    by_lab = replace(ACCOUNTS, unique=("labs",), grouped=())

    async def scenario(store):
        with pytest.raises(TypeError):
            store.transaction().put(by_lab, Account("u1", ["x"]))

    run(create(disk, by_lab), scenario)


VALUES = ("a", "b")
IDS = tuple(f"m{n}" for n in range(7))
moves = st.tuples(st.sampled_from(IDS), st.sampled_from([*VALUES, None]))


@settings(deadline=None, max_examples=300)
@example(
    loaded={"m0": "a", "m1": "a"},
    durable=[],
    queued=[("m0", "b")],
    published=0,
    after=None,
    limit=1,
)
@given(
    loaded=st.dictionaries(st.sampled_from(IDS), st.sampled_from([*VALUES, None])),
    durable=st.lists(moves, max_size=12),
    queued=st.lists(moves, max_size=6),
    published=st.integers(0, 6),
    after=st.sampled_from([None, "", "m2", "m2x", "m9"]),
    limit=st.sampled_from([None, 0, 1, 3, 10]),
)
def test_groups_are_what_a_look_at_every_document_finds(
    loaded, durable, queued, published, after, limit
):
    groups = Groups()
    groups.load(loaded.values(), loaded.keys())
    groups.sort()
    visible, latest = dict(loaded), dict(loaded)
    for id_, value in durable:
        for change in moved(latest, id_, value):
            groups.apply(id_, change)
        visible[id_] = value
    staged = []
    for number, (id_, value) in enumerate(queued):
        changes = moved(latest, id_, value)
        for change in changes:
            groups.stage(number, id_, change)
        staged.append((number, id_, value, changes))
    for number, id_, value, changes in staged[:published]:
        for change in changes:
            groups.apply(id_, change)
            groups.settle(number, id_, change)
        visible[id_] = value
    for value in VALUES:
        assert groups.page(value, after, limit) == slow(visible, value, after, limit)
        assert groups.count(value) == len(slow(visible, value, None, None))
        found = groups.latest_page(value, after, limit)
        assert found == slow(latest, value, after, limit)
        for id_ in IDS:
            assert groups.latest_has(value, id_) == (latest.get(id_) == value)
    assert set(groups.values()) == {v for v in visible.values() if v is not None}


def moved(documents, id_, value):
    before, documents[id_] = documents.get(id_), value
    if before == value:
        return []
    return [
        GroupChange("lab", one, joins)
        for one, joins in ((before, False), (value, True))
        if one is not None
    ]


def slow(documents, value, after, limit):
    ids = sorted(id_ for id_, other in documents.items() if other == value)
    return [id_ for id_ in ids if after is None or id_ > after][:limit]
