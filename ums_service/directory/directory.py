"""The index of all accounts: read at first use, kept true, asked for pages.

    store --watch--> changed ids --catch_up--> Rows, and each Order

Committing a change only notes the id; what it changes here is worked out when somebody
asks, so that writers pay next to nothing. After the start all accounts are read and
sorted in the background; who asks before that does the part that is needed. All long work
is done in turns. What is found are ids: the accounts themselves are read from the store,
so that nothing outdated is shown.
"""

from collections import OrderedDict
from collections.abc import Iterator
from enum import Enum

from storage import Store, document_of
from ums_service.directory.growing import Growing
from ums_service.directory.order import Order
from ums_service.directory.rows import AS_MADE, SORTS, Account, Rows, account_of
from ums_service.directory.selection import Selection
from ums_service.directory.turns import Turns
from ums_service.directory.walk import Found, Page, Walk
from ums_service.domain.errors import Busy
from ums_service.domain.factors import FACTORS
from ums_service.domain.users import USERS


class _Change(Enum):
    """What happened to an account since it was read last."""

    PUT = 1
    GONE = 2
    RETURNED = 3
    """It went and came again: it is the youngest of those there were then."""


class Directory:
    """The index of one store. Belongs to the loop; any number of tasks may ask."""

    def __init__(self, store: Store, *, queue_max: int) -> None:
        """`queue_max` searches may be under way at once."""
        self.rows = Rows()
        self._store = store
        self._queue_max = queue_max
        self._under_way = 0
        self._orders: dict[str | None, Growing] = {}
        self._unread: Iterator[str] | None = None
        self._changed: OrderedDict[str, _Change] = OrderedDict()
        """Ids in the order in which the store keeps the accounts that are new."""

    async def prepare(self, turns: Turns) -> None:
        """Read all accounts and make all orders, so that who asks need not wait."""
        await self.catch_up(turns)
        for name in (None, *SORTS):
            order = await self._order(name, turns)
            for _ in order.sort():
                await turns.give()

    async def catch_up(self, turns: Turns) -> None:
        """Take in every change that was visible when this was called."""
        if self._unread is None:
            self._store.watch(USERS, self._note)
            self._store.watch(FACTORS, self._note)
            self._unread = iter(self._store.ids(USERS))
            await turns.give()
        for user_id in self._unread:
            self._read(user_id)
            await turns.give()
        for _ in range(len(self._changed)):
            if not self._changed:  # others have taken part
                return
            user_id, change = self._changed.popitem(last=False)
            if change is not _Change.PUT:
                self._remove(user_id)
            self._read(user_id)
            await turns.give()

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
            order = await self._order(page.sort_by, turns)
            await self.catch_up(turns)
            return await Walk(self.rows, selection, page, order).run(turns)
        finally:
            self._under_way -= 1

    async def count(self, selection: Selection) -> int:
        """How many accounts are wanted. Raises Busy."""
        return (await self.find(selection, Page(size=0))).total

    async def _order(self, name: str | None, turns: Turns) -> Order:
        """An order of all accounts, as they were when this was called at the latest."""
        await self.catch_up(turns)
        growing = self._orders.get(name)
        if growing is None:
            sort = AS_MADE if name is None else SORTS[name]
            growing = self._orders[name] = Growing(self.rows, sort)
        return await growing.take_all(turns)

    def _note(self, user_id: str) -> None:
        """An account was put or deleted; one that nobody has heard of is no matter."""
        if self._store.get_value(USERS, user_id) is not None:
            if self._changed.setdefault(user_id, _Change.PUT) is _Change.GONE:
                self._changed[user_id] = _Change.RETURNED
                self._changed.move_to_end(user_id)
        elif user_id in self.rows.row_of:
            self._changed[user_id] = _Change.GONE
        else:
            self._changed.pop(user_id, None)

    def _read(self, user_id: str) -> None:
        value = self._store.get_value(USERS, user_id)
        if value is None:
            self._remove(user_id)
            return
        factors = self._store.get(FACTORS, user_id)
        mfa_enabled = factors is not None and factors.exist
        self._put(user_id, account_of(document_of(value), mfa_enabled=mfa_enabled))

    def _put(self, user_id: str, account: Account) -> None:
        row = self.rows.row_of.get(user_id)
        if row is None:
            row = self.rows.add(user_id, account)
            for order in self._orders.values():
                order.add(row)
            return
        both = zip(Account._fields, self.rows.account(row), account, strict=True)
        differ = {name for name, before, after in both if before != after}
        moved = [o for o in self._orders.values() if o.sort.made_of in differ]
        for order in moved:
            order.remove(row)
        self.rows.change(row, account)
        for order in moved:
            order.add(row)
        if "traits" in differ:
            for order in self._orders.values():
                order.is_of_another_kind(row)

    def _remove(self, user_id: str) -> None:
        row = self.rows.row_of.get(user_id)
        if row is not None:
            for order in self._orders.values():
                order.remove(row)
            self.rows.remove(row)
