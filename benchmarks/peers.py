"""One client of the load generator: a connection, and the requests it sends in turn.

Replies are checked to be whole and successful; anything else ends the measurement.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from benchmarks import zmtp

_SUCCESS: Final = (b'{"status":"success"', b'{"status":"healthy"')
_READ_BYTES: Final = 262_144
_SHOWN_BYTES: Final = 300


class LoadFailed(RuntimeError):
    """A request was not answered, or not with success."""


class Peer:
    """One client: a connection, the requests it sends in turn, the one under way."""

    __slots__ = ("_connection", "_partial", "_requests", "started_s")

    def __init__(self, endpoint: str, requests: Iterator[bytes]) -> None:
        self._connection = zmtp.connect(endpoint)
        self._connection.settimeout(None)
        self._requests = requests
        self._partial = b""
        self.started_s = 0.0

    def fileno(self) -> int:
        """For select and epoll."""
        return self._connection.fileno()

    def send(self, now_s: float) -> bool:
        """Send the next request; False when there is none."""
        request = next(self._requests, None)
        if request is None:
            return False
        self.started_s = now_s
        self._connection.sendall(request)
        return True

    def receive(self) -> bytes | None:
        """The whole reply once it is there, as it came. Raises LoadFailed."""
        more = self._connection.recv(_READ_BYTES)
        if not more:
            raise LoadFailed("the connection was closed")
        data = self._answer_commands(self._partial + more)
        span = zmtp.find_body(data)
        if span is None:
            self._partial = data
            return None
        self._partial = b""
        if len(data) > span.end:  # a heartbeat came right behind
            self._partial = self._answer_commands(data[span.end :])
        if not data.startswith(_SUCCESS, span.start):
            start = data[span.start : span.start + _SHOWN_BYTES]
            raise LoadFailed(start.decode(errors="replace"))
        return data

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _answer_commands(self, data: bytes) -> bytes:
        while (command := zmtp.take_command(data)) is not None:
            self._connection.sendall(command.answer)
            data = command.rest
        return data


def ask(endpoint: str, body: bytes) -> bytes:
    """The body of the reply to one request, on a connection of its own."""
    peer = Peer(endpoint, iter([zmtp.message(body)]))
    try:
        peer.send(time.perf_counter())
        while (data := peer.receive()) is None:
            pass
    finally:
        peer.close()
    span = zmtp.find_body(data)
    assert span is not None
    return data[span.start : span.end]
