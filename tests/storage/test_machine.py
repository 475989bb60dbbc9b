"""The store against a plain dict: Hypothesis looks for a sequence that tells them apart.

The machine commits, reads stale and fresh, moves unique keys, restarts, crashes with
and without commits in flight, compacts and rotates keys; after every step everything
the store shows is compared with the model.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from storage.errors import Conflict, StoreClosed, TransactionEnded, UniqueViolation
from storage.transaction import Transaction
from tests.storage.crash_states import durable_image
from tests.storage.memory_disk import MemoryDisk
from tests.storage.model import (
    AUDIT,
    NOTES,
    NOW,
    SOME_TEAMS,
    TEAMS,
    USERS,
    Append,
    Commit,
    Contents,
    Delete,
    Operation,
    Put,
    commit,
    contents_of_store,
    create_store,
    open_store,
    same_team,
)

T = TypeVar("T")

IDS = [f"u{number}" for number in range(5)]
NAMES = [f"name-{number}" for number in range(4)]

QUICK = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # a failure is told at once, not shrunk for minutes
    suppress_health_check=list(HealthCheck),
)
SOAK = settings(
    QUICK,
    max_examples=3000,
    stateful_step_count=80,
    derandomize=False,
    phases=[Phase.generate, Phase.shrink],
)

user_puts = st.builds(
    lambda id_, name, mail, team, size: Put(
        USERS.name,
        {"id": id_, "name": name, "mail": mail, "team": team, "text": "x" * size},
    ),
    st.sampled_from(IDS),
    st.sampled_from([*NAMES, None]),
    st.sampled_from(["a@example.org", None]),
    st.sampled_from(SOME_TEAMS),
    st.sampled_from([0, 30, 600]),
)
note_puts = st.builds(
    lambda id_, n: Put(NOTES.name, {"id": id_, "n": n}),
    st.sampled_from(IDS),
    st.integers(0, 3),
)
deletions = st.builds(
    Delete, st.sampled_from([USERS.name, NOTES.name]), st.sampled_from(IDS)
)
appends = st.builds(
    lambda n, day: Append({"n": n, "at": f"day {day}"}),
    st.integers(0, 9),
    st.integers(0, 3),
)
commits = st.builds(
    lambda operations: Commit(tuple(operations)),
    st.lists(
        st.one_of(user_puts, user_puts, note_puts, deletions, appends), max_size=4
    ),
)


@dataclass(slots=True)
class Model:
    """What the store should show; revisions only compare with each other."""

    contents: Contents = field(default_factory=Contents.empty)
    revisions: dict[tuple[str, str], int] = field(default_factory=dict)
    number: int = 0

    def after(self, change: Commit) -> Model:
        """The model with the change made. Raises UniqueViolation as the store does."""
        last = _last_operations(change)
        contents = self.contents.after(Commit(tuple(last)))
        users = contents.documents[USERS.name]
        for name in ("name", "mail"):
            values = [user[name] for user in users.values() if user[name] is not None]
            if len(set(values)) < len(values):
                raise UniqueViolation(USERS.name, name, "")
        revisions = dict(self.revisions)
        for operation in last:
            if isinstance(operation, Put):
                key = operation.collection, operation.document["id"]
                revisions[key] = self.number + 1
            elif isinstance(operation, Delete):
                revisions.pop((operation.collection, operation.id), None)
        return Model(contents, revisions, self.number + 1)

    def owner(self, field_: str, value: str) -> str | None:
        users = self.contents.documents[USERS.name]
        return next((id_ for id_, user in users.items() if user[field_] == value), None)


def _last_operations(change: Commit) -> list[Operation]:
    """Of several writes to one document the last one counts, at the first's place."""
    writes: dict[object, Operation] = {}
    for number, operation in enumerate(change.operations):
        match operation:
            case Put(name, document):
                writes[name, document["id"]] = operation
            case Delete(name, id_):
                writes[name, id_] = operation
            case Append():
                writes[number] = operation
    return list(writes.values())


@dataclass(frozen=True, slots=True)
class Reader:
    """A transaction that has read, and what it saw."""

    transaction: Transaction
    id: str
    revision: int
    name: str
    owner: str | None
    team: str
    members: list[str]


class StoreMachine(RuleBasedStateMachine):
    """Rules are what callers and power cuts do."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.disk = MemoryDisk()
        self.store = create_store(self.disk)
        self.store.start(self.loop)
        self.model = Model()
        self.readers: list[Reader] = []

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(asyncio.wait_for(work, 30))

    @rule(change=commits)
    def commit_one(self, change: Commit) -> None:
        try:
            after = self.model.after(change)
        except UniqueViolation:
            with pytest.raises(UniqueViolation):
                self.run(commit(self.store, change))
            return
        self.run(commit(self.store, change))
        self.model = after

    @precondition(lambda self: len(self.model.contents.documents[USERS.name]) > 1)
    @rule(first=st.integers(0, 4), second=st.integers(0, 4))
    def swap_unique_keys(self, first: int, second: int) -> None:
        """Two documents exchange what no two may share, in one transaction."""
        users = list(self.model.contents.documents[USERS.name].values())
        one, two = users[first % len(users)], users[second % len(users)]
        keys_of_one = {"name": one["name"], "mail": one["mail"]}
        keys_of_two = {"name": two["name"], "mail": two["mail"]}
        puts = Put(USERS.name, one | keys_of_two), Put(USERS.name, two | keys_of_one)
        self.commit_one(Commit(puts))

    @rule(changes=st.lists(commits, min_size=2, max_size=6))
    def commit_together(self, changes: list[Commit]) -> None:
        """Queued one behind the other: later ones see what is queued before."""
        results = self.run(self._together(changes))
        for change, result in zip(changes, results, strict=True):
            try:
                self.model = self.model.after(change)
            except UniqueViolation:
                assert isinstance(result, UniqueViolation)
            else:
                assert result is None, result

    async def _together(self, changes: list[Commit]) -> list[BaseException | None]:
        work = [commit(self.store, change) for change in changes]
        return await asyncio.gather(*work, return_exceptions=True)

    @rule(id_=st.sampled_from(IDS), name=st.sampled_from(NAMES))
    def read(self, id_: str, name: str) -> None:
        """A transaction that will write later, perhaps on stale ground."""

        async def reading() -> None:
            transaction = self.store.transaction()
            document = await transaction.get(USERS, id_)
            assert document == self.model.contents.documents[USERS.name].get(id_)
            owner = await transaction.find(USERS, "name", name)
            assert owner == self.model.owner("name", name)
            team = f"team-{name[-1]}"
            members = await transaction.ids_where(USERS, "team", team)
            assert members == self.model.contents.members(team)
            revision = self.model.revisions.get((USERS.name, id_), 0)
            self.readers.append(
                Reader(transaction, id_, revision, name, owner, team, members)
            )

        self.run(reading())

    @precondition(lambda self: self.readers)
    @rule(n=st.integers(0, 9))
    def write_what_was_read(self, n: int) -> None:
        reader = self.readers.pop(0)
        transaction, note = reader.transaction, {"id": reader.id, "n": n}
        transaction.put(NOTES, note)
        revision = self.model.revisions.get((USERS.name, reader.id), 0)
        owner = self.model.owner("name", reader.name)
        members = self.model.contents.members(reader.team)
        fresh = (revision, owner, members) == (
            reader.revision,
            reader.owner,
            reader.members,
        )
        if fresh:
            self.run(transaction.commit())
            self.model = self.model.after(Commit((Put(NOTES.name, note),)))
        else:
            with pytest.raises(Conflict):
                self.run(transaction.commit())
        with pytest.raises(TransactionEnded):
            self.run(transaction.commit())

    @rule(
        id_=st.sampled_from(IDS),
        name=st.sampled_from(NAMES),
        changes=st.lists(commits, max_size=2),
        n=st.integers(0, 9),
    )
    def read_then_change_then_write(
        self, id_: str, name: str, changes: list[Commit], n: int
    ) -> None:
        """The ground may have changed, or changed back, in between."""
        self.readers.clear()
        self.read(id_, name)
        for change in changes:
            self.commit_one(change)
        self.write_what_was_read(n)

    @rule(change=commits)
    def discard(self, change: Commit) -> None:
        async def discarding() -> None:
            async with self.store.transaction() as transaction:
                transaction.append(AUDIT, {"n": 0})
                transaction.delete(USERS, IDS[0])
                raise KeyError

        with pytest.raises(KeyError):
            self.run(discarding())

    @rule()
    def checkpoint(self) -> None:
        self.run(self.store.checkpoint())

    @rule(change=commits)
    def checkpoint_while_committing(self, change: Commit) -> None:
        async def both() -> None:
            compaction = asyncio.ensure_future(self.store.checkpoint())
            await asyncio.sleep(0)
            await commit(self.store, change)
            await compaction

        try:
            after = self.model.after(change)
        except UniqueViolation:
            return
        self.run(both())
        self.model = after

    @rule()
    def rotate_key(self) -> None:
        self.run(self.store.rotate_key(NOW + 1))

    @rule(day=st.integers(1, 4))
    def drop_old_entries(self, day: int) -> None:
        """Whole segments, so the model cannot tell how many; but only old ones."""
        before, contents = f"day {day}", self.model.contents
        expired = self.store.expired(AUDIT, before, lambda: None)
        if expired is None:
            return
        gone = contents.entries[: expired.entries]
        assert expired.through == contents.dropped + len(gone)
        assert all(entry.get("at", "never") < before for entry in gone)
        assert expired.newest == max(entry["at"] for entry in gone)
        self.run(self.store.drop(AUDIT, expired.through))
        self.model.contents = contents.without(expired.through)

    @rule()
    def restart(self) -> None:
        old = self.store
        self.run(old.close())
        with pytest.raises(StoreClosed):
            self.run(commit(old, Commit((Append({"n": 0}),))))
        self._reopen(self.disk)
        assert self.store.recovery.clean

    @rule()
    def power_cut(self) -> None:
        image = durable_image(self.disk)
        self.run(self.store.close())
        self._reopen(MemoryDisk(image))
        assert not self.store.recovery.clean

    @rule(changes=st.lists(commits, min_size=1, max_size=4))
    def power_cut_with_commits_in_flight(self, changes: list[Commit]) -> None:
        async def cut() -> MemoryDisk:
            work = asyncio.ensure_future(self._together(changes))
            await asyncio.sleep(0)
            image = durable_image(self.disk)
            await work
            return MemoryDisk(image)

        disk = self.run(cut())
        self.run(self.store.close())
        self._reopen(disk)
        possible = [self.model]
        for change in changes:
            try:
                possible.append(possible[-1].after(change))
            except UniqueViolation:
                continue
        found = contents_of_store(self.store)
        matching = [model for model in possible if model.contents == found]
        assert matching, "neither all, nor none, nor a prefix"
        self.model = matching[0]

    def _reopen(self, disk: MemoryDisk) -> None:
        self.disk = disk
        self.store = open_store(disk)
        self.store.start(self.loop)
        self.readers.clear()

    @invariant()
    def shows_what_the_model_shows(self) -> None:
        found, wanted = contents_of_store(self.store), self.model.contents
        assert found == wanted
        for name, documents in wanted.documents.items():
            assert list(found.documents[name]) == list(documents), "order of insertion"
        for name in NAMES:
            assert self.store.find(USERS, "name", name) == self.model.owner(
                "name", name
            )
        mail = "a@example.org"
        assert self.store.find(USERS, "mail", mail) == self.model.owner("mail", mail)
        assert all(same_team(self.store, wanted, team) for team in TEAMS)
        after = len(wanted.entries) // 2
        behind = wanted.dropped + after
        rest = [entry.data for entry in self.store.entries(AUDIT, after=behind)]
        assert tuple(rest) == wanted.entries[after:]

    def teardown(self) -> None:
        self.run(self.store.close())
        self.loop.close()


def test_no_sequence_tells_the_store_from_the_model() -> None:
    run_state_machine_as_test(StoreMachine, settings=QUICK)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_no_long_sequence_tells_the_store_from_the_model() -> None:
    run_state_machine_as_test(StoreMachine, settings=SOAK)
