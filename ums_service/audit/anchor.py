"""Keeping the head of the store elsewhere, so that a rollback shows.

Whoever can set back the whole directory leaves a store that is sound in itself. A head
written down where they cannot change it tells: `verify --against`.
"""

import logging
import logging.handlers
import os
import socket
from collections.abc import Callable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from storage import Head

_TIMEOUT_S: Final = 5.0
_SYSLOG: Final = "/dev/log"

Send = Callable[[bytes], None]
"""Takes one line. Raises OSError. May block: meant for a thread."""


class BadAnchor(ValueError):
    """The setting names no place to keep a head in."""


class Anchor(NamedTuple):
    """A place for heads; `name` is for messages."""

    name: str
    send: Send

    def keep(self, head: Head, at: str) -> None:
        """Write one line, the time and the head. Raises OSError."""
        self.send(f"{at} {head.text}\n".encode())


def anchor_at(place: str) -> Anchor:
    """An anchor: the path of a file, `syslog`, `tcp://HOST:PORT` or `udp://HOST:PORT`.

    Raises:
        BadAnchor: it is none of them.
    """
    if place == "syslog":
        return Anchor(place, _to_syslog)
    if "://" not in place:
        return Anchor(place, lambda line: _to_file(place, line))
    parts = urlsplit(place)
    try:
        port = parts.port
    except ValueError:
        port = None
    if parts.scheme not in ("tcp", "udp") or not parts.hostname or not port:
        raise BadAnchor(
            f"{place} is no anchor: a file, syslog, tcp://HOST:PORT or udp://HOST:PORT"
        )
    address = (parts.hostname, port)
    if parts.scheme == "tcp":
        return Anchor(place, lambda line: _to_tcp(address, line))
    return Anchor(place, lambda line: _to_udp(address, line))


def last_head(line: str) -> Head:
    """The head at the end of a line of an anchor. Raises ValueError."""
    return Head.parse((line.split() or [""])[-1])


def _to_file(path: str, line: bytes) -> None:
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _to_syslog(line: bytes) -> None:
    kind = logging.handlers.SysLogHandler
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.settimeout(_TIMEOUT_S)
        sender.connect(_SYSLOG)
        priority = kind.LOG_AUTH << 3 | kind.LOG_NOTICE
        sender.send(b"<%d>ums_service: head %b" % (priority, line.rstrip()))


def _to_tcp(address: tuple[str, int], line: bytes) -> None:
    with socket.create_connection(address, _TIMEOUT_S) as sender:
        sender.sendall(line)


def _to_udp(address: tuple[str, int], line: bytes) -> None:
    family, kind, protocol, _, target = socket.getaddrinfo(
        *address, type=socket.SOCK_DGRAM
    )[0]
    with socket.socket(family, kind, protocol) as sender:
        sender.settimeout(_TIMEOUT_S)
        sender.sendto(line, target)
