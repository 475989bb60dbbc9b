"""One mail to the mail server, over SMTP (RFC 5321), encrypted unless it stays here.

A server that should offer STARTTLS and does not, or whose certificate does not verify,
gets no mail: it waits in the outbox.
"""

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from ums_service.mail.compose import Composer
from ums_service.mail.outcomes import NotSent, RefusedForGood, RelayDown, TryLater
from ums_service.mail.sender import Letter

if TYPE_CHECKING:
    import smtplib
    from email.message import EmailMessage
    from ssl import SSLContext

Security = Literal["starttls", "tls", "plain"]
PORTS: Final[dict[Security, int]] = {"starttls": 587, "tls": 465, "plain": 25}
_PERMANENT: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail goes. With `ca_file` only certificates it vouches for are taken."""

    host: str
    port: int
    security: Security
    helo: str
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: Path | None = None
    timeout_s: float = 30.0


def is_this_machine(host: str) -> bool:
    """Whether what is sent there cannot be read on a network."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


class Courier:
    """Writes a letter and hands it to the mail server. Blocks: for a thread."""

    def __init__(self, composer: Composer, server: SmtpServer) -> None:
        self._composer = composer
        self._server = server

    def deliver(self, letter: Letter) -> None:
        """Return when the server has taken the mail.

        Raises:
            NotSent: it has not; the class tells whether to try again.
        """
        message = self._composer.compose(letter)
        connection = self._connect()
        try:
            self._transact(connection, message, letter)
        finally:
            connection.close()

    def greet(self) -> None:
        """Connect, encrypt and log in as for a mail, and leave again.

        Raises:
            RelayDown: the server cannot be used as it is set.
        """
        self._connect().close()

    def _connect(self) -> "smtplib.SMTP":
        import smtplib  # noqa: PLC0415 - most starts send no mail at once

        server = self._server
        connection: smtplib.SMTP | None = None
        try:
            if server.security == "tls":
                connection = smtplib.SMTP_SSL(
                    server.host,
                    server.port,
                    server.helo,
                    timeout=server.timeout_s,
                    context=self._tls(),
                )
            else:
                connection = smtplib.SMTP(
                    server.host, server.port, server.helo, timeout=server.timeout_s
                )
            if server.security == "starttls":
                connection.starttls(context=self._tls())
            if server.user:
                connection.login(server.user, server.password)
        except OSError as error:  # smtplib's own errors are of this kind, too
            if connection is not None:
                connection.close()
            raise RelayDown(_told(error)) from None
        return connection

    def _tls(self) -> "SSLContext":
        import ssl  # noqa: PLC0415 - as above

        return ssl.create_default_context(cafile=self._server.ca_file)

    def _transact(
        self, connection: "smtplib.SMTP", message: "EmailMessage", letter: Letter
    ) -> None:
        import smtplib  # noqa: PLC0415 - as above

        sender, to = str(message["From"].addresses[0].addr_spec), letter.mail.to
        try:
            connection.send_message(message, sender, [to])
        except smtplib.SMTPRecipientsRefused as error:
            raise _judged(*error.recipients[to]) from None
        except smtplib.SMTPDataError as error:
            raise _judged(error.smtp_code, error.smtp_error, letter.token) from None
        except (smtplib.SMTPNotSupportedError, UnicodeError) as error:
            raise RefusedForGood(_told(error)) from None
        except OSError as error:
            raise RelayDown(_told(error)) from None


def _judged(code: int, text: bytes | str, token: str = "") -> NotSent:
    """5xx is for good, 4xx (greylisting, a full mailbox) for now (RFC 5321 4.2.1)."""
    said = text.decode("ascii", "replace") if isinstance(text, bytes) else text
    if token:
        said = said.replace(token, "(token)")  # a server may quote what it refuses
    kind = RefusedForGood if code >= _PERMANENT else TryLater
    return kind(f"{code} {said}")


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
