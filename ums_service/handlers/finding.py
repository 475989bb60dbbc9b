"""List, search and count accounts."""

from collections import Counter
from math import ceil
from typing import Any, Final

from ums_client.protocol.accounts import ListUsers, ListUsersReply
from ums_client.protocol.finding import (
    GetStatistics,
    GetStatisticsReply,
    SearchUsers,
    SearchUsersReply,
)
from ums_client.protocol.limits import LIST_MAX, PAGE_SIZE_MAX
from ums_client.protocol.permissions import Permission
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.directory.cursors import Cursor
from ums_service.directory.holders import (
    has_permission,
    has_role,
    holds,
    locked_accounts,
)
from ums_service.directory.selection import (
    Selection,
    Test,
    Wanted,
    between,
    one_of,
    selection_of,
    time_of,
)
from ums_service.directory.turns import Turns
from ums_service.directory.walk import Found, Page
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.errors import InvalidInput, InvalidSession, PermissionDenied
from ums_service.domain.moment import text_of
from ums_service.domain.profiles import DAY_S
from ums_service.domain.users import ACTIVE, USERS
from ums_service.handlers.views import directory_view, user_view

_PAGE_SIZE: Final = 20
_RECENT_S: Final = 7 * DAY_S
_MEMBERS_AT_ONCE: Final = 50
_SHOWN_TO_ALL: Final = (None, "username", "full_name", "role")
"""What a list may be sorted by without telling more than it shows."""


async def list_users(request: ListUsers, call: Call) -> Answer[ListUsersReply]:
    """List active accounts, as much of each as the caller may see."""
    reads = _may_list(request, call)
    paged = any((request.page, request.page_size, request.per_page, request.cursor))
    page = _page(request, PAGE_SIZE_MAX if paged else LIST_MAX)
    status = request.status or ACTIVE
    wanted = Wanted(query=request.search, role=request.role, status=status)
    selection = selection_of(wanted, everything=reads)
    found = await call.facilities.directory.find(selection, page)
    if _may_list(request, call) is not reads:  # still, after the search
        raise PermissionDenied
    call.discloses = reads
    profile, documents = call.facilities.profile, _documents(found, call)
    if reads:
        users = [user_view(document, profile) for document in documents]
    else:
        active = [d for d in documents if d.get("status", ACTIVE) == ACTIVE]
        users = [directory_view(document) for document in active]
    more: dict[str, Any] = {}
    if paged or not profile.original_replies:
        more = _numbers(found, page)
    if found.more:
        more["truncated"] = True
    if found.cursor is not None and reads:
        more["next_cursor"] = found.cursor.text
    return answer(ListUsersReply, users=users, count=len(users), **more)


async def search_users(request: SearchUsers, call: Call) -> Answer[SearchUsersReply]:
    """Find accounts; who searched by what is entered, but no words of the query."""
    wanted = Wanted(*(getattr(request, name) for name in Wanted._fields))
    page = _page(request, _PAGE_SIZE)
    if page.sort_by is None:
        descending = request.sort_order != "asc"
        page = page._replace(sort_by="created_at", descending=descending)
    selection = await _selection(wanted, call)
    if request.lab_id is not None:
        selection.tests.append(await _members(request.lab_id, call))
    found = await call.facilities.directory.find(selection, page)
    labs = frozenset({request.lab_id}) if request.lab_id else NOTHING
    call.require(Permission.USERS_READ, lab_ids=labs)  # still, after the search
    profile = call.facilities.profile
    users = [user_view(document, profile) for document in _documents(found, call)]
    call.discloses = True
    call.details = {"wanted": wanted.given(), "users": len(users)}
    if request.lab_id is not None:
        call.details["lab_id"] = request.lab_id
    if wanted.query:
        call.details["query"] = True
    more = _numbers(found, page)
    if found.cursor is not None:
        more["next_cursor"] = found.cursor.text
    return answer(SearchUsersReply, users=users, count=len(users), **more)


async def get_statistics(
    request: GetStatistics, call: Call
) -> Answer[GetStatisticsReply]:
    """Count the accounts, and show the newest."""
    since = time_of("since", request.since)
    until = time_of("until", request.until)
    until = call.now.epoch_s + 1.0 if until is None else until
    since = until - _RECENT_S if since is None else since
    facilities = call.facilities
    directory = facilities.directory
    page = Page(size=request.newest, sort_by="created_at", descending=True)
    newest = await directory.find(Selection(), page)
    logins = Selection(tests=[between("last_login", since, until)])
    made = Selection(tests=[between("created", since, until)])
    recent_logins, new_users = (
        await directory.count(logins),
        await directory.count(made),
    )
    locked = await locked_accounts(facilities.attempts, call.now)
    await directory.catch_up(Turns())
    call.require(Permission.USERS_READ)  # still, after counting
    rows, profile = directory.rows, facilities.profile
    counted = list(zip(rows.known, rows.counts, strict=True))
    by_status, by_role = Counter[str](), Counter[str]()
    for traits, count in counted:
        by_status[traits.status] += count
        by_role[traits.role] += count
    call.discloses = True
    return answer(
        GetStatisticsReply,
        total_users=len(rows),
        by_status={name: count for name, count in sorted(by_status.items()) if count},
        by_role={name: count for name, count in sorted(by_role.items()) if count},
        email_verified=sum(n for traits, n in counted if traits.email_verified),
        mfa_enabled=sum(n for traits, n in counted if traits.mfa_enabled),
        locked=sum(user_id in rows.row_of for user_id in locked),
        sessions=len(facilities.sessions),
        recent_logins=recent_logins,
        new_users=new_users,
        since=text_of(int(since)),
        until=text_of(int(until)),
        recent_users=[user_view(d, profile) for d in _documents(newest, call)],
    )


def _may_list(request: ListUsers, call: Call) -> bool:
    """Whether whole accounts may be listed, or names only.

    Raises:
        InvalidSession, PermissionDenied: nothing may, or not in this way.
    """
    if call.may(Permission.USERS_READ):
        return True
    directory = call.facilities.profile.directory
    if directory != "public":
        if call.session is None:
            raise InvalidSession
        if directory == "administrators":
            raise PermissionDenied
    told = request.status not in (None, ACTIVE) or request.cursor is not None
    if told or request.sort_by not in _SHOWN_TO_ALL:
        raise PermissionDenied
    return False


async def _selection(wanted: Wanted, call: Call) -> Selection:
    """All filters, also those that take more than the index."""
    selection, facilities = selection_of(wanted), call.facilities
    authority, tests = facilities.authority, selection.tests
    if wanted.locked is not None:
        locked = await locked_accounts(facilities.attempts, call.now)
        tests.append(one_of(locked, wanted=wanted.locked))
    if wanted.has_role is not None:
        tests.append(await holds(authority, has_role(wanted.has_role, call.now)))
    if wanted.has_permission is not None:
        held = has_permission(wanted.has_permission, call.now)
        tests.append(await holds(authority, held))
    return selection


async def _members(lab_id: str, call: Call) -> Test:
    """That the account is a member of a lab that the caller may read."""
    scope, store = call.in_lab(lab_id, Permission.USERS_READ), call.facilities.store
    scope.read(store)
    turns, members, last = Turns(), set[str](), None
    while some := scope.member_ids(store, after=last, limit=_MEMBERS_AT_ONCE):
        last = some[-1]
        for user_id in some:
            membership = scope.membership(store, user_id)
            if membership is not None and membership.active:
                members.add(user_id)
        await turns.give()
    return one_of(members, wanted=True)


def _page(request: ListUsers | SearchUsers, size: int) -> Page:
    """The part that is asked for; a cursor says itself how it is sorted."""
    if request.page_size and request.per_page not in (None, request.page_size):
        raise InvalidInput("per_page", "should not be given beside page_size")
    size = request.page_size or request.per_page or size
    if request.cursor is None:
        descending = request.sort_order == "desc"
        return Page(size, request.page or 1, request.sort_by, descending)
    cursor = Cursor.parse(request.cursor)
    order = "desc" if cursor.descending else "asc"
    if request.page is not None:
        raise InvalidInput("page", "should not be given beside a cursor")
    same = request.sort_by in (None, cursor.sort_by)
    if not same or request.sort_order not in (None, order):
        raise InvalidInput("cursor", "should be of a list that is sorted the same way")
    return Page(size, 1, cursor.sort_by, cursor.descending, cursor)


def _numbers(found: Found, page: Page) -> dict[str, Any]:
    number = {} if page.cursor else {"page": page.number}
    pages = ceil(found.total / page.size)
    return {**number, "page_size": page.size, "total": found.total, "pages": pages}


def _documents(found: Found, call: Call) -> list[dict[str, Any]]:
    """The accounts as they are on disk now; some may just have gone."""
    store = call.facilities.store
    documents = (store.get_document(USERS, user_id) for user_id in found.user_ids)
    return [document for document in documents if document is not None]
