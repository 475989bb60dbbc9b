"""Which accounts are picked, whatever the list shows at the moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from gui.background import Job
from gui.controllers.desk import Desk
from gui.controllers.finding import USERNAME_CELL, Search
from gui.controllers.paged import PAGE_SIZE
from gui.controllers.problems import Problem
from ums_client import Client
from ums_client.protocol.accounts import User
from ums_client.protocol.finding import SearchUsers

PAGES_AT_ONCE: Final = 10
"""Pages that are read before progress is told and a wish to stop is heard."""


@dataclass(frozen=True, slots=True)
class Pick:
    """An account that was picked; `before` is what a trial has noted of it."""

    user_id: str
    username: str
    before: Any = None


def pick_of(key: str, cells: tuple[str, ...]) -> Pick:
    """The account of a row."""
    return Pick(key, cells[USERNAME_CELL])


class Picked:
    """A set of accounts. `changed` is called when others are in it than before."""

    def __init__(self) -> None:
        """Nobody."""
        self._picks: dict[str, Pick] = {}
        self.changed: Callable[[], object] = lambda: None

    def __len__(self) -> int:
        """How many."""
        return len(self._picks)

    def __contains__(self, user_id: object) -> bool:
        """Whether that account is picked."""
        return user_id in self._picks

    def __iter__(self) -> Iterator[Pick]:
        """In the order in which they were picked."""
        return iter(self._picks.values())

    def toggle(self, pick: Pick) -> None:
        """Pick an account, or drop it."""
        if self._picks.pop(pick.user_id, None) is None:
            self._picks[pick.user_id] = pick
        self.changed()

    def add(self, picks: Iterable[Pick]) -> None:
        """Pick these, too."""
        self._picks |= {pick.user_id: pick for pick in picks}
        self.changed()

    def clear(self) -> None:
        """Drop all."""
        self._picks = {}
        self.changed()


class Gathering:
    """Reads all accounts that a search finds, or a part of them by their numbers.

    `told` is called now and then with how many were read. What is found is told at the
    end; a gathering that was cancelled tells nothing.
    """

    def __init__(
        self,
        desk: Desk,
        search: Search,
        *,
        told: Callable[[int], object],
        then: Callable[[list[Pick]], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Nothing is asked before `begin`."""
        self._desk, self._search = desk, search
        self._told, self._then, self._failed = told, then, failed
        self._found: list[Pick] = []
        self._job: Job | None = None

    def begin(self, first: int = 0, last: int | None = None) -> None:
        """Read those from number `first` to `last`, both included; None for the end."""
        page, skip = divmod(first, PAGE_SIZE)
        end = None if last is None else last + 1 - page * PAGE_SIZE

        def came(read: tuple[list[Pick], str | None]) -> None:
            picks, cursor = read
            self._found += picks
            if cursor is None or (end is not None and len(self._found) >= end):
                self._then(self._found[skip:end])
                return
            go_on({"cursor": cursor})
            self._told(len(self._found))

        def go_on(where: dict[str, Any]) -> None:
            self._job = self._desk.work(
                lambda client: self._read(client, where), came, self._failed
            )

        go_on({"page": page + 1})

    def cancel(self) -> None:
        """Stop; what was read is dropped."""
        if self._job is not None:
            self._job.cancel()

    def _read(
        self, client: Client, where: dict[str, Any]
    ) -> tuple[list[Pick], str | None]:
        """Some pages, and where the next one begins."""
        picks: list[Pick] = []
        cursor: str | None = None
        for _ in range(PAGES_AT_ONCE):
            reply = client.call(
                SearchUsers(**self._search.fields(), page_size=PAGE_SIZE, **where),
                deadline_s=self._desk.deadline_s,
            )
            picks += [_pick(user) for user in reply.users]
            cursor = reply.next_cursor
            if cursor is None:
                break
            where = {"cursor": cursor}
        return picks, cursor


def _pick(user: User) -> Pick:
    return Pick(user.user_id, user.username)
