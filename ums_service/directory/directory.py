"""The index of all accounts: read at first use, kept true, asked for pages.

    store --watch--> changed ids --catch_up--> Rows, and each Order that was asked for

Committing a change only notes the id; what it changes here is worked out when somebody
asks, so that writers pay next to nothing. An order is made when it is first asked for.
All long work is done in turns. What is found are ids: the accounts themselves are read
from the store, so that nothing outdated is shown.
"""

import asyncio
from collections.abc import Iterator
from functools import partial

from storage import Store, document_of
from ums_service.directory.order import Key, Order
from ums_service.directory.rows import SORTS, Account, Rows, account_of
from ums_service.directory.selection import Selection
from ums_service.directory.turns import Turns
from ums_service.directory.walk import AsMade, Found, Page, Walk
from ums_service.domain.errors import Busy
from ums_service.domain.factors import FACTORS
from ums_service.domain.users import USERS


class Directory:
    """The index of one store. Belongs to the loop."""

    def __init__(self, store: Store, *, queue_max: int) -> None:
        """`queue_max` searches may be under way at once."""
        self.rows = Rows()
        self._store = store
        self._queue_max = queue_max
        self._under_way = 0
        self._orders: dict[str, Order] = {}
        self._unread: Iterator[str] | None = None
        self._changed: set[str] = set()
        self._catching_up = asyncio.Lock()
        self._made = AsMade(store, self.rows)

    async def prepare(self) -> None:
        """Read all accounts, so that the first who asks need not wait for it."""
        await self.catch_up(Turns())

    async def catch_up(self, turns: Turns) -> None:
        """Take in every change that was visible when this was called."""
        async with self._catching_up:
            await self._catch_up(turns)

    async def find(self, selection: Selection, page: Page) -> Found:
        """One page of the accounts that are wanted, and their number.

        Raises:
            Busy: too many ask at once.
        """
        if self._under_way >= self._queue_max:
            raise Busy(retry_after_s=0.1)
        self._under_way += 1
        try:
            turns = Turns()
            order = await self._order(page, turns)
            return await Walk(self.rows, selection, page, order or self._made).run(
                turns
            )
        finally:
            self._under_way -= 1

    async def count(self, selection: Selection) -> int:
        """How many accounts are wanted. Raises Busy."""
        return (await self.find(selection, Page(size=0))).total

    async def _order(self, page: Page, turns: Turns) -> Order | None:
        """The order that is asked for, with every change up to now in it."""
        async with self._catching_up:
            await self._catch_up(turns)
            name = page.sort_by
            if name is None:
                return None
            order = self._orders.get(name)
            if order is None:
                order = Order(partial(_key, self.rows, name))
                for _ in order.load(self.rows.row_of.values()):
                    await turns.give()
                self._orders[name] = order
            return order

    async def _catch_up(self, turns: Turns) -> None:
        if self._unread is None:
            self._store.watch(USERS, self._note)
            self._store.watch(FACTORS, self._note)
            self._unread = iter(self._store.ids(USERS))
        for user_id in self._unread:
            self._read(user_id)
            await turns.give()
        changed, self._changed = self._changed, set()
        try:
            while changed:
                self._read(changed.pop())
                await turns.give()
        finally:
            self._changed |= changed

    def _note(self, user_id: str) -> None:
        """An account was put or deleted; one that nobody has heard of is no matter."""
        known = user_id in self.rows.row_of
        if known or self._store.get_value(USERS, user_id) is not None:
            self._changed.add(user_id)
        else:
            self._changed.discard(user_id)

    def _read(self, user_id: str) -> None:
        value = self._store.get_value(USERS, user_id)
        row = self.rows.row_of.get(user_id)
        if value is not None:
            factors = self._store.get(FACTORS, user_id)
            mfa_enabled = factors is not None and factors.exist
            self._put(user_id, account_of(document_of(value), mfa_enabled=mfa_enabled))
        elif row is not None:
            for order in self._orders.values():
                order.remove(row)
            self.rows.remove(row)

    def _put(self, user_id: str, account: Account) -> None:
        row = self.rows.row_of.get(user_id)
        if row is None:
            row = self.rows.add(user_id, account)
            for order in self._orders.values():
                order.add(row)
            return
        before = self.rows.account(row)
        moved = [
            order
            for name, order in self._orders.items()
            if getattr(before, SORTS[name].made_of)
            != getattr(account, SORTS[name].made_of)
        ]
        for order in moved:
            order.remove(row)
        self.rows.change(row, account)
        for order in moved:
            order.add(row)


def _key(rows: Rows, name: str, row: int) -> Key:
    return SORTS[name].value(rows, row), rows.ids[row]
