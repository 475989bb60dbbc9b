"""What becomes of accounts by itself: suspensions end, unused ones are deactivated."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import islice
from typing import Final

from storage import Transaction
from storage.errors import Refused
from ums_service.calls.facilities import Facilities
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.endings import end_everything
from ums_service.domain.errors import LastAdministrator
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import Template
from ums_service.domain.roster import update_roster
from ums_service.domain.standings import STANDINGS, Standing, end_suspension
from ums_service.domain.statuses import Status
from ums_service.domain.unused import Due, what_is_due
from ums_service.domain.users import USERS, User
from ums_service.sending.mails import mail_to, notice

LOOKED_AT: Final = 2_000
"""Accounts in one round, which is a minute: a million take a night."""
_AT_ONCE: Final = 50
"""Accounts before other requests get their turn: well under a millisecond."""
BY_ITSELF: Final = "the service itself"


class Lifecycle:
    """Walks over accounts, some in each round. One per service; belongs to the loop."""

    def __init__(self, facilities: Facilities) -> None:
        self._facilities = facilities
        self._store = facilities.store
        self._standings: Iterator[str] = iter(())
        self._users: Iterator[str] = iter(())

    async def round(self, now: Moment) -> None:
        """Look at some accounts, and do what is due.

        Raises what the store raises when it cannot write.
        """
        user_ids = list(islice(self._standings, LOOKED_AT))
        if len(user_ids) < LOOKED_AT:
            self._standings = iter(self._store.ids(STANDINGS))
        for number, user_id in enumerate(user_ids):
            await self._give_way(number)
            standing = self._store.get(STANDINGS, user_id)
            if standing is not None and standing.is_over(now):
                await self._unless_changed(self._end_suspension, user_id, now)
        if self._facilities.profile.unused_days:
            await self._look_for_unused(now)

    async def _look_for_unused(self, now: Moment) -> None:
        user_ids = list(islice(self._users, LOOKED_AT))
        if len(user_ids) < LOOKED_AT:
            self._users = iter(self._store.ids(USERS))
        profile = self._facilities.profile
        for number, user_id in enumerate(user_ids):
            await self._give_way(number)
            user = self._store.get(USERS, user_id)
            standing = self._store.get(STANDINGS, user_id)
            if user is None:
                continue
            if what_is_due(user, standing, profile, now) is not Due.NOTHING:
                await self._unless_changed(self._deal_with_unused, user_id, now)

    async def _give_way(self, number: int) -> None:
        if number % _AT_ONCE == _AT_ONCE - 1:
            await asyncio.sleep(0)

    async def _unless_changed(
        self, act: Callable[[str, Moment], Awaitable[None]], user_id: str, now: Moment
    ) -> None:
        """Do it now, or when the walk comes here again: somebody else was faster."""
        try:
            await act(user_id, now)
        except (Refused, LastAdministrator):
            return

    async def _end_suspension(self, user_id: str, now: Moment) -> None:
        tx = self._store.transaction()
        user = await tx.get(USERS, user_id)
        if user is None:
            return
        after = await end_suspension(tx, user, now)
        if after is user:
            return
        told = {"status": after.status, "until": "", "reason": ""}
        send = await self._notice(tx, after, Template.STATUS_CHANGED, now, told)
        await tx.commit()
        send()

    async def _deal_with_unused(self, user_id: str, now: Moment) -> None:
        tx = self._store.transaction()
        user = await tx.get(USERS, user_id)
        standing = await tx.get(STANDINGS, user_id)
        if user is None:
            return
        due = what_is_due(user, standing, self._facilities.profile, now)
        if due is Due.WARNING:
            await self._warn(tx, user, now)
        elif due is Due.DEACTIVATION:
            await self._deactivate(tx, user, now)

    async def _warn(self, tx: Transaction, user: User, now: Moment) -> None:
        days = self._facilities.profile.unused_warning_days
        tx.put(STANDINGS, Standing(user.user_id, warned_s=now.epoch_s))
        send = await self._notice(tx, user, Template.UNUSED, now, {"days": days})
        _enter(tx, "unused_warned", user, now)
        await tx.commit()
        send()

    async def _deactivate(self, tx: Transaction, user: User, now: Moment) -> None:
        status, days = Status.INACTIVE.value, self._facilities.profile.unused_days
        after = user._replace(status=status, updated_at=now.text)
        await update_roster(tx, user, after)
        reason = f"no login for {days} days"
        tx.put(USERS, after)
        tx.put(STANDINGS, Standing(user.user_id, reason, now.text))
        ending = await end_everything(tx, self._facilities.sessions, user.user_id, now)
        told = {"status": status, "until": "", "reason": reason}
        send = await self._notice(tx, after, Template.STATUS_CHANGED, now, told)
        _enter(tx, "unused_deactivated", user, now)
        await tx.commit()
        ending.finish()
        send()

    async def _notice(
        self,
        tx: Transaction,
        user: User,
        template: Template,
        now: Moment,
        told: Mapping[str, object],
    ) -> Callable[[], None]:
        """Have it told with the commit; returns what has it mailed after that.

        A full outbox, and an account without an address, leave the mail out.
        """
        queue, profile = self._facilities.mail, self._facilities.profile
        if not profile.notices:
            return lambda: None
        mail_id = self._facilities.new_token()
        mail = mail_to(user, template, now, BY_ITSELF, mail_id, **told)
        made = notice(user, mail, queue, profile, self._store)
        await made.put(tx)
        return lambda: made.send(now)


def _enter(tx: Transaction, event: str, user: User, now: Moment) -> None:
    entry = AuditEntry(event, Outcome.DONE, subject=user.user_id)
    entry.append_to(tx, now)
