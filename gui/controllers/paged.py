"""Lists that come from the service page by page, as they are looked at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from gui.background import Job
from gui.controllers.credentials import Item
from gui.controllers.problems import Problem
from ums_client import Client
from ums_client.protocol.message import Request

PAGE_SIZE: Final = 100
PAGES_MAX: Final = 10
"""More than a thousand are no list to choose from."""
UNDER_WAY_MAX: Final = 3
"""Who drags the scroll bar passes many pages, and wants only the last ones."""
PAGES_KEPT: Final = 200


def read_pages(
    client: Client, request: Callable[[int, int], Request[Any]]
) -> Iterator[Any]:
    """The replies for page after page, as far as that is a list to read.

    `request` gets the number of a page and its size; each reply tells the `total`.
    """
    for page in range(1, PAGES_MAX + 1):
        reply = client.call(request(page, PAGE_SIZE))
        yield reply
        if page * PAGE_SIZE >= reply.total:
            return


class Pages(ABC):
    """Items by their number. `changed` is called when some have come."""

    def __init__(self) -> None:
        """Nothing is known before `begin`."""
        self.total = 0
        self.changed: Callable[[], object] = lambda: None
        self.failed: Callable[[Problem], object] = lambda _: None
        self._pages: dict[int, Sequence[Item]] = {}
        self._under_way: dict[int, Job] = {}

    @abstractmethod
    def ask(
        self,
        page: int,
        then: Callable[[Sequence[Item], int], object],
        failed: Callable[[Problem], object],
    ) -> Job:
        """Fetch a page, from 0 on; `then` gets it and how many items there are."""

    def begin(
        self, then: Callable[[], object], failed: Callable[[Problem], object]
    ) -> None:
        """Fetch the first page; what was there before stays until that has come."""
        self._forget_requests()

        def came(items: Sequence[Item], total: int) -> None:
            self._forget_requests()
            self._pages = {0: items}
            self.total = total
            then()

        self._under_way[0] = self.ask(0, came, failed)

    def cancel(self) -> None:
        """Drop what is under way."""
        self._forget_requests()

    def item(self, number: int) -> Item | None:
        """An item; if it is not there yet, its page is asked for."""
        page, place = divmod(number, PAGE_SIZE)
        items = self._pages.get(page)
        if items is not None:
            return items[place] if place < len(items) else None
        if page not in self._under_way:
            self._fetch(page)
        return None

    def held(self, first: int, last: int) -> list[Item] | None:
        """The items of these numbers if all are there; nothing is asked for."""
        items: list[Item] = []
        for page in range(first // PAGE_SIZE, last // PAGE_SIZE + 1):
            if page not in self._pages:
                return None
            start = page * PAGE_SIZE
            items += self._pages[page][max(first - start, 0) : last + 1 - start]
        return items

    def _fetch(self, page: int) -> None:
        while len(self._under_way) >= UNDER_WAY_MAX:
            oldest = next(iter(self._under_way))
            self._under_way.pop(oldest).cancel()

        def came(items: Sequence[Item], total: int) -> None:
            self._under_way.pop(page, None)
            while len(self._pages) >= PAGES_KEPT:
                self._pages.pop(next(iter(self._pages)))
            self._pages[page] = items
            self.total = total
            self.changed()

        def failed(problem: Problem) -> None:
            self._under_way.pop(page, None)
            self.failed(problem)

        self._under_way[page] = self.ask(page, came, failed)

    def _forget_requests(self) -> None:
        for job in self._under_way.values():
            job.cancel()
        self._under_way = {}
