"""What somebody may do, and which role, grant or denial decides it."""

from typing import Any, Final

from ums_client.protocol.assignments import (
    CheckPermission,
    CheckPermissionReply,
    GetUserPermissions,
    GetUserPermissionsReply,
)
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.authorisation import (
    NOTHING,
    WHOLE_SERVICE,
    By,
    Caller,
    Decision,
    Grant,
    Resource,
    may,
    permissions_of,
)
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.errors import InvalidSession, NotFound
from ums_service.domain.roles import BUILT_IN, STORED_ROLES
from ums_service.domain.users import USERS
from ums_service.handlers.role_views import shown_end

_REASONS: Final = {
    By.INACTIVE: "the account is not active",
    By.SCOPE: "the key leaves out {name}",
    By.DENIED: "{names} denies {name}",
    By.MISSING: "nothing allows {name}",
}


def whom(user_id: str | None, call: Call) -> Caller:
    """Who is asked about: the caller, or an account that they may read.

    Raises:
        InvalidSession: the caller's own account is gone.
        PermissionDenied: they may not read it, whether it is there or not.
        NotFound: it is not there.
    """
    authority, own = call.facilities.authority, call.own_session.user_id
    caller = authority.caller(user_id or own)
    if user_id is not None and user_id != own:
        call.subject = user_id
        labs = caller.lab_ids if caller else NOTHING
        call.require(Permission.USERS_READ, lab_ids=labs)
        if caller is None:
            raise NotFound
    elif caller is None:
        raise InvalidSession
    elif call.key is not None:
        caller = caller._replace(scopes=frozenset(call.key.scopes))
    return caller


async def check_permission(
    request: CheckPermission, call: Call
) -> Answer[CheckPermissionReply]:
    """Ask whether somebody may do something."""
    caller = whom(request.user_id, call)
    labs = frozenset({request.lab_id}) if request.lab_id else NOTHING
    decided = {
        name: may(caller, name, Resource(labs), call.now)
        for name in dict.fromkeys(request.permissions)
    }
    missing = [name for name, decision in decided.items() if not decision.allowed]
    has = not missing if request.mode == "all" else len(missing) < len(decided)
    sources = [g for d in decided.values() if d.allowed for g in d.grants]
    more = {} if has else {"denied_reason": _reason(missing[0], decided[missing[0]])}
    return answer(
        CheckPermissionReply,
        has_permission=has,
        missing=missing,
        decisions=[decision_view(name, one) for name, one in decided.items()],
        granted_by_roles=sorted({grant.name for grant in sources}),
        **more,
    )


async def get_user_permissions(
    request: GetUserPermissions, call: Call
) -> Answer[GetUserPermissionsReply]:
    """Read all that somebody may do."""
    caller, now = whom(request.user_id, call), call.now
    own = caller.user_id == call.own_session.user_id
    call.discloses = not own
    labs = {grant.lab_id for grant in caller.grants} - {None}
    if request.lab_id is not None:
        labs &= {request.lab_id}
    if not own:
        labs = {lab for lab in labs if _reads_in(lab, call)}
    everywhere = _permissions(caller, NOTHING, call)
    named = {n for g in caller.grants if g.in_force(NOTHING, now) for n in g.allows}
    named |= {n for g in caller.grants if g.in_force(NOTHING, now) for n in g.denies}
    details = {name: may(caller, name, WHOLE_SERVICE, now) for name in sorted(named)}
    return answer(
        GetUserPermissionsReply,
        user_id=caller.user_id,
        active=caller.active,
        is_admin=caller.administers,
        roles=_roles(caller, call, own=own),
        effective_permissions=sorted(everywhere),
        per_lab={
            lab: sorted(_permissions(caller, frozenset({lab}), call) - everywhere)
            for lab in sorted(lab for lab in labs if lab is not None)
        },
        permission_details=[decision_view(n, one) for n, one in details.items()],
        computed_at=now.text,
    )


def decision_view(name: str, decision: Decision) -> dict[str, Any]:
    """A decision and what made it, as shown."""
    return {
        "permission": name,
        "allowed": decision.allowed,
        "by": decision.by.value,
        "sources": [source_view(grant) for grant in decision.grants],
    }


def source_view(grant: Grant) -> dict[str, Any]:
    """Where something comes from, as shown."""
    return {
        "kind": grant.kind.value,
        "name": grant.name,
        "lab_id": grant.lab_id,
        "expires_at": shown_end(grant.until_s),
    }


def _permissions(caller: Caller, labs: frozenset[str], call: Call) -> frozenset[str]:
    if caller.administers:
        return frozenset(permission.value for permission in Permission) | (
            permissions_of(caller, labs, call.now)
        )
    return permissions_of(caller, labs, call.now) if caller.active else NOTHING


def _reads_in(lab_id: str | None, call: Call) -> bool:
    labs = frozenset({lab_id}) if lab_id else NOTHING
    return call.may(Permission.USERS_READ, lab_ids=labs)


def _roles(caller: Caller, call: Call, *, own: bool) -> list[dict[str, Any]]:
    """The roles of an account that have not ended, as far as they may be told."""
    store = call.facilities.store
    user, given = (
        store.get(USERS, caller.user_id),
        store.get(ENTITLEMENTS, caller.user_id),
    )
    primary = user.role if user else "user"
    views: list[dict[str, Any]] = [{"role": primary, "primary": True, "active": True}]
    for one in given.roles if given else ():
        if one.has_ended(call.now) or not (own or _reads_in(one.lab_id, call)):
            continue
        role = BUILT_IN.get(one.role) or store.get(STORED_ROLES, one.role)
        if role is None or role.role_id != one.role_id:
            continue
        views.append(
            {
                "role": one.role,
                "primary": False,
                "active": role.active,
                "lab_id": one.lab_id,
                "expires_at": shown_end(one.until_s),
                "reason": one.reason,
                "assigned_by": one.assigned_by,
                "assigned_at": one.assigned_at,
            }
        )
    return views


def _reason(name: str, decision: Decision) -> str:
    names = ", ".join(sorted({grant.name for grant in decision.grants}))
    return _REASONS[decision.by].format(name=name, names=names)
