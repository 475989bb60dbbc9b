"""The names of all accounts by what they look like, gathered for imports."""

import asyncio
from collections.abc import Iterable
from typing import Final

from storage import Store
from ums_service.domain.look_alikes import skeleton
from ums_service.domain.moment import Moment
from ums_service.domain.users import USERS

KEPT_S: Final = 600
"""How long they are used before they are gathered anew: an import of many batches reads
all names once. Names that others take meanwhile are not seen; it is a warning only."""
READ_AT_ONCE: Final = 200
"""Accounts read before other requests get their turn: about a millisecond."""


class LookAlikeNames:
    """Finds the account whose name looks like another. Belongs to the loop.

    Holds about 100 bytes an account from the first import on, until `drop_if_old`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._ids: dict[int, str] = {}
        self._until_ticks_s: float | None = None
        self._gathering = asyncio.Lock()

    async def gather(self, now: Moment) -> None:
        """Have the names read, unless that was done lately."""
        async with self._gathering:
            until = self._until_ticks_s
            if until is not None and now.ticks_s < until:
                return
            found: dict[int, str] = {}
            for number, user_id in enumerate(self._store.ids(USERS), 1):
                document = self._store.get_document(USERS, user_id)
                if document is not None:
                    found.setdefault(hash(skeleton(document["username"])), user_id)
                if number % READ_AT_ONCE == 0:
                    await asyncio.sleep(0)
            self._ids, self._until_ticks_s = found, now.ticks_s + KEPT_S

    def add(self, looks: Iterable[tuple[str, str]]) -> None:
        """What the names that an import has made look like, and whose they are."""
        for look, user_id in looks:
            self._ids.setdefault(hash(look), user_id)

    def find(self, look: str) -> str | None:
        """The name of an account that looks so now."""
        user_id = self._ids.get(hash(look))
        document = self._store.get_document(USERS, user_id) if user_id else None
        name = None if document is None else str(document["username"])
        return name if name is not None and skeleton(name) == look else None

    async def drop_if_old(self, now: Moment) -> None:
        """Free the memory where no import has gathered names lately."""
        if self._until_ticks_s is not None and now.ticks_s >= self._until_ticks_s:
            self._ids, self._until_ticks_s = {}, None
