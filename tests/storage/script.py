"""One deterministic workload of about 200 operations.

Puts, updates, deletions, unique keys that move, entries, checkpoints, clean and unclean
restarts, a key rotation; every step is valid when it is reached.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from random import Random

from tests.storage.model import (
    NOTES,
    USERS,
    Append,
    Checkpoint,
    Commit,
    Delete,
    Drop,
    Operation,
    PowerCut,
    Put,
    Restart,
    Rotate,
    Step,
    Together,
    user,
)


def time_of(commit: int) -> str:
    """The time in the entry of a commit."""
    return f"day {commit:04d}"


class _Author:
    """Writes the script: keeps who has which name, so that every step is valid."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.names: dict[int, str] = {}
        self.commits = 0
        self.fresh = itertools.count()

    def commit(self, *operations: Operation) -> Commit:
        self.commits += 1
        entry = Append(
            {
                "commit": self.commits,
                "at": time_of(self.commits),
                "what": "x" * self.random.randrange(60),
            }
        )
        note = Put(NOTES.name, {"id": f"c{self.commits % 7}", "n": self.commits})
        return Commit((*operations, note, entry))

    def put(self, number: int, name: str, size: int = 40) -> Put:
        self.names[number] = name
        return Put(USERS.name, user(number, self.commits, name, size))

    def new(self, size: int = 40) -> Put:
        number = next(self.fresh)
        return self.put(number, f"name-{number}", size)

    def update(self) -> Put:
        number = self.random.choice(list(self.names))
        return self.put(number, self.names[number], self.random.choice([10, 80, 700]))

    def delete(self) -> Delete:
        number = self.random.choice(list(self.names))
        del self.names[number]
        return Delete(USERS.name, f"u{number}")

    def rename(self) -> Put:
        number = self.random.choice(list(self.names))
        return self.put(number, f"name-{number}-{self.commits}")

    def swap(self) -> tuple[Put, Put]:
        one, two = self.random.sample(list(self.names), 2)
        first, second = self.names[one], self.names[two]
        return self.put(one, second), self.put(two, first)

    def inherit(self) -> tuple[Operation, Operation]:
        """One user goes, a new one takes the name within the same transaction."""
        number = self.random.choice(list(self.names))
        name = self.names.pop(number)
        return Delete(USERS.name, f"u{number}"), self.put(next(self.fresh), name)

    def some(self) -> Commit:
        kinds: list[Callable[[], Commit]] = [
            lambda: self.commit(self.new()),
            lambda: self.commit(self.update()),
            lambda: self.commit(self.update(), self.new(300)),
            lambda: self.commit(self.rename()),
            lambda: self.commit(*self.swap()),
            lambda: self.commit(*self.inherit()),
            lambda: self.commit(self.delete()),
        ]
        return self.random.choice(kinds)()

    def run(self, count: int) -> list[Step]:
        return [self.some() for _ in range(count)]

    def together(self, count: int) -> Together:
        return Together(tuple(self.some() for _ in range(count)))


def standard_script(seed: int = 1) -> list[Step]:
    """About 200 operations in 57 transactions, checkpoints, clean and unclean restarts."""
    author = _Author(seed)
    return [
        *(author.commit(author.new()) for _ in range(6)),
        *author.run(5),
        author.together(3),
        Checkpoint(),
        *author.run(5),
        author.commit(author.new(3000)),
        author.together(4),
        Restart(),
        *author.run(5),
        Checkpoint(),
        *author.run(4),
        author.together(5),
        PowerCut(),
        *author.run(8),
        Checkpoint(),
        Drop(time_of(20)),
        *author.run(3),
        Rotate(),
        Drop(time_of(40)),
        author.together(3),
        *author.run(4),
        Restart(),
        author.commit(author.new()),
    ]
