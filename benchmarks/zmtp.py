"""Just enough of ZeroMQ's wire protocol (ZMTP 3.0, mechanism NULL) for a REQ client.

A libzmq client costs more than the service it would measure; bytes on a plain TCP
socket cost a few microseconds. Knows frames, not what is in them.
"""

from __future__ import annotations

import socket
from typing import Final, NamedTuple

_MORE, _LONG, _COMMAND = 1, 2, 4
_DELIMITER: Final = b"\x01\x00"
_GREETING_BYTES: Final = 64
_GREETING: Final = (
    b"\xff\0\0\0\0\0\0\0\x01\x7f\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
)
_READY: Final = b"\x05READY\x0bSocket-Type\0\0\0\x03REQ"
_PING, _PONG = b"\x04PING", b"\x04PONG"
_PING_TTL_BYTES: Final = 2


class NotZmtp(ValueError):
    """The peer sends what a ROUTER does not send to a REQ."""


class Span(NamedTuple):
    """Where the body of a message lies in the bytes that were received."""

    start: int
    end: int


def connect(endpoint: str, *, timeout_s: float = 30.0) -> socket.socket:
    """A connection on which both sides have said READY. Raises OSError, NotZmtp."""
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    connection = socket.create_connection((host, int(port)), timeout_s)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(_GREETING)
    greeting = _read(connection, _GREETING_BYTES)
    if greeting[0] != 0xFF or greeting[10] < 3:
        raise NotZmtp("the peer does not speak ZMTP 3")
    connection.sendall(bytes([_COMMAND, len(_READY)]) + _READY)
    flags, length = _read(connection, 2)
    if flags != _COMMAND or not _read(connection, length).startswith(b"\x05READY"):
        raise NotZmtp("the peer is not ready")
    return connection


def message(body: bytes) -> bytes:
    """What a REQ sends: an empty delimiter, then the body."""
    if len(body) < 256:
        return _DELIMITER + bytes([0, len(body)]) + body
    return _DELIMITER + bytes([_LONG]) + len(body).to_bytes(8) + body


def find_body(data: bytes) -> Span | None:
    """The body of the message that `data` begins with; None while it is incomplete.

    Raises NotZmtp for anything but a delimiter and one frame.
    """
    if len(data) < 4 or data[0] == _COMMAND:
        return None
    if not data.startswith(_DELIMITER):
        raise NotZmtp(f"no delimiter: {data[:16]!r}")
    if data[2] == 0:
        span = Span(4, 4 + data[3])
    elif data[2] == _LONG:
        span = Span(11, 11 + int.from_bytes(data[3:11]))
    else:
        raise NotZmtp(f"not the last frame: {data[:16]!r}")
    return span if len(data) >= span.end else None


class Command(NamedTuple):
    """A command of the peer: the answer that it wants, and what follows it."""

    answer: bytes
    rest: bytes


def take_command(data: bytes) -> Command | None:
    """The command that `data` begins with, if it does: a heartbeat, answered by PONG."""
    if not data or data[0] != _COMMAND or len(data) < 2 or len(data) < 2 + data[1]:
        return None
    body, rest = data[2 : 2 + data[1]], data[2 + data[1] :]
    if not body.startswith(_PING):
        return Command(b"", rest)
    pong = _PONG + body[len(_PING) + _PING_TTL_BYTES :]
    return Command(bytes([_COMMAND, len(pong)]) + pong, rest)


def _read(connection: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = connection.recv(length - len(data))
        if not more:
            raise ConnectionError("the peer closed the connection")
        data += more
    return data
