"""Invitations: made, listed, sent again, taken back, read, accepted, declined."""

import re
from typing import Any, Final

from ums_client.protocol.invitations import (
    CancelInvitation,
    CancelInvitationReply,
    DeclineInvitation,
    DeclineInvitationReply,
    GetInvitation,
    GetInvitationReply,
    InviteUser,
    InviteUserReply,
    ListInvitations,
    ListInvitationsReply,
    ResendInvitation,
    ResendInvitationReply,
)
from ums_client.protocol.permissions import Permission
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import invitation_mail, post, require_mail
from ums_service.domain import names
from ums_service.domain.errors import (
    InvalidInput,
    InvitationOpen,
    NoSuchInvitation,
    TooManyInvitations,
    WrongState,
)
from ums_service.domain.invitations import (
    INVITATIONS,
    Invitation,
    State,
    find_open,
    token_of,
    view,
)
from ums_service.domain.labs import LABS, Lab
from ums_service.domain.moment import text_of
from ums_service.domain.names import normalise
from ums_service.domain.profiles import DAY_S
from ums_service.domain.users import USERS
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.inviting import INVITING, given_by
from ums_service.handlers.turns import ids_behind, taking_turns

_LINK: Final = re.compile(r"://|www\.", re.IGNORECASE)
"""Nobody has us mail the way to a page of theirs."""


async def invite_user(request: InviteUser, call: Call) -> Answer[InviteUserReply]:
    """Invite somebody."""
    if request.send_email:
        require_mail(call)
    email = normalise(request.email)
    names.check_email(email)
    if _LINK.search(request.message):
        raise InvalidInput("message", "should have no links")
    roles = tuple(dict.fromkeys(request.roles or ()))
    lab_role = request.lab_role or ("member" if request.lab_id else None)
    await given_by(call.decided(), roles, request.lab_id, lab_role, call)
    require_fresh(call)
    own = call.own_session.user_id
    invitation = Invitation(
        invitation_id=f"{call.now.epoch_s:010x}{call.facilities.new_key_id()}",
        email=email,
        first_name=request.first_name,
        last_name=request.last_name,
        roles=roles,
        lab_id=request.lab_id,
        lab_role=lab_role,
        message=request.message,
        invited_by=own,
        created_s=call.now.epoch_s,
        expires_s=_end(request.expires_in_days, call),
    )
    await _check_room(invitation, call)
    call.details = {"lab_id": request.lab_id, "roles": list(roles)}
    made = await _send(invitation, call, by_mail=request.send_email)
    return answer(InviteUserReply, **made)


async def list_invitations(
    request: ListInvitations, call: Call
) -> Answer[ListInvitationsReply]:
    """List invitations, in the order in which they were made."""
    store, last = call.facilities.store, None
    ids, shown = _listed(request, call), list[dict[str, Any]]()
    async for _, invitation_id in taking_turns(ids):
        found = store.get(INVITATIONS, invitation_id)
        if found is None or request.state not in (None, found.state(call.now)):
            continue
        if len(shown) == request.page_size:
            last = shown[-1]["invitation_id"]
            break
        shown.append(view(found, call.now))
    more = {} if last is None else {"next_cursor": last}
    return answer(ListInvitationsReply, invitations=shown, **more)


async def resend_invitation(
    request: ResendInvitation, call: Call
) -> Answer[ResendInvitationReply]:
    """Send an invitation again, with a new end."""
    if request.send_email:
        require_mail(call)
    found = await _manageable(request.invitation_id, call)
    if found.answer:
        raise WrongState(f"The invitation is {found.answer}")
    await given_by(call.decided(), found.roles, found.lab_id, found.lab_role, call)
    require_fresh(call)
    renewed = found.renewed(_end(request.expires_in_days, call))
    made = await _send(renewed, call, by_mail=request.send_email)
    return answer(ResendInvitationReply, **made)


async def cancel_invitation(
    request: CancelInvitation, call: Call
) -> Answer[CancelInvitationReply]:
    """Take an invitation back."""
    found = await _manageable(request.invitation_id, call)
    if found.answer:
        raise WrongState(f"The invitation is {found.answer}")
    call.lab_id = found.lab_id
    call.tx.put(INVITATIONS, found.answered(State.CANCELLED, call.now))
    call.details["invitation_id"] = found.invitation_id
    return answer(CancelInvitationReply, message="The invitation is taken back")


async def get_invitation(
    request: GetInvitation, call: Call
) -> Answer[GetInvitationReply]:
    """Tell the holder of a token what they are invited to."""
    found = await find_open(call.tx, request.token, call.now)
    inviter = await call.tx.get(USERS, found.invited_by)
    lab: Lab | None = None
    if found.lab_id:
        lab = await call.tx.get(LABS, found.lab_id)
    known = await call.tx.find(USERS, "email", found.email)
    call.transaction = None  # nothing is changed, so there is nothing to enter
    return answer(
        GetInvitationReply,
        email=found.email,
        first_name=found.first_name,
        last_name=found.last_name,
        inviter=inviter.username if inviter else "",
        lab_name=lab.name if lab else None,
        lab_role=found.lab_role,
        roles=list(found.roles),
        message=found.message,
        expires_at=text_of(found.expires_s),
        has_account=known is not None,
    )


async def decline_invitation(
    request: DeclineInvitation, call: Call
) -> Answer[DeclineInvitationReply]:
    """Decline an invitation."""
    found = await find_open(call.tx, request.token, call.now)
    call.lab_id = found.lab_id
    call.tx.put(INVITATIONS, found.answered(State.DECLINED, call.now))
    call.details["invitation_id"] = found.invitation_id
    return answer(DeclineInvitationReply, message="The invitation is declined")


async def _send(invitation: Invitation, call: Call, *, by_mail: bool) -> dict[str, Any]:
    """Store it and send it, or make a token; returns what is answered of it."""
    call.lab_id = invitation.lab_id
    call.details["invitation_id"] = invitation.invitation_id
    shown: dict[str, Any] = {}
    if by_mail:
        inviter = await call.tx.get(USERS, call.own_session.user_id)
        assert inviter is not None
        lab: Lab | None = None
        if invitation.lab_id:
            lab = await call.tx.get(LABS, invitation.lab_id)
        mail = invitation_mail(call, invitation, inviter, lab.name if lab else "")
        await post(call, mail)
    else:
        secret = call.facilities.new_token()
        invitation = invitation.with_token(secret).handed_over()
        shown["token"] = token_of(invitation, secret)
    call.tx.put(INVITATIONS, invitation)
    return {"invitation": view(invitation, call.now), **shown}


async def _check_room(invitation: Invitation, call: Call) -> None:
    """Return when it can be made.

    Raises:
        InvitationOpen: the address is invited there already.
        TooManyInvitations: the inviter has as many as they may have.
    """
    same_id = await call.tx.find(INVITATIONS, "open_for", invitation.open_for or "")
    same: Invitation | None = None
    if same_id is not None:
        same = await call.tx.get(INVITATIONS, same_id)
    if same is not None and same.state(call.now) is State.PENDING:
        raise InvitationOpen
    if same is not None:
        call.tx.put(INVITATIONS, same.answered(State.EXPIRED, call.now))
    most = call.facilities.profile.invitations_max
    made = await call.tx.ids_where(INVITATIONS, "invited_by", invitation.invited_by)
    if len(made) >= most:
        raise TooManyInvitations(most)


async def _manageable(invitation_id: str, call: Call) -> Invitation:
    """The invitation, for who made it and who may invite there.

    Raises:
        NoSuchInvitation: there is none, or it is none of the caller's business.
    """
    found = await call.tx.get(INVITATIONS, invitation_id)
    if found is None:
        raise NoSuchInvitation
    if found.invited_by != call.own_session.user_id:
        labs = frozenset({found.lab_id}) if found.lab_id else frozenset()
        if not any(call.may(name, lab_ids=labs) for name in INVITING):
            raise NoSuchInvitation
    return found


def _listed(request: ListInvitations, call: Call) -> list[str]:
    """The ids of those that the caller asks for, behind the cursor."""
    store, after = call.facilities.store, request.cursor
    if request.lab_id is not None:
        call.in_lab(request.lab_id, *INVITING)
        call.discloses = True
        return store.ids_where(INVITATIONS, "lab", request.lab_id, after=after)
    if request.all:
        call.require(Permission.INVITATIONS_MANAGE)
        call.discloses = True
        return ids_behind(store, INVITATIONS, after)
    own = call.own_session.user_id
    return store.ids_where(INVITATIONS, "invited_by", own, after=after)


def _end(days: int | None, call: Call) -> int:
    good_for_s = days * DAY_S if days else call.facilities.profile.invitation_s
    return call.now.reached_s + good_for_s
