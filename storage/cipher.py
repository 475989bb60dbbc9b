"""One data key: plaintext <-> raw Fernet token.

    0x80 | time stamp u64 | IV 16 | AES-128-CBC, PKCS #7 padded | HMAC-SHA256 32

Exactly the token of the Fernet specification before its base64 step: text is malleable
(padding bits, line breaks and trailing junk all decrypt), a third larger, and takes
three times as long as the cryptography itself. The time stamp can be read without the
key and is not needed here, so it is always zero. A test compares both directions with
the `Fernet` of the cryptography package. The module knows nothing of frames, files or
key ids.
"""

from __future__ import annotations

import base64
import os
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC

TAG_BYTES: Final = 32
_PREFIX: Final = b"\x80" + bytes(8)
_BLOCK_BYTES: Final = 16
_HALF_KEY_BYTES: Final = 16
_BODY_AT = len(_PREFIX) + _BLOCK_BYTES
MIN_TOKEN_BYTES: Final = _BODY_AT + _BLOCK_BYTES + TAG_BYTES
MAX_OVERHEAD_BYTES: Final = MIN_TOKEN_BYTES  # a whole block of padding


class NotAuthentic(Exception):
    """The bytes were not sealed by this key, or were changed since."""


class Cipher:
    """Seals and opens under one Fernet key (44 characters of urlsafe base64)."""

    __slots__ = ("_encryption", "_hmac")

    def __init__(self, key: bytes) -> None:
        secret = base64.urlsafe_b64decode(key)
        if len(secret) != 2 * _HALF_KEY_BYTES:
            raise ValueError("a Fernet key has 32 bytes")
        self._hmac = HMAC(secret[:_HALF_KEY_BYTES], SHA256())
        self._encryption = algorithms.AES(secret[_HALF_KEY_BYTES:])

    def seal(self, plaintext: bytes) -> bytes:
        """A raw token; its last 32 bytes are the HMAC over all before."""
        vector = os.urandom(_BLOCK_BYTES)
        padding = _BLOCK_BYTES - len(plaintext) % _BLOCK_BYTES
        encryptor = BlockCipher(self._encryption, modes.CBC(vector)).encryptor()
        body = encryptor.update(plaintext + bytes([padding]) * padding)
        token = b"".join((_PREFIX, vector, body))
        hmac = self._hmac.copy()
        hmac.update(token)
        return token + hmac.finalize()

    def open(self, token: bytes) -> bytes:
        """The plaintext. Raises NotAuthentic; nothing is decrypted before the HMAC holds."""
        view = memoryview(token)
        if len(token) < MIN_TOKEN_BYTES or not token.startswith(_PREFIX):
            raise NotAuthentic
        hmac = self._hmac.copy()
        hmac.update(view[:-TAG_BYTES])
        try:
            hmac.verify(token[-TAG_BYTES:])
        except InvalidSignature:
            raise NotAuthentic from None
        body = view[_BODY_AT:-TAG_BYTES]
        if len(body) % _BLOCK_BYTES:
            raise NotAuthentic
        mode = modes.CBC(token[len(_PREFIX) : _BODY_AT])
        padded = BlockCipher(self._encryption, mode).decryptor().update(body)
        padding = padded[-1]
        if not 1 <= padding <= _BLOCK_BYTES:
            raise NotAuthentic
        return padded[:-padding]


def tag_of(token: bytes) -> bytes:
    """The HMAC of a raw token: its identity in a chain."""
    return token[-TAG_BYTES:]
