"""Framing: what is whole, what is torn, what is corrupt."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.frames import HEADER, Damage, encode_frame, read_frames

BODIES = [os.urandom(n) for n in (80, 700, 5, 1500)]


def scan(data: bytes):
    """Bodies of the good frames, and the damage after them."""
    found = []
    try:
        frames = read_frames(lambda at, n: data[at : at + n], 0, len(data))
        found.extend(frame.body for frame in frames)
    except Damage as damage:
        return found, damage
    return found, None


def whole() -> bytes:
    return b"".join(encode_frame(7, body) for body in BODIES)


def test_frames_come_back_as_they_were_written():
    assert scan(whole()) == (BODIES, None)


@given(st.integers(1, 1500 + HEADER.size - 1))
def test_a_frame_cut_short_is_torn(missing):
    found, damage = scan(whole()[:-missing])
    assert found == BODIES[:3]
    assert damage is not None
    assert damage.torn


@given(st.data())
def test_a_flipped_bit_is_corrupt_wherever_it_is(data):
    image = bytearray(whole())
    at = data.draw(st.integers(0, len(image) - 1))
    image[at] ^= 1 << data.draw(st.integers(0, 7))
    found, damage = scan(bytes(image))
    assert found == BODIES[: len(found)]
    assert len(found) < len(BODIES)
    assert damage is not None
    assert not damage.torn


def lose_sector(image: bytes, number: int) -> bytes:
    begin, end = number * 512, min(len(image), (number + 1) * 512)
    return image[:begin] + bytes(end - begin) + image[end:]


def test_a_lost_sector_in_the_last_body_is_torn():
    image = whole()
    last = len(image) // 512
    for number in (last - 1, last):
        found, damage = scan(lose_sector(image, number))
        assert found == BODIES[:3]
        assert damage is not None
        assert damage.torn


@pytest.mark.parametrize("length", [80, 300, 700])
def test_wherever_the_last_frame_begins_each_of_its_sectors_may_be_lost(length: int):
    """Also where the sector boundary runs through the checksum of the body."""
    last = encode_frame(7, b"x" * length)
    for offset in range(512 - 2 * HEADER.size, 2 * 512 + 2 * HEADER.size):
        first = encode_frame(7, os.urandom(offset - HEADER.size))
        image = first + last
        for number in range(offset // 512, (len(image) - 1) // 512 + 1):
            begin = max(offset, number * 512)
            end = min(len(image), (number + 1) * 512)
            lost = image[:begin] + bytes(end - begin) + image[end:]
            if lost == image:
                continue  # the first bytes of a length, which are zero anyway
            found, damage = scan(lost)
            assert len(found) == 1
            assert damage is not None
            assert damage.torn, (offset, number)


def test_a_lost_sector_before_a_whole_frame_is_corrupt():
    found, damage = scan(lose_sector(whole(), 1))
    assert damage is not None
    assert not damage.torn
    assert found == BODIES[:1]


def test_a_lost_sector_under_the_last_header_is_torn():
    first = encode_frame(1, os.urandom(512 - HEADER.size))
    image = first + encode_frame(1, os.urandom(900))
    found, damage = scan(lose_sector(image, 1))
    assert len(found) == 1
    assert damage is not None
    assert damage.torn


def test_a_lost_sector_under_a_header_with_frames_behind_it_is_corrupt():
    first = encode_frame(1, os.urandom(512 - HEADER.size))
    image = first + encode_frame(1, os.urandom(900)) + encode_frame(1, b"x" * 64)
    _, damage = scan(lose_sector(image, 1))
    assert damage is not None
    assert not damage.torn


def test_a_length_beyond_the_cap_is_refused_before_it_is_read():
    image = bytearray(whole())
    image[0:4] = (2**31).to_bytes(4, "big")
    asked = []

    def read(at: int, n: int) -> bytes:
        asked.append(n)
        return bytes(image[at : at + n])

    with pytest.raises(Damage):
        list(read_frames(read, 0, len(image)))
    assert max(asked) <= len(image)
