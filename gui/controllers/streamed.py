"""Lists that the service hands out with a cursor: each page tells where the next begins."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

from gui.background import Job
from gui.controllers.credentials import Item
from gui.controllers.problems import Problem

Came = Callable[[Sequence[Item], str | None], object]


class Streamed(ABC):
    """Items from the first on; the next page comes when its place is looked at.

    `changed` is called when more have come. `total` has one place more than `fetched`
    while there may be others.
    """

    def __init__(self) -> None:
        """Nothing is known before `begin`."""
        self.fetched: list[Item] = []
        self.total = 0
        self.changed: Callable[[], object] = lambda: None
        self.failed: Callable[[Problem], object] = lambda _: None
        self._cursor: str | None = None
        self._job: Job | None = None

    @abstractmethod
    def ask(
        self, cursor: str | None, then: Came, failed: Callable[[Problem], object]
    ) -> Job:
        """Fetch what follows `cursor`, or the first page; `then` gets the next one."""

    def begin(
        self, then: Callable[[], object], failed: Callable[[Problem], object]
    ) -> None:
        """Fetch the first page; what was there before stays until it has come."""
        self.cancel()
        self._fetch(None, [], then, failed)

    def cancel(self) -> None:
        """Drop what is under way."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def item(self, number: int) -> Item | None:
        """An item; the place behind the last brings the next page."""
        if number < len(self.fetched):
            return self.fetched[number]
        if self._cursor is not None and self._job is None:
            self._fetch(self._cursor, self.fetched, self._more, self._no_more)
        return None

    def _fetch(
        self,
        cursor: str | None,
        before: Sequence[Item],
        then: Callable[[], object],
        failed: Callable[[Problem], object],
    ) -> None:
        def came(items: Sequence[Item], following: str | None) -> None:
            if not items and following is not None:  # it read much and found nothing
                self._job = self.ask(following, came, failed)
                return
            self._job = None
            self._hold([*before, *items], following)
            then()

        self._job = self.ask(cursor, came, failed)

    def _more(self) -> None:
        self.changed()

    def _no_more(self, problem: Problem) -> None:
        self._job = None
        self._hold(self.fetched, None)
        self.failed(problem)

    def _hold(self, items: list[Item], cursor: str | None) -> None:
        self.fetched, self._cursor = items, cursor
        self.total = len(items) + (cursor is not None)
