"""Who may connect over CURVE: ZeroMQ's authentication protocol (RFC 27) on the loop.

It fails closed. The socket demands an answer for every handshake (ZAP_ENFORCE_DOMAIN);
this handler says yes only to a key of the list, and any fault of ours is a no.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Final

import zmq
from zmq.utils import z85

from ums_service.broker.sockets import ZAP_DOMAIN, descriptor

ENDPOINT: Final = "inproc://zeromq.zap.01"
_VERSION: Final = b"1.0"
_FRAMES: Final = 7  # version, id, domain, address, identity, mechanism, key
_log = logging.getLogger(__name__)

Authorised = Callable[[str], bool]
"""Whether a client's public key (Z85 text) is on the list now."""


class Gatekeeper:
    """Answers handshakes. Start it before the ROUTER is bound."""

    def __init__(
        self, context: zmq.Context[zmq.Socket[bytes]], authorised: Authorised
    ) -> None:
        self._authorised = authorised
        self._socket = context.socket(zmq.ROUTER)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(ENDPOINT)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.refused = 0

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to answer."""
        self._loop = loop
        loop.add_reader(descriptor(self._socket), self._drain)
        loop.call_soon(self._drain)

    def stop(self) -> None:
        """Answer no more: from here on nobody new is let in."""
        if self._loop is not None:
            self._loop.remove_reader(descriptor(self._socket))
            self._loop = None
        self._socket.close()

    def _drain(self) -> None:
        while self._loop is not None:
            try:
                frames = self._socket.recv_multipart(zmq.DONTWAIT)
            except zmq.Again:
                return
            peer, empty, *request = frames
            verdict = self._verdict(request)
            self._socket.send_multipart([peer, empty, *verdict], zmq.DONTWAIT)

    def _verdict(self, request: list[bytes]) -> list[bytes]:
        request_id = request[1] if len(request) > 1 else b""
        user = self._user(request)
        if user is None:
            self.refused += 1
            return [_VERSION, request_id, b"400", b"not authorised", b"", b""]
        return [_VERSION, request_id, b"200", b"OK", user, b""]

    def _user(self, request: list[bytes]) -> bytes | None:
        """The client's public key as text where it may connect."""
        if len(request) != _FRAMES:
            return None
        version, _, domain, _, _, mechanism, key = request
        if (version, domain, mechanism) != (_VERSION, ZAP_DOMAIN, b"CURVE"):
            return None
        try:
            text = z85.encode(key)
            allowed = self._authorised(text.decode())
        except Exception:  # noqa: BLE001 - no fault may let anybody in, nor end this
            _log.exception("a handshake could not be judged")
            return None
        return text if allowed else None
