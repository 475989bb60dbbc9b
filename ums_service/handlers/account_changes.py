"""The parts of a change: names, password, profile, what only administrators may."""

from collections.abc import Mapping
from typing import Any, Final

from ums_client.protocol.accounts import UpdateUser
from ums_client.protocol.permissions import Permission
from ums_service.calls.call import Call
from ums_service.calls.notices import (
    ask_to_verify,
    ask_to_verify_new,
    notify,
    notify_new_address,
    require_mail,
    tells,
)
from ums_service.domain import accounts, names
from ums_service.domain.audit_seals import changes_of
from ums_service.domain.errors import (
    PermissionDenied,
    ReauthenticationRequired,
)
from ums_service.domain.families import end_families
from ums_service.domain.names import normalise
from ums_service.domain.outbox import Template
from ums_service.domain.statuses import Status, check_change, check_settable
from ums_service.domain.users import (
    ACTIVE,
    ROLES,
    USERS,
    User,
    changed_fields,
)
from ums_service.handlers.endings import end_everything_of
from ums_service.handlers.freshness import (
    is_fresh,
    require_fresh_unless_original,
)
from ums_service.handlers.granting import require_all_of
from ums_service.handlers.new_passwords import with_new_password
from ums_service.handlers.statuses import Wanted, with_status

_NEEDED: Final = {
    "role": Permission.ROLES_ASSIGN,
    "status": Permission.USERS_STATUS,
    "metadata": Permission.USERS_UPDATE,
    "user_type": Permission.USERS_UPDATE,
}
"""What it takes to set what is not a matter of one's own."""


async def change(request: UpdateUser, before: User, call: Call) -> User:
    """The account as it is to be. Nothing is changed where anything is refused."""
    own = call.subject == call.own_session.user_id
    user = await _with_names(request, before, call)
    accounts.check_date_of_birth(
        request.date_of_birth, call.now, call.facilities.profile
    )
    given = {
        name: getattr(request, name)
        for name in request.model_fields_set.intersection(accounts.PERSON_FIELDS)
    }
    user = accounts.changed(user, given, call.now)
    user = await _with_privileges(request, user, call)
    if call.key is not None and (request.password or _names_differ(request, before)):
        raise PermissionDenied  # a key that leaked must not take an account over
    if not own and _differs(request.email, before.email):  # a reset is mailed there
        call.require(Permission.USERS_UPDATE, changes=call.subject, opens=True)
    if request.password:
        if not own:
            raise PermissionDenied  # nobody chooses a password for somebody else
        user = await _with_password(request, user, call)
    elif _names_differ(request, before) and _needs_proof(call, own=own):
        await prove_or_recent(request.current_password, call)
    await _tell(request, before, user, call)
    changed = changed_fields(before, user)
    call.details["changed"] = changed
    call.changes, call.subject_name = changes_of(before, user, changed), before.username
    return user


async def _with_names(request: UpdateUser, user: User, call: Call) -> User:
    profile = call.facilities.profile
    if not request.username and not request.email:
        return user
    username = normalise(request.username or "") or user.username
    email = normalise(request.email or "") or user.email
    if username != user.username:
        await accounts.check_name_is_free(
            call.tx, "username", username, owner=user.user_id
        )
    if email != user.email:
        await accounts.check_name_is_free(call.tx, "email", email, owner=user.user_id)
        names.check_email(email)
        if profile.email_change == "verified":
            require_mail(call)
            await ask_to_verify_new(call, user, email)
        else:
            user = user._replace(email=email, email_verified=False)
    if username != user.username:
        names.check_username(username, chars_min=profile.username_chars_min)
        user = user._replace(username=username)
    return user


async def _with_password(request: UpdateUser, user: User, call: Call) -> User:
    assert request.password is not None
    policy = await call.policy(
        user.user_id
    )  # the original judges before it asks who changes it
    policy.accepted(request.password, username=user.username, email=user.email)
    if not request.current_password:
        raise ReauthenticationRequired
    await check_own_password(request.current_password, call)
    changed = await with_new_password(user, request.password, call)
    call.lift_lockout(user.user_id)
    await end_everything_of(user.user_id, call, but=call.own_session)
    return changed


def _needs_proof(call: Call, *, own: bool) -> bool:
    """Whether a new name or address needs one: somebody else's does not by `compat`."""
    return own or not call.facilities.profile.original_replies


def _names_differ(request: UpdateUser, before: User) -> bool:
    """Whether a new name or address is asked for, also one that has to be verified."""
    return _differs(request.username, before.username) or _differs(
        request.email, before.email
    )


def _differs(wanted: str | None, name: str) -> bool:
    return normalise(wanted or "") not in ("", name)


async def _tell(request: UpdateUser, before: User, after: User, call: Call) -> None:
    """Mails about what the change may mean for the account's security."""
    if request.password:
        await notify(call, after, Template.PASSWORD_CHANGED)
    if after.email != before.email:
        await notify_new_address(call, before, after)
        if tells(call):
            await ask_to_verify(call, after)


async def prove_or_recent(password: str | None, call: Call) -> None:
    """Return for the caller's password, or after a proof of the last minutes.

    Raises:
        InvalidCredentials, ReauthenticationRequired: neither.
    """
    if password:
        await check_own_password(password, call)
        return
    if call.facilities.profile.change_needs_password or not is_fresh(call):
        raise ReauthenticationRequired


async def check_own_password(password: str, call: Call) -> None:
    """Raise InvalidCredentials unless it is the caller's; guesses are counted."""
    caller = await call.tx.get(USERS, call.own_session.user_id)
    await call.prove(caller, password)


def _may_set(name: str, user_id: str, call: Call) -> bool:
    other = user_id if user_id != call.own_session.user_id else None
    return call.may(_NEEDED[name], changes=other)


async def _with_privileges(request: UpdateUser, user: User, call: Call) -> User:
    """Role, status, type and metadata: ignored from who may not, as by the original."""
    wanted = {
        name: value for name in _NEEDED if (value := getattr(request, name)) is not None
    }
    if not wanted:
        return user
    if not all(_may_set(name, user.user_id, call) for name in wanted):
        if call.facilities.profile.role_from_public == "refuse":
            raise PermissionDenied
        call.details["ignored"] = sorted(wanted)
        return user
    _check_wanted(wanted, user, call)
    changed = user._replace(**wanted)
    if (changed.role, changed.status) != (user.role, user.status):
        require_fresh_unless_original(call)
    if wanted.get("status", ACTIVE) != ACTIVE:
        await end_everything_of(user.user_id, call)
    elif wanted.get("role", user.role) != user.role:
        await end_families(call.tx, user.user_id, call.now)  # they tell the old role
    return _with_status(changed, user.status, call)


def _check_wanted(wanted: Mapping[str, Any], user: User, call: Call) -> None:
    role, status = wanted.get("role", user.role), wanted.get("status")
    accounts.check_one_of("role", role, ROLES)
    if role != user.role:
        require_all_of(role, call)
    if status is not None:
        check_settable(status, original=call.facilities.profile.original_replies)


def _with_status(user: User, before: str, call: Call) -> User:
    """The account of that new status, if it is new; `compat` knows no order of them."""
    if user.status == before:
        return user
    original = call.facilities.profile.original_replies
    if not original or before == Status.ANONYMISED:
        check_change(before, user.status)
    return with_status(user, Wanted(user.status), call)
