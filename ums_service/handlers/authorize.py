"""What somebody has in a lab, for the programs of the lab that ask before each step."""

from typing import Any, Final

from ums_client.protocol.attributes import (
    Authorize,
    AuthorizeReply,
    GetEffectiveAttributes,
    GetEffectiveAttributesReply,
)
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.domain.attribute_book import Definition
from ums_service.domain.authorisation import (
    Caller,
    Kind,
    Resource,
    may,
    permissions_of,
)
from ums_service.domain.labs import Lab
from ums_service.domain.users import USERS
from ums_service.handlers.permission_checks import source_view, whom

_OF_ADMINISTRATORS: Final = ("lab", "system")
"""The categories of which administrators of the service have all."""


async def authorize(request: Authorize, call: Call) -> Answer[AuthorizeReply]:
    """Decide on attributes in a lab."""
    caller = whom(request.user_id, call)
    lab = call.facilities.authority.lab(request.lab_id)
    wanted = dict.fromkeys(request.required_attributes)
    decided = [_decide(name, caller, lab, call) for name in wanted]
    granted = [one["attribute"] for one in decided if one["allowed"]]
    missing = [one["attribute"] for one in decided if not one["allowed"]]
    has = not missing if request.mode == "all" else bool(granted)
    shown, role, names = _standing(caller, lab, call)
    return answer(
        AuthorizeReply,
        has_access=has,
        reason=next(one["by"] for one in decided if one["allowed"] is has),
        granted_attributes=granted,
        missing_attributes=missing,
        all_user_attributes=names,
        is_system_admin=caller.administers,
        lab_name=shown.name if shown else None,
        membership_role=role,
        decisions=decided,
    )


async def get_effective_attributes(
    request: GetEffectiveAttributes, call: Call
) -> Answer[GetEffectiveAttributesReply]:
    """Read all that somebody has in a lab."""
    caller = whom(request.user_id, call)
    call.discloses = caller.user_id != call.own_session.user_id
    lab = call.facilities.authority.lab(request.lab_id)
    shown, role, names = _standing(caller, lab, call)
    user = call.facilities.store.get_document(USERS, caller.user_id) or {}
    return answer(
        GetEffectiveAttributesReply,
        user_id=caller.user_id,
        username=user.get("username", ""),
        is_admin=caller.administers,
        attributes=names,
        lab_name=shown.name if shown else None,
        lab_code=shown.code if shown else None,
        membership_role=role,
    )


def _decide(name: str, caller: Caller, lab: Lab | None, call: Call) -> dict[str, Any]:
    """The decision on one attribute. What is not known for certain is not there."""
    definition = call.facilities.authority.attributes().get(name)
    decided = {"attribute": name, "allowed": False, "by": "no_lab", "sources": []}
    if lab is None or not lab.active:
        return decided
    if not _is_had(definition, caller):
        return decided | {"by": "unknown"}
    decision = may(caller, name, Resource(frozenset({lab.lab_id})), call.now)
    return {
        "attribute": name,
        "allowed": decision.allowed,
        "by": decision.by.value,
        "sources": [source_view(grant) for grant in decision.grants],
    }


def _standing(
    caller: Caller, lab: Lab | None, call: Call
) -> tuple[Lab | None, str | None, list[str]]:
    """The lab, where they have part in it; their role there; all they have there."""
    if lab is None or not lab.active or not caller.active:
        return None, None, []
    roles = (
        grant.name
        for grant in caller.grants
        if grant.kind is Kind.LAB_ROLE and grant.lab_id == lab.lab_id
    )
    role = next(roles, None)
    known = call.facilities.authority.attributes()
    if caller.administers and caller.scopes is None:
        names = frozenset(n for n, one in known.items() if _is_had(one, caller))
    else:
        allowed = permissions_of(caller, frozenset({lab.lab_id}), call.now)
        names = frozenset(n for n in allowed if n in known and known[n].active)
    takes_part = role is not None or bool(names) or caller.administers
    return lab if takes_part else None, role, sorted(names)


def _is_had(definition: Definition | None, caller: Caller) -> bool:
    """Whether anybody like this can have the attribute at all."""
    if definition is None or not definition.active:
        return False
    return not caller.administers or definition.category in _OF_ADMINISTRATORS
