"""A new password for somebody who cannot prove the old one."""

from typing import Final

from ums_client.protocol.recovery import (
    IssueLink,
    IssueLinkReply,
    RequestPasswordReset,
    RequestPasswordResetReply,
    ResetPassword,
    ResetPasswordReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify, post, request_to, require_mail
from ums_service.domain import accounts, one_time
from ums_service.domain.devices import DEVICES
from ums_service.domain.errors import InvalidLink, MissingInput, NotFound
from ums_service.domain.names import normalise
from ums_service.domain.one_time import ONE_TIME, Purpose
from ums_service.domain.outbox import Template
from ums_service.domain.sessions import expiry
from ums_service.domain.users import ACTIVE, USERS
from ums_service.handlers.account_changes import prove_or_recent
from ums_service.handlers.endings import end_everything_of
from ums_service.handlers.new_passwords import require_person, with_new_password

IF_SO: Final = "If there is such an account, a mail is on its way"


async def request_password_reset(
    request: RequestPasswordReset, call: Call
) -> Answer[RequestPasswordResetReply]:
    """Queue a mail, in the same way for a name that nobody has.

    Whether and what is sent is decided when its turn comes, so that neither the answer
    nor the time it takes depends on it.
    """
    require_mail(call)
    name = normalise(request.email or request.username or "")
    if not name:
        raise MissingInput("Email or username is required")
    user = await accounts.find_by_login(call.tx, name)
    call.subject = user.user_id if user else None
    await post(call, request_to(call, user, Template.RESET, name))
    return answer(RequestPasswordResetReply, message=IF_SO)


async def reset_password(
    request: ResetPassword, call: Call
) -> Answer[ResetPasswordReply]:
    """Set a new password with a one-time token; opens no session."""
    user, link = await one_time.redeem(
        call.tx, request.token, [Purpose.RESET], call.now
    )
    call.subject = user.user_id
    if user.status != ACTIVE:
        raise InvalidLink
    user = await with_new_password(user, request.new_password, call)
    verified = user.email_verified or link.mailed  # who got the mail owns the address
    user = user._replace(locked_down=False, email_verified=verified)
    call.tx.put(USERS, user)
    await notify(call, user, Template.PASSWORD_CHANGED)
    call.lift_lockout(user.user_id)
    call.tx.delete(DEVICES, user.user_id)
    ended = await end_everything_of(user.user_id, call)
    message = "Password changed successfully"
    return answer(ResetPasswordReply, message=message, sessions_ended=ended)


async def issue_link(request: IssueLink, call: Call) -> Answer[IssueLinkReply]:
    """Make a one-time token that an administrator hands out."""
    call.subject = request.user_id
    user = await call.tx.get(USERS, request.user_id)
    if user is None:
        raise NotFound
    require_person(user)
    await prove_or_recent(request.password, call)
    profile, purpose = call.facilities.profile, Purpose(request.purpose)
    call.details["purpose"] = purpose.value
    secret = call.facilities.new_token()
    link = one_time.new_link(purpose, user, secret, call.now, profile)
    links = await one_time.of_account(call.tx, user.user_id)
    call.tx.put(ONE_TIME, links.with_link(link))
    return answer(
        IssueLinkReply,
        token=one_time.token_of(user.user_id, secret),
        expires_at=expiry(call.now, one_time.lifetime_s(purpose, profile)),
    )
