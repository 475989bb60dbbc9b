"""Proof at start-up that the gate is shut: a stranger's key must be refused."""

import asyncio
from typing import Final

import zmq
from zmq.utils.monitor import recv_monitor_message

_WITHIN_S: Final = 2.0
_STEP_S: Final = 0.01


class GateOpen(RuntimeError):
    """A client with a key nobody authorised was not refused: serving is unsafe."""


async def require_closed_gate(
    context: zmq.Context[zmq.Socket[bytes]], endpoint: str, server_secret: bytes
) -> None:
    """Connect with a fresh random key and see it refused.

    Raises:
        GateOpen: it was let in, or nobody refused it in time.
    """
    public, secret = zmq.curve_keypair()
    stranger = context.socket(zmq.DEALER)
    stranger.linger = 0
    stranger.curve_publickey, stranger.curve_secretkey = public, secret
    stranger.curve_serverkey = zmq.curve_public(server_secret)
    if endpoint.startswith("tcp://["):
        stranger.setsockopt(zmq.IPV6, 1)
    monitor = stranger.get_monitor_socket(
        zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_SUCCEEDED
    )
    try:
        stranger.connect(_reachable(endpoint))
        event = await _first_event(monitor)
        if event != zmq.EVENT_HANDSHAKE_FAILED_AUTH:
            raise GateOpen("a random CURVE key was not refused")
    finally:
        stranger.disable_monitor()
        monitor.close(linger=0)
        stranger.close(linger=0)


async def _first_event(monitor: zmq.Socket[bytes]) -> int | None:
    for _ in range(int(_WITHIN_S / _STEP_S)):
        if monitor.poll(0):
            return int(recv_monitor_message(monitor)["event"])
        await asyncio.sleep(_STEP_S)
    return None


def _reachable(endpoint: str) -> str:
    """Where this machine reaches a socket that is bound to every address."""
    return endpoint.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
