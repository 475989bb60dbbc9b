"""Handing out all that is known of one person (GDPR art. 15 and 20)."""

from typing import Any

from ums_client.protocol.permissions import Permission
from ums_client.protocol.personal_data import ExportUserData, ExportUserDataReply
from ums_service.audit.reader import NEWEST
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.audit_search import Wanted
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.errors import InvalidSession, NotFound
from ums_service.domain.users import USERS
from ums_service.handlers.account_changes import prove_or_recent
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.sessions import logins_of
from ums_service.transfer.personal_data import FORMAT, VERSION, personal_data


async def export_user_data(
    request: ExportUserData, call: Call
) -> Answer[ExportUserDataReply]:
    """Hand out one part of the document about a person."""
    own_id = call.own_session.user_id
    user_id = request.user_id or own_id
    call.subject = user_id
    of_others = user_id != own_id or call.key is not None
    if of_others:
        _require_others(call)
        require_fresh(call)
    else:
        await prove_or_recent(request.password, call)
    _check_is_there(user_id, own_id, call)
    page = await call.facilities.audit.search(
        Wanted(user_id=user_id).search(),
        below=int(request.cursor or NEWEST),
        limit=request.limit,
        reader=user_id,  # whoever asks, the document is for the person
    )
    if of_others:
        _require_others(call)  # still, after the search
    call.discloses = True
    call.details["entries"] = len(page.shown)
    more: dict[str, Any] = {}
    if request.cursor is None:
        sessions = logins_of(user_id, call)
        data = personal_data(call.facilities.store, user_id)
        more["data"] = data | ({"sessions": sessions} if sessions else {})
    more["audit"] = page.shown
    if page.below is not None:
        more["next_cursor"] = str(page.below)
    return answer(
        ExportUserDataReply,
        format=FORMAT,
        version=VERSION,
        user_id=user_id,
        exported_at=call.now.text,
        **more,
    )


def _require_others(call: Call) -> None:
    """Sharing a lab with somebody is not enough for all that is known of them.

    A key that may read accounts was not made for it either, be it of its own account.
    """
    call.require(Permission.USERS_READ)
    call.require(Permission.AUDIT_EXPORT)


def _check_is_there(user_id: str, own_id: str, call: Call) -> None:
    known = (USERS, DELETED_USERS)
    store = call.facilities.store
    if all(store.get_value(collection, user_id) is None for collection in known):
        raise InvalidSession if user_id == own_id else NotFound
