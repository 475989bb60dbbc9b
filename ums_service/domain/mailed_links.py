"""The link in a mail, made at the moment the mail leaves.

What a purpose does when there is a link already:

    reset, verify, activate,
    change_address                  the newer mail voids the older
    revert_address                  made with the change itself; the older stays: who
                                    takes an account over and changes the address twice
                                    must not void the link that the owner has
    lock_down                       both are good

Answers to requests that anybody may send must not tell whether an account exists, so
such a request only queues; whether its mail is to be sent is judged here.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from storage import Transaction
from ums_service.domain import invitations, one_time
from ums_service.domain.invitations import INVITATIONS, State
from ums_service.domain.moment import Moment
from ums_service.domain.one_time import (
    DIGESTS_MAX,
    ONE_TIME,
    Link,
    OneTime,
    Purpose,
    lifetime_s,
    new_link,
    token_of,
)
from ums_service.domain.outbox import Mail, Template
from ums_service.domain.profiles import Profile
from ums_service.domain.statuses import Status
from ums_service.domain.users import ACTIVE, USERS, User

_ASKED_FOR: Final = frozenset({Purpose.RESET, Purpose.VERIFY, Purpose.ACTIVATE})


class Made(NamedTuple):
    """The token of one mail, empty for none, and how long it is good."""

    token: str
    good_for_s: int


class NotToBeSent(Exception):
    """The mail has no use any more; `reason` is for the audit log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def token_for(
    tx: Transaction, mail: Mail, secret: str, now: Moment, profile: Profile
) -> Made:
    """The token that goes into `mail`, good when `tx` is committed; empty for none.

    `secret` is 256 random bits as text; nothing but its digest is stored.

    Raises:
        NotToBeSent: there is nobody to send it to, or nothing it would be good for.
    """
    if mail.template == Template.INVITATION:
        return await _of_invitation(tx, mail, secret, now)
    purpose = Purpose(mail.purpose)
    good_for_s = lifetime_s(purpose, profile)
    user: User | None = None
    if mail.user_id:
        user = await tx.get(USERS, mail.user_id)
    if user is None or not _has_use(purpose, mail, user):
        raise NotToBeSent("void")
    account = await one_time.of_account(tx, user.user_id)
    if purpose in _ASKED_FOR and not mail.attempts:
        counted = account.counted(purpose, now, most=profile.links_per_hour)
        if counted is None:
            raise NotToBeSent("limit")
        account = counted
    link = _link(purpose, mail, user, secret, now, profile)
    joined = _joined(account, link, now)
    if joined is None:
        return Made("", good_for_s)
    tx.put(ONE_TIME, account.with_link(joined))
    return Made(token_of(user.user_id, secret), good_for_s)


async def _of_invitation(tx: Transaction, mail: Mail, secret: str, now: Moment) -> Made:
    found = await tx.get(INVITATIONS, str(mail.link_data["invitation_id"]))
    if found is None or found.state(now) is not State.PENDING:
        raise NotToBeSent("void")
    tx.put(INVITATIONS, found.with_token(secret))
    return Made(invitations.token_of(found, secret), found.expires_s - now.reached_s)


def _has_use(purpose: Purpose, mail: Mail, user: User) -> bool:
    if purpose is Purpose.RESET:
        usable = user.status == ACTIVE and not user.service_account
        return usable and user.email == mail.to
    if purpose is Purpose.VERIFY:
        return not user.email_verified and user.email == mail.to
    if purpose is Purpose.ACTIVATE:
        return user.status == Status.PENDING and user.email == mail.to
    if purpose is Purpose.CHANGE_ADDRESS:
        return bool(mail.link_data["bound_to"] == user.password_changed_at)
    return True


def _link(
    purpose: Purpose,
    mail: Mail,
    user: User,
    secret: str,
    now: Moment,
    profile: Profile,
) -> Link:
    return replace(
        new_link(purpose, user, secret, now, profile),
        mail_id=mail.mail_id,
        address=mail.to,
        mailed=True,
        queued_s=mail.queued_s,
        data=dict(mail.link_data),
    )


def _joined(account: OneTime, link: Link, now: Moment) -> Link | None:
    """The link to store, made of this one and the one there is; None to leave that."""
    purpose = Purpose(link.purpose)
    known = account.live(purpose, now)
    if purpose is Purpose.REVERT_ADDRESS:
        if known is None or known.address != link.address:
            return None
        return replace(_both(known, link), data=known.data)
    if known is None:
        return link
    if known.mail_id == link.mail_id or purpose is Purpose.LOCK_DOWN:
        return _both(known, link)
    if known.queued_s > link.queued_s:
        raise NotToBeSent("superseded")
    return link


def _both(known: Link, link: Link) -> Link:
    return replace(link, digests=(*known.digests, *link.digests)[-DIGESTS_MAX:])


def remember_address(
    account: OneTime, user: User, now: Moment, profile: Profile
) -> OneTime:
    """The account's links, with a way back to the address that `user` has now.

    It exists from the change on, without a token until the mail leaves.
    """
    if account.live(Purpose.REVERT_ADDRESS, now) is not None:
        return account
    link = new_link(Purpose.REVERT_ADDRESS, user, "", now, profile)
    was = {"email": user.email, "email_verified": user.email_verified}
    return account.with_link(replace(link, digests=(), data=was))
