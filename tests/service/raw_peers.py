"""Peers that speak ZMTP by hand, or something else altogether."""

import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

GREETING = (
    b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
)
HEALTH = b'{"action": "health_check"}'


def frame(body: bytes, *, more: bool = False, command: bool = False) -> bytes:
    """A frame of ZMTP 3."""
    flags = more | (4 if command else 0)
    if len(body) < 256:
        return bytes([flags, len(body)]) + body
    return bytes([flags | 2]) + struct.pack(">Q", len(body)) + body


def _property(name: bytes, value: bytes) -> bytes:
    return bytes([len(name)]) + name + struct.pack(">I", len(value)) + value


READY = frame(
    b"\x05READY" + _property(b"Socket-Type", b"DEALER") + _property(b"Identity", b""),
    command=True,
)


@contextmanager
def tcp(port: int, within_s: float = 10.0) -> Iterator[socket.socket]:
    """A TCP connection that says nothing yet."""
    with socket.create_connection(("127.0.0.1", port), timeout=within_s) as channel:
        yield channel


@contextmanager
def zmtp(port: int) -> Iterator[socket.socket]:
    """A connection past its handshake, as a DEALER without an identity."""
    with tcp(port) as channel:
        channel.sendall(GREETING)
        _read(channel, len(GREETING))
        channel.sendall(READY)
        head = _read(channel, 2)
        _read(channel, head[1])
        yield channel


def _read(channel: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        more = channel.recv(length - len(data))
        assert more, "the connection was closed"
        data += more
    return data


def send_until_cut(
    channel: socket.socket, data: bytes, *, most_bytes: int, within_s: float
) -> int:
    """Send `data` again and again until the other side ends it; returns the bytes sent."""
    end, sent = time.monotonic() + within_s, 0
    channel.settimeout(0.5)
    with suppress(OSError):
        while sent < most_bytes and time.monotonic() < end:
            try:
                sent += channel.send(data)
            except TimeoutError:
                continue
    return sent


def heard(channel: socket.socket, within_s: float) -> bytes:
    """All that the other side says until it closes or has been quiet for so long."""
    channel.settimeout(within_s)
    data = b""
    with suppress(OSError):
        while more := channel.recv(65_536):
            data += more
    return data


def heard_until_closed(channel: socket.socket, within_s: float) -> bytes:
    """All that the other side says before it closes; it must do so in time."""
    end, data = time.monotonic() + within_s, b""
    try:
        while True:
            channel.settimeout(max(0.001, end - time.monotonic()))
            more = channel.recv(65_536)
            if not more:
                return data
            data += more
    except ConnectionResetError:
        return data


def _zmtp1(*frames: bytes) -> bytes:
    """A message of ZMTP 1.0: an anonymous greeting, then frames of length and flags."""
    message = b"\x01\x00"
    for number, body in enumerate(frames):
        more = number < len(frames) - 1
        message += bytes([len(body) + 1, more]) + body
    return message


STRANGERS = {
    "ZMTP 1.0": _zmtp1(b"", HEALTH),
    "ZMTP 1.0 without delimiter": _zmtp1(HEALTH),
    "ZMTP 2.0": b"\xff"
    + bytes(8)
    + b"\x7f\x01\x05\x00\x00"
    + frame(b"", more=True)
    + frame(HEALTH),
    "HTTP POST": b"POST / HTTP/1.1\r\nHost: localhost:5556\r\nContent-Type: text/plain\r\n"
    b"Content-Length: 300\r\n\r\n" + _zmtp1(b"", HEALTH) * 6,
    "HTTP GET": b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + os.urandom(500),
    "SSH hello": b"SSH-2.0-OpenSSH_9.6\r\n",
    "zeros": bytes(10_000),
    "ones": b"\xff" * 10_000,
    "noise": os.urandom(10_000),
    "half a greeting": GREETING[:30],
    "a greeting with an unknown mechanism": GREETING.replace(b"NULL", b"NOPE"),
    "a greeting and noise": GREETING + os.urandom(1_000),
    "a greeting and a message without READY": GREETING
    + frame(b"", more=True)
    + frame(HEALTH),
    "a greeting and a huge command": GREETING + b"\x06" + struct.pack(">Q", 1 << 40),
}
