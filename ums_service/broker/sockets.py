"""The ROUTER socket with the options that keep hostile and slow peers harmless."""

import ctypes
import os
from typing import Final, cast

import zmq

from ums_client.protocol.limits import REQUEST_BYTES_MAX
from ums_service.broker.endpoints import is_local

LIBZMQ_MIN: Final = (4, 3, 5)
"""Earlier releases have flaws that one unauthenticated peer can use."""
ZAP_DOMAIN: Final = b"ums"
Router = zmq.Socket[bytes]


class UnsafeLibrary(RuntimeError):
    """The installed libzmq must not face other people's messages."""


class CurveRequired(ValueError):
    """The endpoint can be reached from outside, and no CURVE key was given."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(
            f"{endpoint} can be reached from other machines: it needs CURVE "
            "(python -m ums_service keys --help)"
        )


class CannotBind(OSError):
    """The endpoint is taken, or no address of this machine."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"cannot listen on {endpoint}: {reason}")


def make_context() -> zmq.Context[zmq.Socket[bytes]]:
    """The process's ZeroMQ context.

    libzmq numbers anonymous peers with a counter that starts at `rand()` and never
    seeds it, so every process would hand out the same ids, which a peer could claim
    for itself: the generator is seeded first.

    Raises:
        UnsafeLibrary: libzmq is older than 4.3.5.
    """
    safe_library()
    ctypes.CDLL(None).srand(int.from_bytes(os.urandom(4)))
    return zmq.Context(io_threads=1)


def safe_library() -> str:
    """The version of libzmq. Raises UnsafeLibrary if it is too old."""
    if zmq.zmq_version_info() < LIBZMQ_MIN:
        raise UnsafeLibrary(f"libzmq {zmq.zmq_version()} is older than 4.3.5")
    return zmq.zmq_version()


def bind_router(
    context: zmq.Context[zmq.Socket[bytes]],
    endpoint: str,
    *,
    curve_secret_key: bytes | None,
) -> zmq.Socket[bytes]:
    """A bound ROUTER. Its `last_endpoint` names the port where `*` was asked for.

    Raises:
        CurveRequired: no key for an endpoint that other machines can reach.
        UnsupportedEndpoint: not a TCP or IPC endpoint.
        CannotBind: the address is taken or not ours.
    """
    if curve_secret_key is None and not is_local(endpoint):
        raise CurveRequired(endpoint)
    socket = context.socket(zmq.ROUTER)
    for option, value in _OPTIONS.items():
        socket.setsockopt(option, value)
    if endpoint.startswith("tcp://["):
        socket.setsockopt(zmq.IPV6, 1)
    if curve_secret_key is not None:
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_SECRETKEY, curve_secret_key)
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        socket.close(linger=0)
        raise CannotBind(endpoint, str(error.strerror)) from None
    return socket


def bound_endpoint(socket: zmq.Socket[bytes]) -> str:
    """Where the socket really listens: the port that `*` became."""
    endpoint = cast("bytes", socket.getsockopt(zmq.LAST_ENDPOINT))
    return endpoint.rstrip(b"\0").decode()


def descriptor(socket: zmq.Socket[bytes]) -> int:
    """The file descriptor that tells of new messages, once each time."""
    return cast("int", socket.getsockopt(zmq.FD))


_OPTIONS: Final[dict[int, int | bytes]] = {
    zmq.MAXMSGSIZE: REQUEST_BYTES_MAX,
    zmq.RCVHWM: 10,
    zmq.SNDHWM: 64,  # as many as one drain can answer
    zmq.LINGER: 500,
    zmq.BACKLOG: 1024,
    zmq.HANDSHAKE_IVL: 3_000,
    zmq.ROUTER_HANDOVER: 0,
    zmq.ROUTER_MANDATORY: 1,
    # no heartbeats: where a peer is over RCVHWM and resets its connection, the next
    # heartbeat ends the process (libzmq 4.3.5 asserts "!_io_error")
    zmq.HEARTBEAT_IVL: 0,
    zmq.TCP_KEEPALIVE: 1,
    zmq.TCP_KEEPALIVE_IDLE: 30,
    zmq.TCP_KEEPALIVE_INTVL: 10,
    zmq.TCP_KEEPALIVE_CNT: 3,
    zmq.TCP_MAXRT: 60_000,  # for replies that nobody acknowledges
    # refuses ZMTP 1 and 2, and with them HTTP requests aligned to look like messages;
    # needs no handler for that
    zmq.ZAP_DOMAIN: ZAP_DOMAIN,
}
