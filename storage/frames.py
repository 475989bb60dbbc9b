"""Frames: how a sealed token lies in a file, and what damage means.

    length u32 | key id u32 | CRC-32 of those 8 bytes | CRC-32 of the body | body

All integers are big-endian. The separate CRC of the length tells a flipped length from
a short tail. Pure: bytes in, values out; no file, no key. CRCs find accidents and need
no key; forgery is found by whoever opens the body.

A write that was cut short by power loss may leave, at the very end of a file:
  - fewer bytes than its frame needs;
  - a whole frame with a 512-byte sector of zeros that never reached the disk;
  - a header inside such a sector (then no whole frame may follow it).
Only these are torn. All else is corruption, since each frame is flushed before the next
one is begun.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple
from zlib import crc32

from storage.errors import Misuse

HEADER = struct.Struct(">IIII")
PREFIX = struct.Struct(">II")
MAX_BODY_BYTES = 16 * 1024 * 1024
SECTOR_BYTES = 512
WINDOW_BYTES = 1024 * 1024

Read = Callable[[int, int], bytes]


class Frame(NamedTuple):
    """A frame whose CRCs hold, and where it lies."""

    offset: int
    end: int
    key_id: int
    body: bytes


class Damage(Exception):
    """The first bad frame of a file."""

    def __init__(self, offset: int, reason: str, *, torn: bool) -> None:
        super().__init__(f"offset {offset}: {reason}")
        self.offset = offset
        self.reason = reason
        self.torn = torn


def encode_frame(key_id: int, body: bytes) -> bytes:
    """The bytes of one frame. Raises Misuse for a body that no reader would accept."""
    if len(body) > MAX_BODY_BYTES:
        raise Misuse(f"a frame of {len(body)} bytes, limit {MAX_BODY_BYTES}")
    prefix = PREFIX.pack(len(body), key_id)
    checks = PREFIX.pack(crc32(prefix), crc32(body))
    return b"".join((prefix, checks, body))


def read_frames(read: Read, start: int, size: int) -> Iterator[Frame]:
    """All frames from `start` to `size`. Raises Damage at the first bad one."""
    read = _windowed(read, size)
    offset = start
    while offset < size:
        frame = _read_frame(read, offset, size)
        yield frame
        offset = frame.end


def _read_frame(read: Read, offset: int, size: int) -> Frame:
    if size - offset < HEADER.size:
        raise Damage(offset, "a header cut short", torn=True)
    header = read(offset, HEADER.size)
    length, key_id, header_crc, body_crc = HEADER.unpack(header)
    if crc32(header[: PREFIX.size]) != header_crc or length > MAX_BODY_BYTES:
        torn = _header_is_torn(read, offset, size)
        raise Damage(offset, "the header does not verify", torn=torn)
    begin = offset + HEADER.size
    end = begin + length
    if end > size:
        raise Damage(offset, "a frame cut short", torn=True)
    body = read(begin, length)
    if crc32(body) != body_crc:
        torn = end == size and _has_lost_sector(header + body, offset)
        raise Damage(offset, "the body does not verify", torn=torn)
    return Frame(offset, end, key_id, body)


def _has_lost_sector(frame: bytes, offset: int) -> bool:
    """True when a sector that begins within the frame, up to its end, is all zero.

    It may begin within the checksum of the body, which that of the header leaves out.
    """
    first = -offset % SECTOR_BYTES
    return any(
        not any(frame[at : at + SECTOR_BYTES])
        for at in range(first, len(frame), SECTOR_BYTES)
    )


def _header_is_torn(read: Read, offset: int, size: int) -> bool:
    """True when a sector under the header was lost and no whole frame follows."""
    if size - offset > HEADER.size + MAX_BODY_BYTES:
        return False
    tail = read(offset, size - offset)
    boundary = SECTOR_BYTES - offset % SECTOR_BYTES
    lost = not any(tail[:boundary])
    if boundary < HEADER.size:
        lost = lost or not any(tail[boundary : boundary + SECTOR_BYTES])
    return lost and not _contains_frame(tail)


def _contains_frame(tail: bytes) -> bool:
    for at in range(1, len(tail) - HEADER.size + 1):
        length, _, header_crc, body_crc = HEADER.unpack_from(tail, at)
        begin = at + HEADER.size
        if length == 0 or begin + length > len(tail):
            continue
        if crc32(tail[at : at + PREFIX.size]) != header_crc:
            continue
        if crc32(tail[begin : begin + length]) == body_crc:
            return True
    return False


def _windowed(read: Read, size: int) -> Read:
    """The same reader, asking for large blocks: frames are small and many."""
    origin, block = 0, b""

    def windowed(offset: int, length: int) -> bytes:
        nonlocal origin, block
        begin = offset - origin
        if begin < 0 or begin + length > len(block):
            wanted = min(max(length, WINDOW_BYTES), size - offset)
            origin, block, begin = offset, read(offset, wanted), 0
        return block[begin : begin + length]

    return windowed
