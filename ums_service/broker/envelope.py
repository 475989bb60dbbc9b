"""One message of a ROUTER: who sent it, what must come back, what it says."""

from typing import Final, NamedTuple

import zmq

from ums_service.broker.frames import Frames

FRAMES_MAX: Final = 4
ENVELOPE_BYTES_MAX: Final = 64


class Incoming(NamedTuple):
    """A well-formed message. `envelope` is everything that precedes the body."""

    envelope: list[bytes]
    body: bytes
    address: str


def receive(frames_in: Frames, *, local_address: str | None) -> Incoming | None:
    """The next message; None for one that cannot be answered.

    Everything up to and with the first empty frame is the envelope and is sent back
    as it came (REQ_CORRELATE puts a frame there); without an empty frame it is the
    routing id alone. No more than four frames are kept, however many a peer sends. A
    message of several bodies comes out as an empty body, which no decoder accepts:
    so its sender gets an error reply.

    `local_address` is the address of all peers where only this machine can connect;
    otherwise it is read from the connection, as is the identity of the CURVE key: a
    message without one is dropped.

    Raises:
        zmq.Again: there is none.
    """
    if local_address is None:
        first = frames_in.recv_frame()
        frames, address = [first.bytes], _address(first)
    else:
        frames, address = [frames_in.recv()], local_address
    recv, has_more = frames_in.recv, frames_in.more
    more: int = True  # a ROUTER puts the id before at least one frame of the peer's
    while more and len(frames) < FRAMES_MAX:
        frames.append(recv())
        more = has_more()
    whole = not more
    while more:
        recv()
        more = has_more()
    if address is None:
        return None
    if len(frames) == 3 and whole and not frames[1]:
        return Incoming(frames[:2], frames[2], address)
    return _parted(frames, address, whole=whole)


def _parted(frames: list[bytes], address: str, *, whole: bool) -> Incoming | None:
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
