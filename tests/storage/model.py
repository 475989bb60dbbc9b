"""What a store of the proofs holds, step by step, and how to look at it.

    steps of a script -> History: the contents after every commit -> position of a store

Every transaction writes something that no other one writes, so the documents of a
recovered store tell how many commits it contains.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from random import Random
from typing import Any, NamedTuple, TypeVar

from storage import Collection, Store, StoreOptions, Stream
from storage.disk import Disk
from storage.kdf import KdfParameters

T = TypeVar("T")
Document = dict[str, Any]

MASTER = b"correct horse battery staple"
NOW = 1_700_000_000
CHEAP = KdfParameters(time_cost=1, memory_kib=8, lanes=1)
OPTIONS = StoreOptions(ballast_bytes=0, segment_bytes=2048, pause_s=0)


def _same(document: Document) -> Document:
    return document


def _id(document: Document) -> str:
    return str(document["id"])


USERS: Collection[Document] = Collection(
    "users", _id, _same, _same, unique=("name", "mail"), grouped=("team",)
)
TEAMS = ("team-0", "team-1", "team-2")
SOME_TEAMS = (*TEAMS, None, [], ["team-1"], ["team-2", "team-0"], list(TEAMS))
NOTES: Collection[Document] = Collection("notes", _id, _same, _same)
AUDIT = Stream("audit", indexed=("commit",), timed="at")
COLLECTIONS = (USERS, NOTES)
BY_NAME = {collection.name: collection for collection in COLLECTIONS}


class Put(NamedTuple):
    collection: str
    document: Document


class Delete(NamedTuple):
    collection: str
    id: str


class Append(NamedTuple):
    entry: Document


Operation = Put | Delete | Append


class Commit(NamedTuple):
    """One transaction."""

    operations: tuple[Operation, ...]


class Together(NamedTuple):
    """Transactions submitted at once, to be grouped into a frame."""

    commits: tuple[Commit, ...]


class Checkpoint(NamedTuple):
    """Compact the journals."""


class Restart(NamedTuple):
    """A clean stop, then open again."""


class PowerCut(NamedTuple):
    """Open again without a clean stop, with half a frame at the end of the journal."""


class Rotate(NamedTuple):
    """A new data key."""


class Drop(NamedTuple):
    """Drop the entries from before a time, as far as they fill segments."""

    before: str


Step = Commit | Together | Checkpoint | Restart | PowerCut | Rotate | Drop


class Contents(NamedTuple):
    """Everything a store shows: documents in their order, and entries.

    `dropped` is how many entries are gone from the beginning.
    """

    documents: dict[str, dict[str, Document]]
    entries: tuple[Document, ...]
    dropped: int = 0

    def without(self, dropped: int) -> Contents:
        """The same when so many entries in all have been dropped."""
        rest = self.entries[dropped - self.dropped :]
        return Contents(self.documents, rest, dropped)

    @classmethod
    def empty(cls) -> Contents:
        return cls({name: {} for name in BY_NAME}, ())

    def members(self, team: str) -> list[str]:
        """The users of a team, in order."""
        users = self.documents[USERS.name]
        return sorted(id_ for id_, user in users.items() if team in teams_of(user))

    def after(self, commit: Commit) -> Contents:
        documents = {name: dict(some) for name, some in self.documents.items()}
        entries = self.entries
        for operation in commit.operations:
            match operation:
                case Put(name, document):
                    documents[name][document["id"]] = document
                case Delete(name, id_):
                    documents[name].pop(id_, None)
                case Append(entry):
                    entries = (*entries, entry)
        return Contents(documents, entries, self.dropped)


def teams_of(user: Document) -> list[str]:
    """A user may have one team, several or none."""
    teams = user["team"]
    if teams is None:
        return []
    return [teams] if isinstance(teams, str) else list(teams)


def contents_of_store(store: Store) -> Contents:
    """What the store shows, read through all of its ways to read."""
    documents = {
        collection.name: {
            document["id"]: document for document in store.scan(collection)
        }
        for collection in COLLECTIONS
    }
    entries, first = list(store.entries(AUDIT)), store.first_entry(AUDIT)
    numbers = [entry.sequence for entry in entries]
    assert numbers == list(range(first, first + len(entries)))
    return Contents(documents, tuple(entry.data for entry in entries), first - 1)


def same_documents(store: Store, wanted: Contents, names: frozenset[str]) -> bool:
    """Documents, their order, counts, keys and groups; `names` are all ever used."""
    users = wanted.documents[USERS.name]
    owners = {user["name"]: id_ for id_, user in users.items()}
    mails = {user["mail"]: id_ for id_, user in users.items() if user["mail"]}
    return (
        all(
            list(store.scan(collection))
            == list(wanted.documents[collection.name].values())
            and store.count(collection) == len(wanted.documents[collection.name])
            for collection in COLLECTIONS
        )
        and all(store.find(USERS, "name", name) == owners.get(name) for name in names)
        and all(store.find(USERS, "mail", mail) == id_ for mail, id_ in mails.items())
        and all(same_team(store, wanted, team) for team in TEAMS)
    )


def same_team(store: Store, wanted: Contents, team: str) -> bool:
    """Members of a team, at once and in pages of two, and how many they are."""
    members = wanted.members(team)
    pages: list[str] = []
    while page := store.ids_where(
        USERS, "team", team, after=pages[-1] if pages else None, limit=2
    ):
        pages += page
    return (
        store.ids_where(USERS, "team", team) == members
        and pages == members
        and store.count_where(USERS, "team", team) == len(members)
    )


def user(number: int, commit: int, name: str, size: int = 40) -> Document:
    mail = f"{name}@example.org" if number % 3 else None
    text = Random(number * 1000 + commit).randbytes(size)
    team = SOME_TEAMS[(number + commit // 5) % len(SOME_TEAMS)]
    return {
        "id": f"u{number}",
        "name": name,
        "mail": mail,
        "team": team,
        "n": commit,
        "text": text,
    }


def commits_of(steps: list[Step]) -> list[Commit]:
    """All transactions of a script in order."""
    return [
        commit
        for step in steps
        for commit in (
            (step,)
            if isinstance(step, Commit)
            else step.commits
            if isinstance(step, Together)
            else ()
        )
    ]


@dataclass(slots=True)
class History:
    """What the script makes of an empty store, commit by commit."""

    states: list[Contents]
    names: frozenset[str]

    @classmethod
    def of(cls, steps: list[Step]) -> History:
        states = [Contents.empty()]
        for commit in commits_of(steps):
            states.append(states[-1].after(commit))
        names = {
            document["name"]
            for state in states
            for document in state.documents[USERS.name].values()
        }
        return cls(states, frozenset(names))

    def shows(self, contents: Contents, position: int) -> bool:
        """Whether that is the state after so many commits, dropped entries apart."""
        return contents == self.states[position].without(contents.dropped)

    def position(self, store: Store) -> int | None:
        """How many commits the store contains; None for a state that never was."""
        notes = [document["n"] for document in store.scan(NOTES)]
        position = max(notes, default=0)
        if position >= len(self.states):
            return None
        wanted = self.states[position]
        return position if same_documents(store, wanted, self.names) else None


def open_store(disk: Disk, options: StoreOptions = OPTIONS) -> Store:
    return Store.open(
        disk,
        MASTER,
        collections=COLLECTIONS,
        streams=[AUDIT],
        options=options,
        now=NOW,
    )


def create_store(disk: Disk, options: StoreOptions = OPTIONS) -> Store:
    return Store.create(
        disk,
        MASTER,
        collections=COLLECTIONS,
        streams=[AUDIT],
        options=options,
        now=NOW,
        kdf=CHEAP,
    )


async def commit(store: Store, change: Commit) -> None:
    transaction = store.transaction()
    for operation in change.operations:
        match operation:
            case Put(name, document):
                transaction.put(BY_NAME[name], document)
            case Delete(name, id_):
                transaction.delete(BY_NAME[name], id_)
            case Append(entry):
                transaction.append(AUDIT, entry)
    await transaction.commit()


def run(work: Coroutine[Any, Any, T]) -> T:
    """`asyncio.run`, bounded: a store that hangs fails the test."""

    async def bounded() -> T:
        return await asyncio.wait_for(work, timeout=30)

    return asyncio.run(bounded())
