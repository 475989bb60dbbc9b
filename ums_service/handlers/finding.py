"""List and search accounts."""

from math import ceil
from typing import Any, Final

from ums_client.protocol.accounts import ListUsers, ListUsersReply
from ums_client.protocol.finding import (
    SearchUsers,
    SearchUsersReply,
)
from ums_client.protocol.limits import LIST_MAX, PAGE_SIZE_MAX
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.directory.cursors import Cursor
from ums_service.directory.holders import (
    has_permission,
    has_role,
    holds,
    locked_accounts,
)
from ums_service.directory.selection import (
    Selection,
    Wanted,
    one_of,
    selection_of,
)
from ums_service.directory.walk import Found, Page
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.errors import InvalidInput, InvalidSession, PermissionDenied
from ums_service.domain.users import ACTIVE
from ums_service.handlers.found import found_documents, members_of
from ums_service.handlers.views import directory_view, user_view

_PAGE_SIZE: Final = 20
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
    profile, documents = (
        call.facilities.profile,
        found_documents(found, call.facilities.store),
    )
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
        members = await members_of(request.lab_id, call)
        selection.tests.append(one_of(members, wanted=True))
    found = await call.facilities.directory.find(selection, page)
    labs = frozenset({request.lab_id}) if request.lab_id else NOTHING
    call.require(Permission.USERS_READ, lab_ids=labs)  # still, after the search
    profile = call.facilities.profile
    users = [
        user_view(document, profile)
        for document in found_documents(found, call.facilities.store)
    ]
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
