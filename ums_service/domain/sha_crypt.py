"""SHA-256-crypt and SHA-512-crypt, as in /etc/shadow, in Python.

After "Unix crypt using SHA-256 and SHA-512" by Ulrich Drepper, version 0.6; the standard
library's `crypt` holds the interpreter's lock all the while and is gone in Python 3.13.
"""

import hashlib
from collections.abc import Callable
from threading import Event
from typing import Any, Final

_ALPHABET: Final = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ROUNDS_AT_ONCE: Final = 500
"""Rounds computed before other threads get their turn: half a millisecond. The digests
are too short for `hashlib` to release the interpreter's lock."""
_REST_S: Final = 0.0001
_never: Final = Event()
_ORDER_256: Final = (
    (0, 10, 20),
    (21, 1, 11),
    (12, 22, 2),
    (3, 13, 23),
    (24, 4, 14),
    (15, 25, 5),
    (6, 16, 26),
    (27, 7, 17),
    (18, 28, 8),
    (9, 19, 29),
)


def sha256_crypt(password: bytes, salt: bytes, rounds: int) -> str:
    """The 43 characters after the salt. The salt has up to 16 bytes."""
    digest = _digest(password, salt, rounds, hashlib.sha256)
    text = "".join(_triple(digest[a], digest[b], digest[c]) for a, b, c in _ORDER_256)
    return text + _triple(0, digest[31], digest[30])[:3]


def sha512_crypt(password: bytes, salt: bytes, rounds: int) -> str:
    """The 86 characters after the salt. The salt has up to 16 bytes."""
    digest = _digest(password, salt, rounds, hashlib.sha512)
    a, b, c = 0, 21, 42
    text = ""
    for _ in range(21):
        text += _triple(digest[a], digest[b], digest[c])
        a, b, c = b + 1, c + 1, a + 1
    return text + _triple(0, 0, digest[63])[:2]


def _digest(
    password: bytes, salt: bytes, rounds: int, new: Callable[..., Any]
) -> bytes:
    """The bytes that are written down; the names of the variables are Drepper's."""
    b = new(password + salt + password).digest()
    a = new(password + salt + _cut(b, len(password)))
    bits = len(password)
    while bits:
        a.update(b if bits & 1 else password)
        bits >>= 1
    made: bytes = a.digest()
    p = _cut(new(password * len(password)).digest(), len(password))
    s = _cut(new(salt * (16 + made[0])).digest(), len(salt))
    for number in range(rounds):
        if number % _ROUNDS_AT_ONCE == _ROUNDS_AT_ONCE - 1:
            _never.wait(_REST_S)
        odd = number & 1
        round_ = p if odd else made
        if number % 3:
            round_ += s
        if number % 7:
            round_ += p
        made = new(round_ + (made if odd else p)).digest()
    return made


def _cut(block: bytes, length: int) -> bytes:
    """The block repeated to a length."""
    return (block * (length // len(block) + 1))[:length]


def _triple(high: int, middle: int, low: int) -> str:
    """Three bytes as four characters, the lowest six bits first."""
    value = high << 16 | middle << 8 | low
    return "".join(_ALPHABET[value >> shift & 63] for shift in (0, 6, 12, 18))
