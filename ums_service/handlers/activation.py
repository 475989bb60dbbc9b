"""Accounts that an administrator made for somebody, taken up by them.

    create_user(auto_activate=false) --> PENDING --activate_account--> active

A pending account opens no session. Who has the token chooses the password, so that
nobody else ever knows it.
"""

from ums_client.protocol.activation import ActivateAccount, ActivateAccountReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify
from ums_service.domain import one_time
from ums_service.domain.errors import MissingInput
from ums_service.domain.one_time import Purpose
from ums_service.domain.outbox import Template
from ums_service.domain.roster import update_roster
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.handlers.new_passwords import with_new_password


async def activate_account(
    request: ActivateAccount, call: Call
) -> Answer[ActivateAccountReply]:
    """Let a pending account be used; opens no session."""
    purposes = [Purpose.ACTIVATE]
    before, link = await one_time.redeem(call.tx, request.token, purposes, call.now)
    call.subject = before.user_id
    user = before
    if request.password:
        user = await with_new_password(user, request.password, call)
    elif not _has_password(user, call):
        raise MissingInput("Password is required")
    verified = user.email_verified or link.mailed  # who got the mail owns the address
    user = user._replace(
        status=ACTIVE, email_verified=verified, updated_at=call.now.text
    )
    await update_roster(call.tx, before, user)
    call.tx.put(USERS, user)
    await notify(call, user, Template.WELCOME)
    return answer(
        ActivateAccountReply,
        message="Account activated successfully",
        username=user.username,
        email=user.email,
    )


def _has_password(user: User, call: Call) -> bool:
    """Whether there is one that still opens something."""
    until = user.password_good_until
    return until is None or call.now.reached_s <= until
