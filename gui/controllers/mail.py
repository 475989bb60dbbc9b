"""The mail that waits or was given up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.wording import counted, moment, said
from ums_client.protocol.mail import (
    DropMail,
    ListMail,
    ListMailReply,
    QueuedMail,
    RetryMail,
    TestMail,
)

FailedWith = Callable[[Problem], object]


@dataclass(frozen=True, slots=True)
class Outbox:
    """The oldest mails that are not sent, and how many there are in all."""

    items: tuple[Item, ...]
    text: str


class Upkeep:
    """The outbox of the service."""

    def __init__(self, desk: Desk) -> None:
        """Nothing is fetched yet."""
        self.desk = desk

    def mails(self, then: Callable[[Outbox], object], failed: FailedWith) -> None:
        """List the mails that are not sent."""
        self.desk.ask(ListMail, lambda reply: then(_outbox(reply)), failed)

    def retry(
        self, mail_id: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Try a mail again at once."""
        self.desk.ask(lambda: RetryMail(mail_id=mail_id), then, failed)

    def drop(
        self, mail_id: str, then: Callable[[Any], object], failed: FailedWith
    ) -> None:
        """Forget a mail."""
        self.desk.ask(lambda: DropMail(mail_id=mail_id), then, failed)

    def test(self, then: Callable[[str], object], failed: FailedWith) -> None:
        """Send a test to oneself; `then` gets the address."""
        self.desk.ask(TestMail, lambda reply: then(reply.to), failed)

    def drop_command(self, mail_id: str) -> str:
        """The shell command for `drop`."""
        return shell_command(self.desk.place, DropMail, mail_id=mail_id)


def _outbox(reply: ListMailReply) -> Outbox:
    waiting = f"{counted(reply.pending, 'mail')} waiting, {reply.dead} given up."
    shown = len(reply.mails)
    if shown < reply.pending + reply.dead:
        waiting += f" The oldest {shown} are shown."
    return Outbox(tuple(_item(mail) for mail in reply.mails), waiting)


def _item(mail: QueuedMail) -> Item:
    dead = mail.state == "dead"
    cells = (
        mail.to,
        said(mail.template),
        "given up" if dead else "waiting",
        str(mail.attempts),
        moment(mail.queued_at),
        "" if dead else moment(mail.next_try_at),
        mail.last_error,
    )
    return Item(mail.mail_id, cells, "danger" if dead else "")
