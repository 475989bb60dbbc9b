"""Raw tokens are Fernet tokens, and nothing but what was sealed opens."""

from __future__ import annotations

import base64
import os

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from storage.cipher import MAX_OVERHEAD_BYTES, Cipher, NotAuthentic, tag_of

KEY = Fernet.generate_key()


@given(st.binary(max_size=200))
def test_fernet_opens_what_the_cipher_seals(plain):
    token = Cipher(KEY).seal(plain)
    assert Fernet(KEY).decrypt(base64.urlsafe_b64encode(token)) == plain
    assert len(token) <= len(plain) + MAX_OVERHEAD_BYTES


@given(st.binary(max_size=200))
def test_the_cipher_opens_what_fernet_seals_at_time_zero(plain):
    token = base64.urlsafe_b64decode(Fernet(KEY).encrypt_at_time(plain, 0))
    assert Cipher(KEY).open(token) == plain


def test_every_flipped_bit_and_every_cut_is_refused():
    cipher = Cipher(KEY)
    token = cipher.seal(b"some words that matter")
    changed = [token[:n] for n in range(len(token))] + [token + b"\0"]
    for bit in range(len(token) * 8):
        flipped = bytearray(token)
        flipped[bit // 8] ^= 1 << bit % 8
        changed.append(bytes(flipped))
    for data in changed:
        with pytest.raises(NotAuthentic):
            cipher.open(data)


def test_another_key_does_not_open():
    with pytest.raises(NotAuthentic):
        Cipher(Fernet.generate_key()).open(Cipher(KEY).seal(os.urandom(10)))


def test_two_tokens_of_one_plaintext_have_different_tags():
    cipher = Cipher(KEY)
    assert tag_of(cipher.seal(b"x")) != tag_of(cipher.seal(b"x"))
