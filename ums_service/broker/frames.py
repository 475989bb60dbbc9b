"""A socket by its plainest calls.

pyzmq's own methods build enumeration members for the flags of each frame and raise an
exception to say that there is nothing to read; at the rate of this broker that is a
fifth of its work. These are the calls of its backend, with plain integers.
"""

from collections.abc import Callable
from functools import partial
from typing import Final, cast

import zmq
from zmq.backend import Socket as BackendSocket

_DONTWAIT: Final = int(zmq.DONTWAIT)
_MORE_FOLLOWS: Final = int(zmq.SNDMORE) | _DONTWAIT
_EVENTS: Final = int(zmq.EVENTS)
_POLLIN: Final = int(zmq.POLLIN)
_RCVMORE: Final = int(zmq.RCVMORE)


class Frames:
    """Reads and writes single frames without ever blocking."""

    __slots__ = ("_events", "_send", "more", "recv", "recv_frame")

    def __init__(self, socket: zmq.Socket[bytes]) -> None:
        self.recv = cast(
            "Callable[[], bytes]", partial(BackendSocket.recv, socket, _DONTWAIT)
        )
        """The next frame. Raises zmq.Again where there is none."""
        self.recv_frame = cast(
            "Callable[[], zmq.Frame]",
            partial(BackendSocket.recv, socket, _DONTWAIT, copy=False),
        )
        """The next frame with what is known of its connection."""
        self.more = cast(
            "Callable[[], int]", partial(BackendSocket.get, socket, _RCVMORE)
        )
        """Whether the frame just read has a next one in the same message."""
        self._events = cast(
            "Callable[[], int]", partial(BackendSocket.get, socket, _EVENTS)
        )
        self._send = partial(BackendSocket.send, socket)

    def is_readable(self) -> bool:
        """Whether a message waits."""
        return self._events() & _POLLIN != 0

    def send(self, envelope: list[bytes], body: bytes) -> None:
        """Send one message. Raises zmq.ZMQError, and then nothing of it was sent."""
        send = self._send
        for frame in envelope:
            send(frame, _MORE_FOLLOWS)
        send(body, _DONTWAIT)
