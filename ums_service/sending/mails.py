"""What the owner of an account is told by mail: in which words, and whether it can arrive."""

from typing import Any, Final, NamedTuple

from storage import Store, Transaction
from ums_service.domain.clients import ClientInfo
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import LINK_OF, Mail, Template
from ums_service.domain.profiles import Profile
from ums_service.domain.telling import tell
from ums_service.domain.users import User
from ums_service.mail.queue import MailQueue

_NAME_CHARS_MAX: Final = 60
_UNFIT_FOR_NAMES: Final = frozenset("/:@<>\\")


class Notice(NamedTuple):
    """What an account is told, and the queue of the mail; None where there is none."""

    mail: Mail
    queue: MailQueue | None
    kept: int

    async def put(self, tx: Transaction) -> None:
        """Have it told when `tx` is committed; then `send`."""
        await tell(tx, self.mail, by_mail=self.queue is not None, kept=self.kept)

    def send(self, now: Moment) -> None:
        """Have the mail sent, which is on disk."""
        if self.queue is not None:
            self.queue.add(self.mail, now)


def notice(
    user: User, mail: Mail, queue: MailQueue | None, profile: Profile, store: Store
) -> Notice:
    """What `user` is told, with `mail` where it can be mailed and the outbox has room."""
    mailed = queue is not None and is_reachable(user) and queue.has_room(store)
    return Notice(mail, queue if mailed else None, profile.notifications_kept)


def is_reachable(user: User) -> bool:
    """Whether mail can reach an account.

    Programs read none, the first administrator begins without an address, and
    anonymised accounts have none.
    """
    begins = user.bootstrap and user.email.endswith("@localhost")
    return "@" in user.email and not (begins or user.service_account)


def mail_to(
    user: User, template: Template, now: Moment, address: str, mail_id: str, **data: Any
) -> Mail:
    """A mail that tells what happened to an account, when and from which address."""
    purpose = LINK_OF.get(template)
    about = {
        "name": greeting_of(user),
        "username": user.username[:_NAME_CHARS_MAX],
        "at": now.utc.strftime("%Y-%m-%d %H:%M UTC"),
        "address": address,
    }
    return Mail(
        mail_id=mail_id,
        template=template.value,
        user_id=user.user_id,
        to=user.email,
        queued_s=now.epoch_s,
        next_try_s=now.epoch_s,
        data=about | data,
        purpose=purpose.value if purpose else "",
    )


def greeting_of(user: User) -> str:
    """How a mail addresses somebody.

    By their full name only if they are known to own the address, and never by what
    looks like a link: otherwise anybody could have us send their words to a stranger.
    """
    name = " ".join(user.full_name.split())
    if user.email_verified and is_fit(name):
        return name
    return user.username[:_NAME_CHARS_MAX]


def told_device(client: ClientInfo) -> str:
    """How a mail names the device of a login: in its words only if they are harmless."""
    name = " ".join(client.device_name.split())
    return name if is_fit(name) else "it did not tell its name"


def is_fit(name: str) -> bool:
    """Whether a name can stand in a mail: short, and not like a link."""
    unfit = _UNFIT_FOR_NAMES & {*name} or "." in name or not name.isprintable()
    return bool(name) and not unfit and len(name) <= _NAME_CHARS_MAX


def masked(email: str) -> str:
    """An address that its owner recognises and others cannot use."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}***@{domain}"
