"""Shutting an account at once, for the owner who finds somebody else in it.

A locked-down account has no session and gets none before its password is reset by
mail, so whatever a session could change stays as it is. Setting only that the password
must be changed would not do: whoever took the account may know the password, and
would be the one to change it.
"""

from ums_client.protocol.addresses import RevertEmail, RevertEmailReply
from ums_client.protocol.recovery import LockDown, LockDownReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import new_mail, post, require_mail
from ums_service.domain import accounts, one_time
from ums_service.domain.devices import DEVICES
from ums_service.domain.errors import (
    InvalidSession,
    NameTaken,
    NotConfigured,
    ReauthenticationRequired,
)
from ums_service.domain.one_time import Link, Purpose
from ums_service.domain.outbox import Template
from ums_service.domain.users import USERS, User
from ums_service.handlers.account_changes import check_own_password
from ums_service.handlers.endings import end_everything_of
from ums_service.sending.mails import is_reachable


async def lock_down(request: LockDown, call: Call) -> Answer[LockDownReply]:
    """End all sessions and let nobody in before a reset by mail."""
    require_mail(call)
    user = await _owner(request, call)
    call.subject = user.user_id
    if not is_reachable(user):
        raise NotConfigured("mail address of this account")
    links = await one_time.of_account(call.tx, user.user_id)
    revert = links.live(Purpose.REVERT_ADDRESS, call.now)
    if revert is not None:
        user = await _with_old_address(user, revert, call)
    ended = await _shut(user, call)
    message = "Account locked; a mail to choose a new password is on its way"
    return answer(LockDownReply, message=message, sessions_ended=ended)


async def revert_email(request: RevertEmail, call: Call) -> Answer[RevertEmailReply]:
    """Give the account its old address back, and lock it down."""
    require_mail(call)
    purposes = [Purpose.REVERT_ADDRESS]
    user, link = await one_time.redeem(call.tx, request.token, purposes, call.now)
    call.subject = user.user_id
    email = str(link.data["email"])
    await accounts.check_name_is_free(call.tx, "email", email, owner=user.user_id)
    user = await _with_old_address(user, link, call)
    await _shut(user, call)
    message = "Address restored; a mail to choose a new password is on its way"
    return answer(RevertEmailReply, message=message, email=user.email)


async def _owner(request: LockDown, call: Call) -> User:
    """The account, proved to be the caller's by password or by a mail."""
    if request.token is not None:
        purposes = [Purpose.LOCK_DOWN]
        redeemed = await one_time.redeem(call.tx, request.token, purposes, call.now)
        return redeemed.user
    session = call.own_session
    call.subject = session.user_id
    if not request.password:
        raise ReauthenticationRequired
    await check_own_password(request.password, call)
    user = await call.tx.get(USERS, session.user_id)
    if user is None:
        raise InvalidSession
    return user


async def _with_old_address(user: User, revert: Link, call: Call) -> User:
    """The account with the address it had, unless somebody else has that now."""
    email = str(revert.data["email"])
    try:
        await accounts.check_name_is_free(call.tx, "email", email, owner=user.user_id)
    except NameTaken:
        return user
    call.details["changed"] = ["email"]
    verified = bool(revert.data["email_verified"])
    return user._replace(email=email, email_verified=verified)


async def _shut(user: User, call: Call) -> int:
    """Lock the account, void every link to it, and send one to its address.

    Returns how many logins end. Devices are forgotten and half-done logins end, too.
    """
    user = user._replace(locked_down=True, updated_at=call.now.text)
    call.tx.put(USERS, user)
    await one_time.void(call.tx, user.user_id, Purpose)
    await post(call, new_mail(call, user, Template.RESET))
    call.tx.delete(DEVICES, user.user_id)
    return await end_everything_of(user.user_id, call)
