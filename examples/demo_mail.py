"""A mail server for the tour: it takes every mail and keeps it for who looks for it."""

import queue
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from typing_extensions import override

ARRIVES_WITHIN_S = 10.0


class Inbox(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.mails: queue.Queue[EmailMessage] = queue.Queue()
        self.settings = {
            "UMS_SMTP_HOST": "127.0.0.1",
            "UMS_SMTP_PORT": str(self.server_address[1]),
            "UMS_SMTP_SECURITY": "plain",  # which is for this machine only
            "UMS_MAIL_FROM": "ums@example.org",
        }

    def until(self, subject: str) -> Iterator[EmailMessage]:
        """The mails that came and come, up to the one with that subject.

        Raises:
            queue.Empty: it does not arrive.
        """
        while True:
            mail = self.mails.get(timeout=ARRIVES_WITHIN_S)
            yield mail
            if mail["Subject"] == subject:
                return


class Conversation(socketserver.StreamRequestHandler):
    """As much of SMTP (RFC 5321) as it takes to be given a mail."""

    @override
    def handle(self) -> None:
        self._answer("220 demo")
        for line in self.rfile:
            command = line.strip().upper()
            if command == b"DATA":
                self._answer("354 go on")
                self._take_mail()
            self._answer("221 bye" if command == b"QUIT" else "250 fine")
            if command == b"QUIT":
                return

    def _take_mail(self) -> None:
        lines = iter(self.rfile.readline, b".\r\n")
        whole = b"".join(line.removeprefix(b".") for line in lines)
        mail = message_from_bytes(whole, policy=SMTP)
        assert isinstance(mail, EmailMessage)
        assert isinstance(self.server, Inbox)
        self.server.mails.put(mail)

    def _answer(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


@contextmanager
def inbox() -> Iterator[Inbox]:
    """A mail server that runs meanwhile."""
    with Inbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
