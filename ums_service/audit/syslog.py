"""Collectors of logs: where they are, and how a message of RFC 5424 gets there.

syslog              /dev/log of this machine, in its older form (RFC 3164)
udp://HOST:PORT     a datagram each (RFC 5426); some may be lost
tcp://HOST:PORT     octets counted (RFC 6587)
tls://HOST:PORT     the same, encrypted to a server that is verified (RFC 5425)
"""

import logging.handlers
import socket
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

TIMEOUT_S: Final = 5.0
LOCAL: Final = "/dev/log"
MESSAGE_BYTES_MAX: Final = 8_192
"""What every collector takes (RFC 5425: at least 8192 should be)."""
APPLICATION: Final = "ums_service"
_KIND: Final = logging.handlers.SysLogHandler
_SEVERITIES: Final = {
    "critical": _KIND.LOG_CRIT,
    "error": _KIND.LOG_ERR,
    "warning": _KIND.LOG_WARNING,
}

Send = Callable[[Sequence["Message"]], None]
"""Takes some messages, in order. Raises OSError, and then nobody knows which arrived.
May block: meant for a thread."""


class BadCollector(ValueError):
    """The setting names no collector."""


class Message(NamedTuple):
    """One event. `at` is ISO 8601 in UTC, `kind` one word, `text` one line."""

    at: str
    kind: str
    severity: str
    text: str

    @property
    def priority(self) -> int:
        """As a number: authorisation messages, by severity."""
        severity = _SEVERITIES.get(self.severity, _KIND.LOG_INFO)
        return _KIND.LOG_AUTHPRIV << 3 | severity

    def modern(self, host: str) -> bytes:
        """As RFC 5424 has it: no structured data, ASCII in the message."""
        head = f"<{self.priority}>1 {self.at} {host} {APPLICATION} - {self.kind[:32]} -"
        return f"{head} {self.text}".encode("ascii", "replace")

    def local(self) -> bytes:
        """As the sockets of this machine take it, which add the time themselves."""
        head = f"<{self.priority}>{APPLICATION}: {self.kind}"
        return f"{head} {self.text}".encode("ascii", "replace")


class Collector(NamedTuple):
    """Where messages go; `name` is for messages about it."""

    name: str
    send: Send


def collector_at(place: str, ca_file: Path | None = None) -> Collector:
    """A collector: `syslog`, or `udp://`, `tcp://` or `tls://` with HOST:PORT.

    Raises:
        BadCollector: it is none of them.
    """
    if place == "syslog":
        return Collector(place, _to_local)
    parts = urlsplit(place)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("udp", "tcp", "tls") or not parts.hostname or not port:
        raise BadCollector(
            f"{place} is no collector of logs: syslog, udp://HOST:PORT, "
            "tcp://HOST:PORT or tls://HOST:PORT"
        )
    address, host = (parts.hostname, port), socket.gethostname() or "-"
    if parts.scheme == "udp":
        return Collector(place, lambda m: _to_udp(address, host, m))
    if parts.scheme == "tcp":
        return Collector(place, lambda m: _to_tcp(address, host, m))
    return Collector(place, lambda m: _to_tls(address, host, m, ca_file))


def _to_local(messages: Iterable[Message]) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(TIMEOUT_S)
        sender.connect(LOCAL)
        for message in messages:
            sender.send(message.local())


def _to_udp(address: tuple[str, int], host: str, messages: Iterable[Message]) -> None:
    family, kind, protocol, _, target = socket.getaddrinfo(
        *address, type=socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind, protocol) as sender:
        sender.settimeout(TIMEOUT_S)
        sender.connect(target)  # so that a closed port of this network is told
        for message in messages:
            sender.send(message.modern(host))


def _to_tcp(address: tuple[str, int], host: str, messages: Iterable[Message]) -> None:
    with socket.create_connection(address, TIMEOUT_S) as sender:
        sender.sendall(_counted(host, messages))


def _to_tls(
    address: tuple[str, int],
    host: str,
    messages: Iterable[Message],
    ca_file: Path | None,
) -> None:
    import ssl  # noqa: PLC0415 - takes 20 ms, and few services need it

    context = ssl.create_default_context(cafile=ca_file)
    with (
        socket.create_connection(address, TIMEOUT_S) as plain,
        context.wrap_socket(plain, server_hostname=address[0]) as sender,
    ):
        sender.sendall(_counted(host, messages))
        sender.unwrap()  # the other end has read all that came before


def _counted(host: str, messages: Iterable[Message]) -> bytes:
    made = [message.modern(host) for message in messages]
    return b"".join(b"%d %b" % (len(one), one) for one in made)
