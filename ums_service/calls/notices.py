"""Telling people: in the transaction of what is told, mailed after it is durable.

`notify` tells people what happened to their account, in their list and by mail where it
is set up; `post` is for flows that do not work without mail.
"""

from dataclasses import replace
from typing import Any, Final

from ums_service.calls.call import Call
from ums_service.domain import one_time, outbox
from ums_service.domain.errors import NotConfigured
from ums_service.domain.invitations import Invitation
from ums_service.domain.mailed_links import remember_address
from ums_service.domain.one_time import ONE_TIME, Purpose
from ums_service.domain.outbox import LINK_OF, Mail, Template
from ums_service.domain.users import User
from ums_service.mail.queue import MailQueue
from ums_service.sending.mails import (
    Notice,
    greeting_of,
    is_fit,
    is_reachable,
    mail_to,
    masked,
    notice,
)

INVITING: Final = "invitation"
"""Where the link of an invitation leads, as the purposes of other links do."""


def require_mail(call: Call) -> MailQueue:
    """The queue of mails.

    Raises:
        NotConfigured: no mail server is set up; says nothing about any account.
    """
    queue = call.facilities.mail
    if queue is None:
        raise NotConfigured("mail server")
    return queue


async def notify(call: Call, user: User, template: Template, **data: Any) -> None:
    """Tell the owner of an account what happened to it, if people are told.

    A full outbox leaves the mail out: it never makes an operation fail.
    """
    if not call.facilities.profile.notices:
        return
    notice = notice_to(user, new_mail(call, user, template, **data), call)
    if tells(call) and is_reachable(user) and notice.queue is None:
        call.details["mail"] = "outbox full"
    await notice.put(call.tx)
    call.after_commit.append(lambda: notice.send(call.now))


def notice_to(user: User, mail: Mail, call: Call) -> Notice:
    """What `user` is told in a call, as `notice` has it."""
    facilities = call.facilities
    return notice(user, mail, facilities.mail, facilities.profile, facilities.store)


def tells(call: Call) -> bool:
    """Whether people are told by mail what happened to their account."""
    return call.facilities.mail is not None and call.facilities.profile.notices


async def notify_new_address(call: Call, before: User, after: User) -> None:
    """Tell the old address, with a link that takes the change back."""
    if tells(call):
        links = await one_time.of_account(call.tx, before.user_id)
        profile = call.facilities.profile
        call.tx.put(ONE_TIME, remember_address(links, before, call.now, profile))
    new_email = masked(after.email)
    await notify(call, before, Template.ADDRESS_CHANGED, new_email=new_email)


async def ask_to_verify(call: Call, user: User) -> None:
    """Send a link that verifies the address that the account has."""
    await post(call, new_mail(call, user, Template.VERIFY_ADDRESS))


async def ask_to_verify_new(call: Call, user: User, email: str) -> None:
    """Send a link to a new address; it becomes the account's when the link is used."""
    mail = new_mail(call, user, Template.VERIFY_ADDRESS)
    data = {"email": email, "bound_to": user.password_changed_at}
    purpose = Purpose.CHANGE_ADDRESS.value
    await post(call, replace(mail, to=email, purpose=purpose, link_data=data))


def new_mail(call: Call, user: User, template: Template, **data: Any) -> Mail:
    """A mail to the owner of an account, not yet queued."""
    mail_id = call.facilities.new_token()
    return mail_to(user, template, call.now, call.address, mail_id, **data)


def invitation_mail(
    call: Call, invitation: Invitation, inviter: User, lab_name: str
) -> Mail:
    """What is mailed to somebody who is invited, and may have no account."""
    first_name = " ".join(invitation.first_name.split())
    return Mail(
        mail_id=call.facilities.new_token(),
        template=Template.INVITATION.value,
        user_id="",
        to=invitation.email,
        queued_s=call.now.epoch_s,
        next_try_s=call.now.epoch_s,
        data={
            "name": first_name if is_fit(first_name) else invitation.email,
            "inviter": greeting_of(inviter),
            "lab": lab_name if is_fit(lab_name) else "",
            "message": invitation.message,
        },
        purpose=INVITING,
        link_data={"invitation_id": invitation.invitation_id},
    )


def request_to(call: Call, user: User | None, template: Template, name: str) -> Mail:
    """A mail that a stranger asked for; to nobody where nobody has the name.

    The one to nobody is queued like any other and thrown away by the sender: the
    request takes the same work either way.
    """
    if user is not None:
        return new_mail(call, user, template)
    now_s, purpose = call.now.epoch_s, LINK_OF[template].value
    return Mail(
        mail_id=call.facilities.new_token(),
        template=template.value,
        user_id="",
        to=require_mail(call).nobody(name),
        queued_s=now_s,
        next_try_s=now_s,
        data={"username": "", "name": "", "at": "", "address": call.address},
        purpose=purpose,
    )


async def post(call: Call, mail: Mail) -> None:
    """Queue a mail with the changes of the call; sent after they are durable.

    A full outbox leaves it out: mail never makes an operation fail.
    """
    queue = require_mail(call)
    if not queue.has_room(call.facilities.store):
        call.details["mail"] = "outbox full"
        return
    await outbox.add(call.tx, mail)
    call.after_commit.append(lambda: queue.add(mail, call.now))


def lockout_notice(call: Call) -> Notice | None:
    """What to tell the owner of an account that a source was shut out of; if anything.

    A full outbox leaves the mail out.
    """
    user, profile = call.shut_out, call.facilities.profile
    if user is None or not profile.notices:
        return None
    minutes = profile.lockout_s // 60
    mail = new_mail(call, user, Template.ACCOUNT_LOCKED, minutes=minutes)
    return notice_to(user, mail, call)
