"""Accounts as a file for others: JSON, JSON lines, CSV, a page at a time."""

import hashlib
from collections.abc import Iterator
from itertools import islice
from typing import Final, get_args

from ums_client.protocol.exports import ExportedField, ExportUsers, ExportUsersReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.errors import InvalidInput
from ums_service.domain.users import ACTIVE, USERS
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.turns import taking_turns
from ums_service.transfer.user_export import Shown, size_of, written

FIELDS: Final[tuple[str, ...]] = get_args(ExportedField)
"""What can be exported: a list of what may be told, so that a new field is not."""
_PAGE_BYTES_MAX: Final = 4 * 1024 * 1024
"""A page ends here also where more accounts were asked for: nobody's reply is huge."""


async def export_users(request: ExportUsers, call: Call) -> Answer[ExportUsersReply]:
    """A page of accounts, with its digest."""
    require_fresh(call)
    names = [n for n in FIELDS if n in (request.fields_wanted or FIELDS)]
    shown, cursor = await _page(request, names, call)
    header = request.cursor is None
    data = written(shown, names, request.format, header=header)
    call.discloses = True
    call.details = {
        "reason": request.reason,
        "format": request.format,
        "fields": names,
        "accounts": len(shown),
        "status": request.status,
        "role": request.role,
    }
    more = {} if cursor is None else {"next_cursor": cursor}
    return answer(
        ExportUsersReply,
        format=request.format,
        data=data,
        sha256=hashlib.sha256(data.encode()).hexdigest(),
        count=len(shown),
        **more,
    )


async def _page(
    request: ExportUsers, names: list[str], call: Call
) -> tuple[list[Shown], str | None]:
    """The accounts of a page, and the id after which the next one begins."""
    store = call.facilities.store
    found: list[Shown] = []
    size = 0
    last: str | None = None
    async for _, user_id in taking_turns(_wanted_ids(request, call)):
        document = store.get_document(USERS, user_id)
        if document is None or not _is_wanted(document, request):
            continue
        if len(found) == request.limit or size > _PAGE_BYTES_MAX:
            return found, last
        user = USERS.from_document(document)
        found.append({name: getattr(user, name) for name in names})
        size += size_of(found[-1])
        last = user_id
    return found, None


def _wanted_ids(request: ExportUsers, call: Call) -> Iterator[str]:
    """The ids of those that are named or of all, or what follows after the cursor."""
    ids = request.user_ids or call.facilities.store.ids(USERS)
    if request.cursor is None:
        return iter(ids)
    try:
        return islice(ids, ids.index(request.cursor) + 1, None)
    except ValueError:
        raise InvalidInput("cursor", "is of an account that is gone") from None


def _is_wanted(document: Shown, request: ExportUsers) -> bool:
    status = document.get("status", ACTIVE)
    if request.status is not None:
        if status != request.status:
            return False
    elif status != ACTIVE and not (request.include_inactive or request.user_ids):
        return False
    return request.role is None or document.get("role", "user") == request.role
