"""A service that sends mail, and the mailbox of its people."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.service.harness import GOOD
from tests.service.mailbox import code_in, text_of
from tests.service.running import RunningService, login_as_admin, running_service
from tests.service.smtp_server import HOST, Taken, smtp_server


@dataclass
class Mailing:
    """The service, and what came out of it."""

    service: RunningService
    token: str
    taken: Taken

    def member(self, username: str, **more: Any) -> str:
        """An account with the usual password, whose mails go to NAME@example.org."""
        made = self.service.ask(
            action="create_user",
            session_token=self.token,
            user_data={
                "username": username,
                "email": f"{username}@example.org",
                "password": GOOD,
                **more,
            },
        )
        assert made["status"] == "success", made
        return str(made["user_id"])

    def link(self, username: str, subject: str) -> str:
        """The token in the newest mail to somebody with that in its subject, if any."""
        found = self._mails(username, subject)
        return code_in(found[-1]) if found else ""

    def code(self, username: str, subject: str, *, number: int = 1) -> str:
        """The digits in the mail of that number to somebody, if it has come."""
        found = self._mails(username, subject)
        if len(found) < number:
            return ""
        digits = re.search(r"\b(\d{6})\b", text_of(found[number - 1]))
        assert digits, text_of(found[number - 1])
        return digits[1]

    def _mails(self, username: str, subject: str) -> list[EmailMessage]:
        read = []
        for envelope in list(self.taken.envelopes):
            content: Any = envelope.content
            message = email.message_from_bytes(content, policy=policy.default)
            assert isinstance(message, EmailMessage)
            to, said = str(message["To"]), str(message["Subject"])
            if to.startswith(f"{username}@") and subject.casefold() in said.casefold():
                read.append(message)
        return read


@contextmanager
def mailing_service(data: Path, **settings: str) -> Iterator[Mailing]:
    """A service with a mail server of its own."""
    with smtp_server() as (taken, port):
        env = {
            "UMS_SMTP_HOST": HOST,
            "UMS_SMTP_PORT": str(port),
            "UMS_SMTP_SECURITY": "plain",
            "UMS_MAIL_FROM": "ums@example.org",
        } | settings
        with running_service(data, env=env) as service:
            yield Mailing(service, login_as_admin(service), taken)
