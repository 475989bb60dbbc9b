"""The index of accounts against an answer by brute force, while accounts change."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.service.directory_model import (
    FILTERS,
    NAMES,
    PEOPLE,
    TIMES,
    VALUES,
    matches,
    open_store,
    user_of,
)
from tests.storage.memory_disk import MemoryDisk
from ums_service.directory.cursors import Cursor
from ums_service.directory.directory import Directory
from ums_service.directory.rows import SORTS
from ums_service.directory.selection import Selection, Wanted, selection_of
from ums_service.directory.walk import Found, Page
from ums_service.domain.backup_codes import BackupCodes
from ums_service.domain.factors import FACTORS, Factors, Messages
from ums_service.domain.users import USERS, User


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
