"""Attributes that members of a lab are given beside those of their roles."""

from typing import Any

from ums_client.protocol.attributes import (
    GrantUserAttribute,
    GrantUserAttributeReply,
    ListUserAttributes,
    ListUserAttributesReply,
    RevokeUserAttribute,
    RevokeUserAttributeReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.attribute_book import AS_BUILT, ATTRIBUTE_BOOKS, BOOK_ID
from ums_service.domain.entitlements import (
    ENTITLEMENTS,
    Entitlements,
    GrantedAttribute,
)
from ums_service.domain.errors import InvalidInput, NoSuchAttribute, NotFound
from ums_service.domain.grant_ends import end_of
from ums_service.domain.users import USERS
from ums_service.handlers.attributes import require_in_lab
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.granting import require_all
from ums_service.handlers.role_views import shown_end
from ums_service.handlers.turns import taking_turns


async def list_user_attributes(
    request: ListUserAttributes, call: Call
) -> Answer[ListUserAttributesReply]:
    """List what members of a lab were given, also what has ended."""
    scope = require_in_lab(request.lab_id, call)
    store = call.facilities.store
    ids = [request.user_id] if request.user_id else scope.member_ids(store)
    found = []
    async for _, user_id in taking_turns(ids):
        own = store.get(ENTITLEMENTS, user_id)
        given = [a for a in own.attributes if a.lab_id == request.lab_id] if own else []
        user = store.get_document(USERS, user_id) if given else None
        if user is not None:
            found.append((str(user["username"]), user_id, given))
    found.sort(key=lambda one: one[:2])
    first = (request.page - 1) * request.page_size
    shown = found[first : first + request.page_size]
    call.subject, call.discloses = request.user_id, True
    call.details = {"lab_id": request.lab_id}
    views = [
        {
            "user_id": user_id,
            "username": username,
            "attributes": [_view(one, call) for one in given],
        }
        for username, user_id, given in shown
    ]
    return answer(
        ListUserAttributesReply,
        users=views,
        total=len(found),
        page=request.page,
        page_size=request.page_size,
    )


async def grant_user_attribute(
    request: GrantUserAttribute, call: Call
) -> Answer[GrantUserAttributeReply]:
    """Give a member an attribute in a lab."""
    require_in_lab(request.lab_id, call)
    require_fresh(call)
    until_s = end_of(request.expires_at, request.expires_in_days, call.now)
    book = await call.tx.get(ATTRIBUTE_BOOKS, BOOK_ID) or AS_BUILT
    known = book.find(request.attribute)
    if known is None or not known.active:
        raise NoSuchAttribute
    require_all({known.name}, call, lab_id=request.lab_id, until_s=until_s)
    own = await _member(request.user_id, request.lab_id, call)
    given = GrantedAttribute(
        known.name,
        request.lab_id,
        until_s,
        call.own_session.user_id,
        call.now.text,
        known.serial,
    )
    after = own.without_ended(call.now).with_attribute(given)
    most = call.facilities.profile.attributes_per_user
    if len(after.attributes) > most:
        raise InvalidInput("attribute", f"an account can be given {most} of them")
    call.tx.put(ENTITLEMENTS, after)
    old = own.attribute(known.name, request.lab_id)
    _tell(request.user_id, request.lab_id, known.name, old, given, call)
    view = _view(given, call)
    return answer(GrantUserAttributeReply, message="Attribute granted", grant=view)


async def revoke_user_attribute(
    request: RevokeUserAttribute, call: Call
) -> Answer[RevokeUserAttributeReply]:
    """Take back an attribute; what the role gives in the lab stays."""
    require_in_lab(request.lab_id, call)
    require_fresh(call)
    own = await call.tx.get(ENTITLEMENTS, request.user_id)
    old = own.attribute(request.attribute, request.lab_id) if own else None
    if own is None or old is None:
        raise NoSuchAttribute
    call.tx.put(ENTITLEMENTS, own.without_attribute(request.attribute, request.lab_id))
    _tell(request.user_id, request.lab_id, request.attribute, old, None, call)
    return answer(RevokeUserAttributeReply, message="Attribute revoked")


async def _member(user_id: str, lab_id: str, call: Call) -> Entitlements:
    """What somebody has who is an active member of the lab.

    Raises:
        NotFound: they are not; whether there is such an account is not told.
    """
    own = await call.tx.get(ENTITLEMENTS, user_id)
    membership = own.labs.get(lab_id) if own else None
    if own is None or membership is None or not membership.active:
        raise NotFound
    if await call.tx.get(USERS, user_id) is None:
        raise NotFound
    return own


def _tell(
    user_id: str,
    lab_id: str,
    name: str,
    old: GrantedAttribute | None,
    new: GrantedAttribute | None,
    call: Call,
) -> None:
    call.subject = user_id
    call.details = {"attribute": name, "lab_id": lab_id}
    call.changes = {f"attribute {name}": [_until(old), _until(new)]}


def _until(given: GrantedAttribute | None) -> str:
    if given is None:
        return ""
    return f"until {shown_end(given.until_s)}" if given.until_s else "without end"


def _view(given: GrantedAttribute, call: Call) -> dict[str, Any]:
    return {
        "name": given.attribute,
        "granted_by": given.granted_by,
        "granted_at": given.granted_at,
        "expires_at": shown_end(given.until_s),
        "is_expired": given.has_ended(call.now),
    }
