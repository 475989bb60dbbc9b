"""The state of one DEALER socket, told by its monitor, and the options it gets.

It knows the events of libzmq and what they mean; it must not wait for anything: the
waiting is in `connection` and `async_connection`.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import zmq
from zmq.utils.monitor import parse_monitor_message

from ums_client.errors import BadConfiguration
from ums_client.exchange import Outcome
from ums_client.keys import CurveKeys
from ums_client.protocol.limits import REPLY_BYTES_MAX

EVENTS: Final = (
    zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
    | zmq.EVENT_DISCONNECTED
)
ENDS_SENDING: Final = frozenset({Outcome.REFUSED})
"""libzmq connects again by itself, so a broken connection is no reason to stop."""
ENDS_RECEIVING: Final = frozenset({Outcome.REFUSED, Outcome.DISCONNECTED})
"""The reply to what was sent would have come on the connection that broke."""
_REFUSALS: Final = frozenset(
    {zmq.EVENT_HANDSHAKE_FAILED_AUTH, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL}
)
_HANG_UPS_MAX: Final = 3
"""A service that cannot use our greeting may hang up without a word, but so does one
that is just being stopped; that often in a row it is the keys."""
_RECONNECT_MS: Final = 100


@dataclass(frozen=True, slots=True)
class Target:
    """Where to connect, and with which keys; without keys nothing is encrypted."""

    endpoint: str
    keys: CurveKeys | None = None


class Link:
    """What the events of one socket add up to."""

    def __init__(self, target: Target) -> None:
        self._encrypted = target.keys is not None
        self._open = False
        self._hang_ups = 0

    def observe(self, frames: Sequence[bytes]) -> Outcome | None:
        """Take in one message of the monitor; says whether it ends the attempt."""
        event = parse_monitor_message(list(frames))["event"]
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._open, self._hang_ups = True, 0
        elif event in _REFUSALS:
            return Outcome.REFUSED
        elif event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
            self._hang_ups += 1
            if self._encrypted and self._hang_ups >= _HANG_UPS_MAX:
                return Outcome.REFUSED
        elif event == zmq.EVENT_DISCONNECTED and self._open:
            self._open = False
            return Outcome.DISCONNECTED
        return None

    def at_deadline(self) -> Outcome:
        """What it means when nothing more happened in time.

        Hanging up ends the wait of a client with keys early, of one without only here:
        before a plain service there may be a proxy that outlives its restarts.
        """
        is_refused = self._hang_ups >= _HANG_UPS_MAX
        return Outcome.REFUSED if is_refused else Outcome.TIMED_OUT


def prepare(socket: zmq.Socket[Any], target: Target, jitter: float) -> None:
    """Set the options of a socket and let it begin to connect.

    `jitter` is a random number from 0 to 1. It spreads the attempts to connect: the
    randomness of libzmq starts with the same seed in every process.

    Raises:
        BadConfiguration: the endpoint is not one.
    """
    socket.linger = 0  # what matters was answered; the rest must not delay an exit
    socket.immediate = 1  # queue nothing for a connection that may never come about
    socket.maxmsgsize = REPLY_BYTES_MAX
    socket.reconnect_ivl = _RECONNECT_MS + int(_RECONNECT_MS * jitter)
    socket.reconnect_ivl_max = 2_000
    socket.handshake_ivl = 3_000
    # in place of heartbeats, which end a process whose peer is lost while its queue is
    # full (libzmq 4.3.5 asserts "!_io_error")
    socket.tcp_keepalive = 1
    socket.tcp_keepalive_idle = 10
    socket.tcp_keepalive_intvl = 10
    socket.tcp_keepalive_cnt = 3
    socket.tcp_maxrt = 30_000
    socket.ipv6 = True
    if target.keys is not None:
        socket.curve_serverkey = target.keys.server_public
        socket.curve_publickey = target.keys.public
        socket.curve_secretkey = target.keys.secret
    try:
        socket.connect(target.endpoint)
    except zmq.ZMQError as error:
        raise BadConfiguration(
            f"{target.endpoint!r} is not an endpoint such as tcp://127.0.0.1:5556 "
            f"({error.strerror})"
        ) from None


def body_of(frames: Sequence[bytes]) -> bytes:
    """The body of a reply: what follows the empty delimiter.

    A message of another shape gives its last frame; it will not read as a reply.
    """
    return frames[-1]


def framed(body: bytes) -> list[bytes]:
    """The frames of a request, with the empty delimiter that a REQ socket sends."""
    return [b"", body]


def milliseconds_until(until_s: float, now_s: float) -> int:
    """What to wait, rounded up, so that a wait never ends before its time."""
    return max(0, math.ceil((until_s - now_s) * 1_000))
