"""Mail addresses: verified, and changed with a token that went to the new one."""

from ums_client.protocol.addresses import (
    ChangeEmail,
    ChangeEmailReply,
    ResendVerification,
    ResendVerificationReply,
    VerifyEmail,
    VerifyEmailReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import (
    ask_to_verify_new,
    notify,
    notify_new_address,
    post,
    request_to,
    require_mail,
)
from ums_service.domain import accounts, names, one_time
from ums_service.domain.errors import InvalidInput, InvalidSession
from ums_service.domain.names import normalise
from ums_service.domain.one_time import Purpose
from ums_service.domain.outbox import Template
from ums_service.domain.statuses import Status
from ums_service.domain.users import USERS, User
from ums_service.handlers.account_changes import check_own_password
from ums_service.handlers.password_resets import IF_SO


async def verify_email(request: VerifyEmail, call: Call) -> Answer[VerifyEmailReply]:
    """Mark the address as verified; a pending new one becomes the account's."""
    purposes = [Purpose.VERIFY, Purpose.CHANGE_ADDRESS]
    user, link = await one_time.redeem(call.tx, request.token, purposes, call.now)
    call.subject = user.user_id
    if link.purpose == Purpose.CHANGE_ADDRESS:
        email = str(link.data["email"])
        await accounts.check_name_is_free(call.tx, "email", email, owner=user.user_id)
        verified = _verified(user._replace(email=email), call)
        await notify_new_address(call, user, verified)
        call.details["changed"] = ["email"]
    else:
        verified = _verified(user, call)
        if call.facilities.profile.require_email_verification:
            await notify(call, verified, Template.WELCOME)
    call.tx.put(USERS, verified)
    message = "Email verified successfully"
    return answer(VerifyEmailReply, message=message, email=verified.email)


def _verified(user: User, call: Call) -> User:
    return user._replace(email_verified=True, updated_at=call.now.text)


async def resend_verification(
    request: ResendVerification, call: Call
) -> Answer[ResendVerificationReply]:
    """Queue a mail, in the same way for an address that nobody has."""
    require_mail(call)
    email = normalise(request.email)
    user_id = await call.tx.find(USERS, "email", email)
    user = await call.tx.get(USERS, user_id or "")
    call.subject = user_id
    pending = user is not None and user.status == Status.PENDING
    template = Template.ACTIVATION if pending else Template.VERIFY_ADDRESS
    await post(call, request_to(call, user, template, email))
    return answer(ResendVerificationReply, message=IF_SO)


async def change_email(request: ChangeEmail, call: Call) -> Answer[ChangeEmailReply]:
    """Ask the new address; nothing changes before it answers."""
    require_mail(call)
    call.subject = call.own_session.user_id
    user = await call.tx.get(USERS, call.subject)
    if user is None:
        raise InvalidSession
    await check_own_password(request.password, call)
    email = normalise(request.new_email)
    names.check_email(email)
    if email == user.email:
        raise InvalidInput("new_email", "should be another than the present one")
    await accounts.check_name_is_free(call.tx, "email", email)
    await ask_to_verify_new(call, user, email)
    message = "A mail is on its way to the new address"
    return answer(ChangeEmailReply, message=message, pending_email=email)
