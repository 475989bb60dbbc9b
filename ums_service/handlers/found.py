"""What searches and counts of accounts have in common."""

from typing import Any, Final

from storage import Store
from ums_client.protocol.permissions import Permission
from ums_service.calls.call import Call
from ums_service.directory.turns import Turns
from ums_service.directory.walk import Found
from ums_service.domain.users import USERS

_AT_ONCE: Final = 50


def found_documents(found: Found, store: Store) -> list[dict[str, Any]]:
    """The accounts as they are on disk now; some may just have gone."""
    documents = (store.get_document(USERS, user_id) for user_id in found.user_ids)
    return [document for document in documents if document is not None]


async def members_of(lab_id: str, call: Call) -> set[str]:
    """The ids of the active members of a lab whose accounts the caller may read.

    Raises:
        PermissionDenied: the caller may not.
        NoSuchLab: there is no such lab.
    """
    scope, store = call.in_lab(lab_id, Permission.USERS_READ), call.facilities.store
    scope.read(store)
    turns, members, last = Turns(), set[str](), None
    while some := scope.member_ids(store, after=last, limit=_AT_ONCE):
        last = some[-1]
        for user_id in some:
            membership = scope.membership(store, user_id)
            if membership is not None and membership.active:
                members.add(user_id)
            await turns.give()
    return members
