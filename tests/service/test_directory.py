"""The index of accounts against an answer by brute force, while accounts change."""

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from storage import Store
from tests.service.harness import CHEAP_KDF, CHEAP_STORE, MASTER
from tests.storage.memory_disk import MemoryDisk
from ums_service.directory.cursors import Cursor
from ums_service.directory.directory import Directory
from ums_service.directory.folding import folded
from ums_service.directory.order import Key, Order
from ums_service.directory.rows import SORTS
from ums_service.directory.selection import Selection, Wanted, selection_of
from ums_service.directory.turns import Turns
from ums_service.directory.walk import Found, Page
from ums_service.domain.backup_codes import BackupCodes
from ums_service.domain.errors import Busy, InvalidInput
from ums_service.domain.factors import FACTORS, Factors, Messages
from ums_service.domain.moment import text_of
from ums_service.domain.users import USERS, User
from ums_service.opening import COLLECTIONS, STREAMS

PLAIN = str.maketrans(
    {"É": "e", "é": "e", "Ü": "u", "ü": "u", "ß": "ss", "ø": "o", "Ø": "o", "İ": "i"}
)
"""The letters of the tests, and what they are without case and accents."""
NAMES = st.text("aAbéÉüÜßøØİz ", max_size=6)
TIMES = st.integers(1, 8).map(lambda day: text_of(day * 86_400))
PEOPLE = st.integers(0, 11)


def plain(text: str) -> str:
    return " ".join(text.translate(PLAIN).lower().split())


def user_of(number: int, **fields: Any) -> User:
    made: dict[str, Any] = {
        "user_id": f"{number * 7919 % 97:02}",
        "username": f"p{number}",
        "email": f"p{number}@example.org",
        "password_hash": "",
        "created_at": text_of(86_400),
        "updated_at": text_of(86_400),
        "password_changed_at": "",
    }
    return User(**(made | fields))


def open_store(disk: MemoryDisk, *, create: bool = False) -> Store:
    more: dict[str, Any] = {"kdf": CHEAP_KDF} if create else {}
    begin = Store.create if create else Store.open
    store = begin(
        disk,
        MASTER,
        collections=COLLECTIONS,
        streams=STREAMS,
        options=CHEAP_STORE,
        now=1,
        **more,
    )
    store.start(asyncio.get_running_loop())
    return store


# --- what the brute-force answer looks like ---

VALUES: dict[str, Callable[[User], Any]] = {
    "username": lambda user: user.username,
    "email": lambda user: user.email,
    "full_name": lambda user: plain(user.full_name),
    "created_at": lambda user: user.created_at,
    "updated_at": lambda user: user.updated_at,
    "last_login": lambda user: user.last_login or "",
    "role": lambda user: user.role,
    "status": lambda user: user.status,
    "user_type": lambda user: user.user_type,
    "company": lambda user: plain(user.company),
    "department": lambda user: plain(user.department),
}
DAYS = [text_of(day * 86_400) for day in (2, 5)]
FILTERS: dict[str, tuple[st.SearchStrategy[Any], Callable[[User, Any], bool]]] = {
    "role": (
        st.sampled_from(["user", "admin"]),
        lambda user, value: user.role == value,
    ),
    "status": (
        st.sampled_from(["active", "suspended"]),
        lambda user, value: user.status == value,
    ),
    "is_active": (
        st.booleans(),
        lambda user, value: (user.status == "active") is value,
    ),
    "email_verified": (
        st.booleans(),
        lambda user, value: user.email_verified is value,
    ),
    "created_after": (
        st.sampled_from(DAYS),
        lambda user, value: user.created_at >= value,
    ),
    "created_before": (
        st.sampled_from(DAYS),
        lambda user, value: user.created_at < value,
    ),
    "last_login_after": (
        st.sampled_from(DAYS),
        lambda user, value: (user.last_login or "") >= value,
    ),
    "last_login_before": (
        st.sampled_from(DAYS),
        lambda user, value: user.last_login is not None and user.last_login < value,
    ),
    "never_logged_in": (
        st.booleans(),
        lambda user, value: (user.last_login is None) is value,
    ),
    "user_type": (
        st.sampled_from(["", "partner"]),
        lambda user, value: user.user_type == value,
    ),
    "company": (
        st.sampled_from(["", "a", "É"]),
        lambda user, value: plain(user.company) == plain(value),
    ),
    "department": (
        st.sampled_from(["", "a", "É"]),
        lambda user, value: plain(user.department) == plain(value),
    ),
}


def matches(user: User, query: str, *, begins: bool, everything: bool) -> bool:
    fields = [user.username, user.full_name]
    if everything:
        fields += [user.email, user.company]
    texts = [plain(field) for field in fields]
    if begins:
        starts = [word for text in texts for word in text.split()]
        return all(
            any(start.startswith(word) for start in starts)
            for word in plain(query).split()
        )
    return all(any(word in text for text in texts) for word in plain(query).split())


class Finding(RuleBasedStateMachine):
    """Accounts come, change and go; every answer is compared."""

    @initialize()
    def begin(self) -> None:
        self.runner = asyncio.Runner()
        self.disk = MemoryDisk()
        self.with_mfa: set[str] = set()
        self.walk: Walking | None = None
        self.runner.run(self.open(create=True))

    async def open(self, *, create: bool) -> None:
        self.store = open_store(self.disk, create=create)
        self.directory = Directory(self.store, queue_max=8)

    def teardown(self) -> None:
        if hasattr(self, "runner"):
            self.runner.run(self.store.close())
            self.runner.close()

    def commit(self, *users: User, gone: tuple[str, ...] = ()) -> None:
        async def run() -> None:
            async with self.store.transaction() as tx:
                for user_id in gone:
                    tx.delete(USERS, user_id)
                for user in users:
                    tx.put(USERS, user)

        self.runner.run(run())
        if self.walk is not None:
            self.walk.notice(list(self.store.scan(USERS)))

    @rule(
        numbers=st.sets(PEOPLE, min_size=1),
        name=NAMES,
        created=TIMES,
        last_login=st.none() | TIMES,
        role=st.sampled_from(["user", "admin"]),
        status=st.sampled_from(["active", "suspended"]),
        verified=st.booleans(),
        user_type=st.sampled_from(["", "partner"]),
        company=NAMES,
        department=NAMES,
    )
    def put(self, numbers: set[int], name: str, verified: bool, **more: Any) -> None:
        """Make accounts, or change all there is to be changed of those that exist."""
        fields = {name: value for name, value in more.items() if name != "created"}
        times = {"created_at": more["created"], "updated_at": more["created"]}
        self.commit(
            *(
                user_of(
                    number,
                    full_name=f"{name}{number % 3}",
                    email_verified=verified,
                    **fields,
                    **times,
                )
                for number in numbers
            )
        )

    @rule(number=PEOPLE, name=NAMES)
    def rename(self, number: int, name: str) -> None:
        user = self.store.get(USERS, user_of(number).user_id)
        if user is not None:
            self.commit(user._replace(full_name=name, username=f"q{number}"))

    @rule(number=PEOPLE)
    def delete(self, number: int) -> None:
        self.commit(gone=(user_of(number).user_id,))

    @rule(number=PEOPLE, has=st.booleans())
    def second_factor(self, number: int, has: bool) -> None:
        user_id = user_of(number).user_id
        messages = (Messages(method="sms", address="1", enabled_at=""),) if has else ()

        async def run() -> None:
            async with self.store.transaction() as tx:
                factors = Factors(
                    user_id=user_id, messages=messages, backup=BackupCodes()
                )
                tx.put(FACTORS, factors)

        self.runner.run(run())
        (self.with_mfa.add if has else self.with_mfa.discard)(user_id)

    @rule()
    def restart(self) -> None:
        self.runner.run(self.store.close())
        self.runner.run(self.open(create=False))

    @rule(
        data=st.data(),
        query=st.none() | NAMES | st.sampled_from(["p1", "EXAMPLE", "p a", "q"]),
        begins=st.booleans(),
        everything=st.booleans(),
        mfa=st.none() | st.booleans(),
        names=st.sets(st.sampled_from(sorted(FILTERS)), max_size=2),
        sort_by=st.none() | st.sampled_from(sorted(SORTS)),
        descending=st.booleans(),
        number=st.integers(1, 4),
    )
    def find(
        self,
        data: st.DataObject,
        query: str | None,
        names: set[str],
        sort_by: str | None,
        *,
        begins: bool,
        everything: bool,
        mfa: bool | None,
        descending: bool,
        number: int,
    ) -> None:
        values = {name: data.draw(FILTERS[name][0]) for name in sorted(names)}
        match = "prefix" if begins else "contains"
        wanted = Wanted(query=query, match=match, mfa_enabled=mfa, **values)
        expected = [
            user
            for user in self.store.scan(USERS)
            if all(FILTERS[name][1](user, value) for name, value in values.items())
            and matches(user, query or "", begins=begins, everything=everything)
            and mfa in (None, user.user_id in self.with_mfa)
        ]
        if sort_by is not None:
            value = VALUES[sort_by]
            expected.sort(key=lambda u: (value(u), u.user_id), reverse=descending)
        page = Page(3, number, sort_by, descending)
        selection = selection_of(wanted, everything=everything)
        found = self.runner.run(self.directory.find(selection, page))
        first = 3 * (number - 1)
        assert found.user_ids == [u.user_id for u in expected][first : first + 3]
        assert found.total == len(expected)
        assert found.more is (len(expected) > first + 3)

    @rule(
        sort_by=st.sampled_from(sorted(SORTS)),
        descending=st.booleans(),
        status=st.none() | st.just("active"),
        query=st.none() | st.just("p"),
    )
    def begin_walk(
        self,
        sort_by: str,
        descending: bool,
        status: str | None,
        query: str | None,
    ) -> None:
        selection = selection_of(Wanted(query=query, status=status))
        page = Page(2, 1, sort_by, descending)
        self.walk = Walking(selection, page, list(self.store.scan(USERS)))

    @precondition(lambda self: self.walk is not None)
    @rule()
    def turn_page(self) -> None:
        assert self.walk is not None
        find = self.directory.find(self.walk.selection, self.walk.page)
        if not self.walk.turn(self.runner.run(find)):
            self.walk.check(list(self.store.scan(USERS)))
            self.walk = None

    @precondition(lambda self: self.walk is not None)
    @rule()
    def turn_all_pages(self) -> None:
        for _ in range(20):
            if self.walk is not None:
                self.turn_page()
        assert self.walk is None


class Walking:
    """A walk by cursor, and the accounts that have stayed as they were since it began."""

    def __init__(self, selection: Selection, page: Page, users: list[User]) -> None:
        self.selection = selection
        self.page = page
        self.users = {user.user_id: user for user in users}
        self.shown: list[str] = []

    def notice(self, users: list[User]) -> None:
        now = {user.user_id: user for user in users}
        self.users = {
            user_id: user
            for user_id, user in self.users.items()
            if now.get(user_id) == user
        }

    def turn(self, found: Found) -> bool:
        self.shown += found.user_ids
        if found.cursor is None:
            return False
        cursor = Cursor.parse(found.cursor.text)
        self.page = self.page._replace(cursor=cursor, sort_by=cursor.sort_by)
        return True

    def check(self, users: list[User]) -> None:
        self.notice(users)
        for user_id, user in self.users.items():
            wanted = not self.selection.traits or user.status == "active"
            wanted = wanted and (
                not self.selection.tests or "p" in user.username + user.email
            )
            assert self.shown.count(user_id) == int(wanted), user_id


def test_every_answer_is_that_of_brute_force() -> None:
    run_state_machine_as_test(
        Finding,
        settings=settings(
            max_examples=60,
            stateful_step_count=30,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )


# --- the parts ---


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller", "muller"),
        ("MU\u0308LLER", "muller"),
        ("Straße", "strasse"),
        ("Łukasz Ørsted", "lukasz orsted"),
        ("Þór Æsir", "thor aesir"),
        ("  two\tlines\nhere ", "two lines here"),
        ("İstanbul", "istanbul"),
        ("ﬁnn", "finn"),
        ("Δημήτρης", "δημητρησ"),
        ("Дмитрий", "дмитрии"),
        ("王小明", "王小明"),
    ],
)
def test_case_and_accents_do_not_matter(text: str, expected: str):
    assert folded(text) == expected


@given(st.text(max_size=30))
def test_folding_is_done_once_for_all_and_leaves_one_line(text: str):
    assert folded(folded(text)) == folded(text)
    assert not any(end in folded(text) for end in "\n\r\u2028\x85")


def kind(row: int) -> int:
    return row % 2


def rows_of(order: Order, *, descending: bool, after: Key | None = None) -> list[int]:
    rows = []
    for bucket in order.buckets(descending=descending, after=after):
        some = order.in_order(bucket)
        rows += some[::-1] if descending else some
    return rows


@given(
    st.lists(st.integers(0, 9_999), unique=True, max_size=3_000),
    st.lists(st.integers(0, 9_999), max_size=300),
    st.booleans(),
)
@settings(max_examples=30, deadline=None)
def test_an_order_stays_sorted_through_all_changes(
    loaded: list[int], toggled: list[int], descending: bool
):
    def key(row: int) -> Key:
        return float(row * 7919 % 101), f"{row:05}"

    order, there = Order(key, kind, loaded[: len(loaded) // 300]), set(loaded)
    order.take(loaded)
    for row in toggled[::2]:
        (order.remove if row in there else order.add)(row)
        there ^= {row}
    for _ in order.sort():
        pass
    for row in toggled[1::2]:
        (order.remove if row in there else order.add)(row)
        there ^= {row}
    expected = sorted(there, key=key, reverse=descending)
    assert rows_of(order, descending=descending) == expected
    for place in (0, len(expected) // 2, len(expected) - 1):
        if expected:
            behind = rows_of(order, descending=descending, after=key(expected[place]))
            assert behind == expected[place + 1 :]
    odd = sum(order.count(some, {1}) for some in order.buckets(descending=descending))
    assert odd == sum(kind(row) for row in there)


def test_buckets_stay_small_however_rows_come() -> None:
    order = Order(lambda row: (float(row), ""), kind)
    for row in range(5_000):
        order.add(row)
    buckets = list(order.buckets(descending=False))
    assert max(len(bucket.rows) for bucket in buckets) <= 512
    assert rows_of(order, descending=False) == list(range(5_000))
    for row in range(5_000):
        order.remove(row)
    assert rows_of(order, descending=False) == []
    assert len(list(order.buckets(descending=True))) == 1


@pytest.mark.parametrize("descending", [False, True])
def test_a_bucket_that_grows_meanwhile_is_not_met_twice(*, descending: bool):
    order = Order(lambda row: (float(row), ""), kind)
    for row in range(2_000):
        order.add(row)
    walk, met = order.buckets(descending=descending), list[int]()
    first = order.in_order(next(walk))
    met += first
    second = order.in_order(list(order.buckets(descending=descending))[1])
    for row in second:
        order.remove(row)
    for bucket in walk:
        met += order.in_order(bucket)
    assert sorted(met) == sorted(set(range(2_000)) - set(second))


@pytest.mark.parametrize(
    "text",
    ["", "x", "AAAA", "W10=", "WzEsMiwzLDRd", "é", "bnVsbA==", "W1siYSJdLDEsMiwzXQ=="],
)
def test_a_cursor_that_was_not_given_is_refused(text: str):
    with pytest.raises(InvalidInput):
        Cursor.parse(text)


@pytest.mark.parametrize("name", sorted(SORTS))
def test_a_cursor_is_read_back_as_it_was(name: str):
    text_like = SORTS[name].kind is str
    cursor = Cursor(name, descending=True, key=("ü" * 64 if text_like else 1.5, "id"))
    assert Cursor.parse(cursor.text) == cursor
    assert len(cursor.text) < 1_024


# --- turns ---


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
