"""Filters that take more than a row: who is locked out, who holds a role or may do what.

Most accounts have nothing but their primary role, and what they are in labs, which counts
only there: what holds for the role holds for all of them. Only those that were given
another role are looked at one by one.
"""

from collections.abc import Callable

from ums_service.directory.rows import Rows
from ums_service.directory.selection import Test
from ums_service.directory.turns import Turns
from ums_service.domain.authorisation import (
    WHOLE_SERVICE,
    Caller,
    Kind,
    may,
)
from ums_service.domain.moment import Moment
from ums_service.domain.users import ACTIVE
from ums_service.guard.attempts import Attempts
from ums_service.guard.authority import Authority

Holds = Callable[[Caller], bool]


async def locked_accounts(attempts: Attempts, now: Moment) -> set[str]:
    """The ids of accounts that any source is shut out of."""
    turns, locked = Turns(), set()
    for user_id in attempts.with_failures():
        if attempts.is_locked(user_id, now):
            locked.add(user_id)
        await turns.give()
    return locked


async def holds(authority: Authority, held: Holds) -> Test:
    """That the account holds something, by its roles.

    What is held because of a membership or an attribute in a lab is not looked at.
    """
    turns, granted = Turns(), dict[str, bool]()
    for user_id in authority.with_roles():
        if user_id not in granted:
            caller = authority.glance(user_id)
            granted[user_id] = caller is not None and held(caller)
        await turns.give()
    by_traits: dict[int, bool] = {}

    def test(rows: Rows, some: list[int]) -> list[int]:
        for number in range(len(by_traits), len(rows.known)):
            role, status, *_ = rows.known[number]
            holder, active = authority.holder_of(role), status == ACTIVE
            holder = holder._replace(
                active=active, administers=holder.administers and active
            )
            by_traits[number] = held(holder)
        return [
            row
            for row in some
            if granted.get(rows.ids[row], by_traits[rows.traits[row]])
        ]

    return test


def has_role(role: str, now: Moment) -> Holds:
    """That a role is held anywhere, itself or by one that stands below it."""

    def held(caller: Caller) -> bool:
        return any(
            grant.kind is Kind.ROLE
            and grant.name == role
            and (grant.until_s is None or now.reached_s < grant.until_s)
            for grant in caller.grants
        )

    return held


def has_permission(permission: str, now: Moment) -> Holds:
    """That something is allowed everywhere in the service."""
    return lambda caller: may(caller, permission, WHOLE_SERVICE, now).allowed
