"""Accepting an invitation: a new account, or more for the one that somebody has."""

from ums_client.protocol.invitations import AcceptInvitation, AcceptInvitationReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify
from ums_service.domain import accounts
from ums_service.domain.default_roles import give_default_roles
from ums_service.domain.entitlements import ENTITLEMENTS, AssignedRole, Entitlements
from ums_service.domain.errors import (
    InvalidInput,
    InvalidLink,
    InvalidSession,
    MissingInput,
    NameTaken,
    NoSuchLab,
    NoSuchRole,
    PermissionDenied,
)
from ums_service.domain.invitations import INVITATIONS, Invitation, find_open
from ums_service.domain.names import normalise
from ums_service.domain.outbox import Template
from ums_service.domain.users import USERS, User
from ums_service.handlers.consents import note_consents
from ums_service.handlers.inviting import Given, given_by
from ums_service.handlers.lab_members import join


async def accept_invitation(
    request: AcceptInvitation, call: Call
) -> Answer[AcceptInvitationReply]:
    """Accept an invitation.

    Raises:
        InvalidLink: the token is not good, or whoever invites could not any more.
    """
    invitation = await find_open(call.tx, request.token, call.now)
    if call.session is None:
        user = await _new_account(request, invitation, call)
    else:
        user = await _own_account(invitation, call)
    given = await _still_given(invitation, call)
    call.subject, call.lab_id = user.user_id, invitation.lab_id
    if given.scope is not None and invitation.lab_role is not None:
        await join(given.scope, user, invitation.lab_role, call)
    await _give_roles(user, given, invitation, call)
    call.tx.put(INVITATIONS, invitation.accepted(user.user_id, call.now))
    call.details["invitation_id"] = invitation.invitation_id
    return answer(
        AcceptInvitationReply,
        message="Welcome",
        user_id=user.user_id,
        username=user.username,
    )


async def _new_account(
    request: AcceptInvitation, invitation: Invitation, call: Call
) -> User:
    username, email = normalise(request.username or ""), invitation.email
    if not username or not request.password:
        raise MissingInput("Username and password are required")
    policy = await call.policy()
    password = policy.accepted(request.password, username=username, email=email)
    accounts.check_names(username, email, call.facilities.profile)
    await accounts.check_name_is_free(call.tx, "username", username)
    await accounts.check_name_is_free(call.tx, "email", email)
    named = f"{invitation.first_name} {invitation.last_name}".strip()
    at = call.now.text
    user = User(
        user_id=call.facilities.new_user_id(),
        username=username,
        email=email,
        password_hash=await call.hash(password),
        created_at=at,
        updated_at=at,
        password_changed_at=at,
        full_name=request.full_name or named,
        email_verified=not invitation.shown,
    )
    note_consents(request, user.user_id, call)
    call.tx.put(USERS, user)
    await give_default_roles(call.tx, user.user_id, call.now)
    await notify(call, user, Template.WELCOME)
    return user


async def _own_account(invitation: Invitation, call: Call) -> User:
    """The caller's account, which must be the one that was invited."""
    user = await call.tx.get(USERS, call.own_session.user_id)
    if user is None:
        raise InvalidSession
    if user.email != invitation.email:
        raise NameTaken("email")
    return user


async def _still_given(invitation: Invitation, call: Call) -> Given:
    """What it gives, if whoever invited could still give it."""
    inviter = call.facilities.authority.caller(invitation.invited_by)
    if inviter is None or not inviter.active:
        raise InvalidLink
    try:
        return await given_by(
            inviter, invitation.roles, invitation.lab_id, invitation.lab_role, call
        )
    except (PermissionDenied, NoSuchLab, NoSuchRole, InvalidInput):
        raise InvalidLink from None


async def _give_roles(
    user: User, given: Given, invitation: Invitation, call: Call
) -> None:
    if not given.roles:
        return
    own = await call.tx.get(ENTITLEMENTS, user.user_id) or Entitlements(user.user_id)
    own = own.without_ended(call.now)
    for role in given.roles:
        old = own.role(role.name, invitation.lab_id)
        if old is not None and (old.role_id, old.until_s) == (role.role_id, None):
            continue
        new = AssignedRole(
            role.name,
            invitation.lab_id,
            None,
            "invitation",
            invitation.invited_by,
            call.now.text,
            role.role_id,
        )
        own = own.with_role(new)
    most = call.facilities.profile.roles_per_user
    if len(own.roles) > most:
        raise InvalidInput("token", f"an account can have {most} additional roles")
    call.tx.put(ENTITLEMENTS, own)
