"""One message of a ROUTER: who sent it, what must come back, what it says."""

from typing import Final, NamedTuple

import zmq

from ums_service.broker.frames import Frames

FRAMES_MAX: Final = 4
ENVELOPE_BYTES_MAX: Final = 64
SKIPPED_AT_ONCE: Final = 1_000
"""Frames beyond those: a few milliseconds."""


class Incoming(NamedTuple):
    """A well-formed message. `envelope` is everything that precedes the body."""

    envelope: list[bytes]
    body: bytes
    address: str


class Receiver:
    """Takes messages from a socket, one at a time.

    `local_address` is the address of all peers where only this machine can connect;
    otherwise it is read from the connection, as is the identity of the CURVE key: a
    message without one is dropped.
    """

    def __init__(self, frames: Frames, *, local_address: str | None) -> None:
        self._frames = frames
        self._local_address = local_address
        self._cut_short: Incoming | None = None
        self.skips = False

    def receive(self) -> Incoming | None:
        """The next message; None for one that cannot be answered, or not yet.

        Everything up to and with the first empty frame is the envelope and is sent back
        as it came (REQ_CORRELATE puts a frame there); without an empty frame it is the
        routing id alone. No more than four frames are kept, however many a peer sends;
        the others are skipped, some in each call, so that one message of very many
        does not hold up everybody. A message of several bodies comes out as an empty
        body, which no decoder accepts: so its sender gets an error reply.

        Raises:
            zmq.Again: there is none.
        """
        if self.skips:
            return self._skip()
        frames_in, recv = self._frames, self._frames.recv
        if self._local_address is None:
            first = frames_in.recv_frame()
            frames, address = [first.bytes], _address(first)
        else:
            frames, address = [recv()], self._local_address
        has_more = frames_in.more
        more: int = True  # a ROUTER puts the id before at least one frame of the peer's
        while more and len(frames) < FRAMES_MAX:
            frames.append(recv())
            more = has_more()
        if more:
            self.skips = True
            self._cut_short = _parted(frames, address, whole=False)
            return self._skip()
        if address is not None and len(frames) == 3 and not frames[1]:
            return Incoming(frames[:2], frames[2], address)
        return _parted(frames, address, whole=True)

    def _skip(self) -> Incoming | None:
        recv, has_more = self._frames.recv, self._frames.more
        for _ in range(SKIPPED_AT_ONCE):
            recv()
            if not has_more():
                self.skips = False
                return self._cut_short
        return None


def _parted(
    frames: list[bytes], address: str | None, *, whole: bool
) -> Incoming | None:
    if address is None:
        return None
    end = frames.index(b"", 1) + 1 if b"" in frames[1:] else 1
    envelope, bodies = frames[:end], frames[end:]
    if sum(len(frame) for frame in envelope[1:]) > ENVELOPE_BYTES_MAX:
        return None
    body = bodies[0] if whole and len(bodies) == 1 else b""
    return Incoming(envelope, body, address)


def _address(frame: zmq.Frame) -> str | None:
    """The peer's address; None where the connection was not authenticated."""
    try:
        user = frame.get("User-Id")
        return str(frame.get("Peer-Address")) if user else None
    except zmq.ZMQError:
        return None
