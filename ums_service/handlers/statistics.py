"""Count accounts: all of them, or the members of a lab."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ums_client.protocol.finding import GetStatistics, GetStatisticsReply
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.directory.directory import Directory
from ums_service.directory.holders import locked_accounts
from ums_service.directory.rows import Traits
from ums_service.directory.selection import Selection, Test, between, one_of, time_of
from ums_service.directory.turns import Turns
from ums_service.directory.walk import Page
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.invitations import INVITATIONS, State
from ums_service.domain.lab_scope import LabDirectory, LabScope
from ums_service.domain.moment import text_of
from ums_service.domain.profiles import DAY_S
from ums_service.handlers.found import found_documents, members_of
from ums_service.handlers.views import user_view

_RECENT_S: Final = 7 * DAY_S
_LAST_S: Final = 253_402_300_799.0
"""The last second of the year 9999."""


class _Span(NamedTuple):
    """From `since` on and before `until`, seconds since 1970."""

    since: float
    until: float


async def get_statistics(
    request: GetStatistics, call: Call
) -> Answer[GetStatisticsReply]:
    """Count the accounts, and show the newest."""
    span, facilities = _span(request, call), call.facilities
    directory, members = facilities.directory, None
    if request.lab_id is not None:
        members = await members_of(request.lab_id, call)
    among: list[Test] = [] if members is None else [one_of(members, wanted=True)]
    page = Page(size=request.newest, sort_by="created_at", descending=True)
    newest = await directory.find(Selection(tests=[*among]), page)
    recent = {
        name: await directory.count(Selection(tests=[*among, between(column, *span)]))
        for name, column in (("recent_logins", "last_login"), ("new_users", "created"))
    }
    locked = await locked_accounts(facilities.attempts, call.now)
    pending = await _pending_invitations(request.lab_id, call)
    sessions = await _sessions(members, call)
    counted = await _counted(members, directory)
    labs = frozenset({request.lab_id}) if request.lab_id else NOTHING
    call.require(Permission.USERS_READ, lab_ids=labs)  # still, after counting
    call.discloses = True
    documents = found_documents(newest, facilities.store)
    return answer(
        GetStatisticsReply,
        total_users=counted.total(),
        by_status=_by(lambda traits: traits.status, counted),
        by_role=_by(lambda traits: traits.role, counted),
        by_lab={} if request.lab_id else await _by_lab(call),
        email_verified=sum(n for one, n in counted.items() if one.email_verified),
        mfa_enabled=sum(n for one, n in counted.items() if one.mfa_enabled),
        locked=_known(locked if members is None else locked & members, directory),
        sessions=sessions,
        pending_invitations=pending,
        **recent,
        since=text_of(int(span.since)),
        until=text_of(int(span.until)),
        recent_users=[user_view(one, facilities.profile) for one in documents],
    )


def _span(request: GetStatistics, call: Call) -> _Span:
    """The time asked for; the last seven days. Raises InvalidInput."""
    since = time_of("since", request.since)
    until = time_of("until", request.until)
    until = call.now.epoch_s + 1.0 if until is None else until
    since = until - _RECENT_S if since is None else since
    return _Span(_shown(since), _shown(until))


def _shown(epoch_s: float) -> float:
    """The nearest time that can be shown: there is nothing before, nor after, the others."""
    return min(max(epoch_s, 0.0), _LAST_S)


async def _counted(members: set[str] | None, directory: Directory) -> Counter[Traits]:
    """How many accounts there are of each kind."""
    turns, rows = Turns(), directory.rows
    await directory.catch_up(turns)
    if members is None:
        return Counter(dict(zip(rows.known, rows.counts, strict=True)))
    counted: Counter[Traits] = Counter()
    for user_id in members:
        row = rows.row_of.get(user_id)
        if row is not None:
            counted[rows.known[rows.traits[row]]] += 1
        await turns.give()
    return counted


async def _by_lab(call: Call) -> dict[str, int]:
    """How many accounts have a part in each lab."""
    store, rows = call.facilities.store, call.facilities.directory.rows
    caller, turns, found = call.decided(), Turns(), dict[str, int]()
    reading = (Permission.USERS_READ,)
    for lab_id in LabDirectory(caller, Permission.USERS_READ, call.now).ids(store):
        members = LabScope(lab_id, caller, reading, call.now).member_ids(store)
        found[lab_id] = sum(user_id in rows.row_of for user_id in members)
        await turns.give()
    return found


async def _sessions(members: set[str] | None, call: Call) -> int:
    """The sessions that are kept."""
    sessions, turns, found = call.facilities.sessions, Turns(), 0
    if members is None:
        return len(sessions)
    for user_id in members:
        found += sessions.count_of(user_id)
        await turns.give()
    return found


async def _pending_invitations(lab_id: str | None, call: Call) -> int:
    """Those that can still be accepted: into this lab, or all."""
    store, turns, found = call.facilities.store, Turns(), 0
    ids = store.ids(INVITATIONS)
    if lab_id is not None:
        ids = store.ids_where(INVITATIONS, "lab", lab_id)
    for invitation_id in ids:
        one = store.get(INVITATIONS, invitation_id)
        found += one is not None and one.state(call.now) is State.PENDING
        await turns.give()
    return found


def _by(value: Callable[[Traits], Any], counted: Counter[Traits]) -> dict[str, int]:
    found: Counter[str] = Counter()
    for traits, number in counted.items():
        found[value(traits)] += number
    return {name: number for name, number in sorted(found.items()) if number}


def _known(user_ids: set[str], directory: Directory) -> int:
    """How many of these are accounts that are there."""
    return sum(user_id in directory.rows.row_of for user_id in user_ids)
