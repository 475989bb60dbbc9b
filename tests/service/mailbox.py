"""Mail of a bench: what would go out, and the codes in it."""

import email
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from functools import partial
from typing import Any

from tests.service.harness import Bench, Message
from ums_service.audit.names import name_sealed
from ums_service.deployment.mail_settings import mail_sender
from ums_service.domain.one_time import (
    ONE_TIME,
    Purpose,
    new_link,
    of_account,
    token_of,
)
from ums_service.domain.outbox import OUTBOX, Mail, RetryRules
from ums_service.mail.compose import Composer
from ums_service.mail.outcomes import NotSent
from ums_service.mail.sender import TRY_MAX_S, Letter, MailSender

MAIL: Message = {
    "smtp_host": "127.0.0.1",
    "smtp_security": "plain",
    "mail_from": "ums@example.org",
}
RULES = RetryRules((60, 300, 900, 3_600, 14_400), 86_400)
HOUR_S, DAY_S = 3_600, 86_400


@dataclass
class Mailbox:
    """Takes mails instead of a server; `failure` is what it answers while it is set."""

    bench: Bench
    received: list[EmailMessage] = field(default_factory=list)
    failure: NotSent | None = None
    tried: int = 0
    try_max_s: float = TRY_MAX_S
    on_delivery: Callable[[Letter], None] = lambda _: None

    def __post_init__(self) -> None:
        self.composer = Composer(mail_sender(self.bench.settings))
        self.sender = self.new_sender()

    def new_sender(self) -> MailSender:
        """A sender as after a start, over the store and the queue of the bench."""
        facilities = self.bench.service.facilities
        assert facilities.mail is not None
        return MailSender(
            facilities.store,
            facilities.mail,
            self.deliver,
            RULES,
            facilities.profile,
            self.bench.steady,
            partial(name_sealed, facilities.store),
            try_max_s=self.try_max_s,
        )

    def restart(self) -> None:
        """Stop the service in order and start it anew on its disk."""
        self.bench.restart()
        self.sender = self.new_sender()
        facilities = self.bench.service.facilities
        facilities.mail.load(facilities.store, self.bench.clock.now)

    def deliver(self, letter: Letter) -> None:
        self.tried += 1
        self.on_delivery(letter)
        message = self.composer.compose(letter)
        if self.failure is not None:
            raise self.failure
        read = email.message_from_bytes(message.as_bytes(), policy=message.policy)
        assert isinstance(read, EmailMessage)
        self.received.append(read)

    def send(self) -> list[EmailMessage]:
        """Have all that is due sent; returns what arrived."""
        before = len(self.received)
        self.bench.run(self.sender.send_due())
        return self.received[before:]

    def code(self, to: str, subject: str = "") -> str:
        """Send, and find the code in the newest mail to `to`."""
        self.send()
        fit = [m for m in self.received if m["To"] == to and subject in m["Subject"]]
        assert fit, [(m["To"], m["Subject"]) for m in self.received]
        return code_in(fit[-1])

    def waiting(self) -> list[Mail]:
        return list(self.bench.store.scan(OUTBOX))


def text_of(message: EmailMessage, kind: str = "plain") -> str:
    part: Any = message.get_body((kind,))
    return str(part.get_content())


def code_in(message: EmailMessage) -> str:
    """The one-time token of a mail."""
    found = re.search(r"([0-9a-f-]{26,36}\.[\w-]{43})", text_of(message))
    assert found, text_of(message)
    return found[1]


def has_code(message: EmailMessage) -> bool:
    return re.search(r"[0-9a-f-]{26,36}\.[\w-]{43}", text_of(message)) is not None


def planted_token(bench: Bench, name: str, purpose: Purpose) -> str:
    """A token for the account of that name, as if it had come by mail."""
    user, profile, now = bench.user(name), bench.profile, bench.clock.now
    link = new_link(purpose, user, "s" * 43, now, profile)
    data = {"email": f"{name}.new@example.org", "email_verified": False}

    async def plant() -> None:
        async with bench.store.transaction() as tx:
            links = await of_account(tx, user.user_id)
            tx.put(ONE_TIME, links.with_link(replace(link, data=data)))

    bench.run(plant())
    return token_of(user.user_id, "s" * 43)


def planted_mail(bench: Bench, name: str, mail_id: str = "mail") -> str:
    """The id of a mail that waits for the account of that name."""
    user, now_s = bench.user(name), bench.clock.now.epoch_s

    async def plant() -> None:
        async with bench.store.transaction() as tx:
            mail = Mail(
                mail_id=mail_id,
                template="welcome",
                user_id=user.user_id,
                to=f"{mail_id}@example.org",
                queued_s=now_s,
                next_try_s=now_s,
                data={"name": name, "username": name},
            )
            tx.put(OUTBOX, mail)

    bench.run(plant())
    return mail_id
