"""Replies on their way out, kept for a moment where a peer has no room for them.

ZeroMQ holds a few replies per peer; a burst overruns that before the peer had a chance
to read. Such replies wait here and are tried again, within bounds: a peer that does not
read loses its replies after a second, and costs nobody else anything.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

import zmq

from ums_service.broker.frames import Frames

KEPT_S: Final = 1.0
PER_PEER_MAX: Final = 4_096
BYTES_MAX: Final = 16 * 1024 * 1024
FIRST_RETRY_S: Final = 0.0005
LAST_RETRY_S: Final = 0.032


class _Unsent(NamedTuple):
    until_s: float
    envelope: list[bytes]
    body: bytes


class Outbox:
    """Sends through one ROUTER socket without ever blocking. Belongs to the loop."""

    def __init__(self, frames: Frames, retried: Callable[[], None]) -> None:
        """`retried` is called after the socket was used outside of a send."""
        self._frames = frames
        self._retried = retried
        self._waiting: dict[bytes, deque[_Unsent]] = {}
        self._bytes = 0
        self._retry_s = FIRST_RETRY_S
        self._timer: asyncio.TimerHandle | None = None
        self.lost = 0
        """Replies given up: their peer was gone, or did not read."""

    def send(self, envelope: list[bytes], body: bytes) -> None:
        """Send a reply now or soon, behind those that wait for the same peer."""
        peer = envelope[0]
        if not self._waiting or peer not in self._waiting:
            if self._try(envelope, body):
                return
            self._waiting[peer] = deque()
        queue = self._waiting[peer]
        if len(queue) >= PER_PEER_MAX or self._bytes + len(body) > BYTES_MAX:
            self.lost += 1
            return
        loop = asyncio.get_running_loop()
        queue.append(_Unsent(loop.time() + KEPT_S, envelope, body))
        self._bytes += len(body)
        if self._timer is None:
            self._timer = loop.call_later(FIRST_RETRY_S, self._retry)

    def flush(self) -> bool:
        """Try all that wait once more; returns whether some still do."""
        now_s = asyncio.get_running_loop().time()
        for peer in list(self._waiting):
            self._send_waiting(self._waiting[peer], now_s)
            if not self._waiting[peer]:
                del self._waiting[peer]
        return bool(self._waiting)

    def close(self) -> None:
        """Give up what still waits."""
        if self._timer is not None:
            self._timer.cancel()
        self.lost += sum(len(queue) for queue in self._waiting.values())
        self._waiting.clear()

    def _retry(self) -> None:
        self._timer = None
        before = self._bytes
        waits = self.flush()
        moved = self._bytes < before
        self._retry_s = FIRST_RETRY_S if moved else min(2 * self._retry_s, LAST_RETRY_S)
        if waits:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._retry_s, self._retry)
        self._retried()

    def _send_waiting(self, queue: deque[_Unsent], now_s: float) -> None:
        while queue:
            until_s, envelope, body = queue[0]
            if now_s > until_s:
                self.lost += 1
            elif not self._try(envelope, body):
                return
            queue.popleft()
            self._bytes -= len(body)

    def _try(self, envelope: list[bytes], body: bytes) -> bool:
        """Send or give up; False where there is no room now."""
        try:
            self._frames.send(envelope, body)
        except zmq.Again:
            return False
        except zmq.ZMQError:
            self.lost += 1  # the peer is gone: it will ask again if it lives
        return True
