"""Counts of the members of a lab."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from ums_client.protocol.labs import GetLabStatistics, GetLabStatisticsReply
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.attributes import LAB_ROLES
from ums_service.domain.entitlements import Membership
from ums_service.domain.users import ACTIVE, USERS
from ums_service.handlers.lab_members import AT_ONCE

_RECENT: Final = timedelta(days=7)
_COUNTING: Final = (Permission.LAB_ADMIN_MANAGE, Permission.LABS_MANAGE)


@dataclass(slots=True)
class _Counts:
    since: str
    members: int = 0
    active: int = 0
    suspended: int = 0
    admins: int = 0
    recent_logins: int = 0
    never_logged_in: int = 0
    recently_joined: int = 0
    by_role: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(reversed(LAB_ROLES), 0)
    )

    def add(self, one: Membership, user: dict[str, Any]) -> None:
        usable, last_login = (
            user.get("status", ACTIVE) == ACTIVE,
            user.get("last_login"),
        )
        self.members += 1
        self.suspended += not usable
        self.admins += one.administers and usable
        self.never_logged_in += last_login is None
        self.recent_logins += last_login is not None and last_login >= self.since
        self.recently_joined += one.joined_at >= self.since
        if one.active:
            self.active += 1
            self.by_role[one.role] += 1


async def get_lab_statistics(
    request: GetLabStatistics, call: Call
) -> Answer[GetLabStatisticsReply]:
    """Count the members, in steps: others get their turn in between."""
    scope = call.in_lab(request.lab_id, *_COUNTING)
    store, last = call.facilities.store, None
    scope.read(store)
    since = (call.now.utc - _RECENT).isoformat(timespec="microseconds")
    counts = _Counts(since)
    while user_ids := scope.member_ids(store, after=last, limit=AT_ONCE):
        for user_id in user_ids:
            membership = scope.membership(store, user_id)
            user = store.get_document(USERS, user_id)
            if membership is not None and user is not None:
                counts.add(membership, user)
        last = user_ids[-1]
        await asyncio.sleep(0)
    call.in_lab(request.lab_id, *_COUNTING)  # still, after the others' turns
    return answer(
        GetLabStatisticsReply,
        members=counts.members,
        active=counts.active,
        suspended=counts.suspended,
        admins=counts.admins,
        by_role=counts.by_role,
        recent_logins=counts.recent_logins,
        never_logged_in=counts.never_logged_in,
        recently_joined=counts.recently_joined,
    )
