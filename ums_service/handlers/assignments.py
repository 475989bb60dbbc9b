"""Give roles to accounts and take them away."""

from typing import NamedTuple

from ums_client.protocol.assignments import (
    AssignRole,
    AssignRoleReply,
    RevokeRole,
    RevokeRoleReply,
)
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.several import Several
from ums_service.domain.authorisation import NOTHING
from ums_service.domain.entitlements import ENTITLEMENTS, AssignedRole, Entitlements
from ums_service.domain.errors import InvalidInput, NoSuchRole
from ums_service.domain.grant_ends import end_of
from ums_service.domain.roles import TEMPLATES, Role
from ums_service.domain.users import ADMIN
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.granting import account, line_of, read_role, require_all
from ums_service.handlers.role_views import shown_end


class Terms(NamedTuple):
    """Where and how long an assignment counts, and why it was made."""

    lab_id: str | None
    until_s: int | None
    reason: str


async def assign_role(request: AssignRole, call: Call) -> Answer[AssignRoleReply]:
    """Give roles to accounts; all of it or nothing."""
    require_fresh(call)
    until_s = end_of(request.expires_at, request.expires_in_days, call.now)
    terms = Terms(request.lab_id, until_s, request.reason)
    user_ids = list(dict.fromkeys(request.user_ids))
    _require_for(user_ids, terms.lab_id, call)
    roles = [
        await assignable(name, terms, call) for name in dict.fromkeys(request.roles)
    ]
    call.details = {"roles": [role.name for role in roles], "lab_id": terms.lab_id}
    several, count = Several(call), 0
    for user_id in user_ids:
        count += await give(user_id, roles, terms, several)
    await several.enter()
    return answer(AssignRoleReply, message="Roles assigned", assigned=count)


async def revoke_role(request: RevokeRole, call: Call) -> Answer[RevokeRoleReply]:
    """Take roles away from accounts; all of it or nothing."""
    require_fresh(call)
    user_ids = list(dict.fromkeys(request.user_ids))
    _require_for(user_ids, request.lab_id, call)
    names = list(dict.fromkeys(request.roles))
    if request.lab_id is not None:
        call.in_lab(request.lab_id, Permission.ROLES_ASSIGN)
    for name in names:
        await _require_what_it_denies(name, request.lab_id, call)
    call.details = {"roles": names, "lab_id": request.lab_id}
    several, count = Several(call), 0
    for user_id in user_ids:
        await account(user_id, call)
        before = await call.tx.get(ENTITLEMENTS, user_id) or Entitlements(user_id)
        after = before
        for name in names:
            after = after.without_role(name, request.lab_id)
        if after == before:
            continue
        taken = set(before.roles) - set(after.roles)
        count += sum(not given.has_ended(call.now) for given in taken)
        call.tx.put(ENTITLEMENTS, after.without_ended(call.now))
        changes = {f"role {one.role}": [_shown(one), ""] for one in taken}
        several.note(user_id, changes, request.reason)
    await several.enter()
    return answer(RevokeRoleReply, message="Roles revoked", revoked=count)


async def assignable(name: str, terms: Terms, call: Call) -> Role:
    """The role, where it can be given on these terms by the caller.

    Raises:
        as `role_to_give`;
        NoSuchLab: there is no lab of that id.
        PermissionDenied: the caller lacks what it gives, or has it for less time.
    """
    role = await role_to_give(name, call, field="roles")
    names = NOTHING.union(*(one.names for one in await line_of(role, call)))
    require_all(names, call, lab_id=terms.lab_id, until_s=terms.until_s)
    if terms.lab_id is not None:
        await call.in_lab(terms.lab_id, Permission.ROLES_ASSIGN).lab(call.tx)
    return role


async def role_to_give(name: str, call: Call, *, field: str) -> Role:
    """The role of that name, where an account can have it in addition.

    Raises:
        InvalidInput: it is the administrators', a template, or not active.
        NoSuchRole: there is none.
    """
    if name == ADMIN:
        reason = "admin is given as the primary role only, with update_user"
        raise InvalidInput(field, reason)
    role = TEMPLATES.get(name) or await read_role(name, call)
    if role is None:
        raise NoSuchRole(name)
    if role.template:
        raise InvalidInput(field, f"{name} is a template")
    if not role.active:
        raise InvalidInput(field, f"{name} is not active")
    return role


async def give(user_id: str, roles: list[Role], terms: Terms, several: Several) -> int:
    """Give these roles to an account with the call's commit; how many are new to it.

    Raises:
        NotFound: there is no such account.
        InvalidInput: it would have more roles than the profile allows.
    """
    call = several.call
    await account(user_id, call)
    before = await call.tx.get(ENTITLEMENTS, user_id) or Entitlements(user_id)
    before = before.without_ended(call.now)
    after, changes = before, {}
    for role in roles:
        old = before.role(role.name, terms.lab_id)
        if old is not None and (old.role_id, old.until_s) == (
            role.role_id,
            terms.until_s,
        ):
            continue
        new = AssignedRole(
            role.name,
            terms.lab_id,
            terms.until_s,
            terms.reason,
            call.own_session.user_id,
            call.now.text,
            role.role_id,
        )
        after = after.with_role(new)
        changes[f"role {role.name}"] = [_shown(old), _shown(new)]
    most = call.facilities.profile.roles_per_user
    if len(after.roles) > most:
        raise InvalidInput("roles", f"an account can have {most} of them")
    if changes:
        call.tx.put(ENTITLEMENTS, after)
        several.note(user_id, changes, terms.reason)
    return len(changes)


def may_assign_to(user_id: str, lab_id: str | None, call: Call) -> bool:
    """Whether the caller may give roles to this account there."""
    labs = NOTHING if lab_id is None else frozenset({lab_id})
    other = user_id if user_id != call.own_session.user_id else None
    return call.may(Permission.ROLES_ASSIGN, lab_ids=labs, changes=other)


def _require_for(user_ids: list[str], lab_id: str | None, call: Call) -> None:
    labs = NOTHING if lab_id is None else frozenset({lab_id})
    for user_id in user_ids:
        other = user_id if user_id != call.own_session.user_id else None
        call.require(Permission.ROLES_ASSIGN, lab_ids=labs, changes=other)


async def _require_what_it_denies(name: str, lab_id: str | None, call: Call) -> None:
    """Who takes a denial away gives what was denied: they must have that themselves."""
    role = await read_role(name, call)
    if role is None:
        return  # an assignment of it gives and denies nothing
    names = NOTHING.union(*(one.denies for one in await line_of(role, call)))
    require_all(names, call, lab_id=lab_id, until_s=None)


def _shown(given: AssignedRole | None) -> str:
    """An assignment, as the audit entry tells it."""
    if given is None:
        return ""
    where = f"in lab {given.lab_id}" if given.lab_id else "everywhere"
    until = shown_end(given.until_s)
    return f"{where} until {until}" if until else where
