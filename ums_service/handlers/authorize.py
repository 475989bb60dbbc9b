"""What somebody has in a lab, for the programs of the lab that ask before each step."""

from typing import Any

from storage import document_of
from ums_client.protocol.attributes import (
    Authorize,
    AuthorizeReply,
    GetEffectiveAttributes,
    GetEffectiveAttributesReply,
)
from ums_service.calls.answer import Answer, answer, answer_from
from ums_service.calls.call import Call
from ums_service.domain.errors import InvalidSession
from ums_service.domain.moment import Moment
from ums_service.domain.standing import Standing, standing_of
from ums_service.domain.users import USERS
from ums_service.handlers.permission_checks import source_view, whom


async def authorize(request: Authorize, call: Call) -> Answer[AuthorizeReply]:
    """Decide on attributes in a lab.

    The reply is kept for the same question while the standing is the same.
    """
    standing, now = _standing(request.user_id, request.lab_id, call), call.now
    scopes, asked = standing.caller.scopes, tuple(request.required_attributes)
    return answer_from(
        AuthorizeReply,
        standing.number,
        lambda: _decided(request, standing, now),
        about=(request.mode, asked, scopes),
    )


async def get_effective_attributes(
    request: GetEffectiveAttributes, call: Call
) -> Answer[GetEffectiveAttributesReply]:
    """Read all that somebody has in a lab."""
    standing = _standing(request.user_id, request.lab_id, call)
    user_id, lab = standing.caller.user_id, standing.lab
    call.discloses = user_id != call.own_session.user_id
    value = call.facilities.store.get_value(USERS, user_id)
    return answer(
        GetEffectiveAttributesReply,
        user_id=user_id,
        username=document_of(value)["username"] if value else "",
        is_admin=standing.caller.administers,
        attributes=standing.attributes,
        lab_name=lab.name if lab else None,
        lab_code=lab.code if lab else None,
        membership_role=standing.role,
    )


def _standing(user_id: str | None, lab_id: str, call: Call) -> Standing:
    """The standing of the caller, or of an account that they may read.

    Raises:
        InvalidSession, PermissionDenied, NotFound: as `whom`.
    """
    own, authority = call.own_session.user_id, call.facilities.authority
    if user_id in (None, own) and call.key is None:
        standing = authority.standing(own, lab_id, call.now)
    else:
        caller = whom(user_id, call)
        standing = authority.standing(caller.user_id, lab_id, call.now)
        if standing is not None and caller.scopes is not None:
            made = standing.number
            return standing_of(
                caller, standing.lab, standing.known, call.now, number=-made
            )
    if standing is None:
        raise InvalidSession
    return standing


def _decided(request: Authorize, standing: Standing, now: Moment) -> dict[str, Any]:
    wanted = dict.fromkeys(request.required_attributes)
    decisions = [_decision(name, standing, now) for name in wanted]
    granted = [one["attribute"] for one in decisions if one["allowed"]]
    missing = [one["attribute"] for one in decisions if not one["allowed"]]
    has = not missing if request.mode == "all" else bool(granted)
    return {
        "has_access": has,
        "reason": next(one["by"] for one in decisions if one["allowed"] is has),
        "granted_attributes": granted,
        "missing_attributes": missing,
        "all_user_attributes": standing.attributes,
        "is_system_admin": standing.caller.administers,
        "lab_name": standing.lab.name if standing.lab else None,
        "membership_role": standing.role,
        "decisions": decisions,
    }


def _decision(name: str, standing: Standing, now: Moment) -> dict[str, Any]:
    """The decision on one attribute. What is not known for certain is not there."""
    decision = standing.decide(name, now)
    if decision is None:
        by = "no_lab" if standing.lab is None else "unknown"
        return {"attribute": name, "allowed": False, "by": by, "sources": []}
    return {
        "attribute": name,
        "allowed": decision.allowed,
        "by": decision.by.value,
        "sources": [source_view(grant) for grant in decision.grants],
    }
