"""Argon2id: the stored form is that of argon2-cffi, the bytes come from libsodium.

Both compute the same bytes; libsodium needs half the time (docs/decisions/0013). It knows
one lane and salts of 16 bytes, which is what is made here; whatever else is stored goes
to argon2-cffi. Each call releases the interpreter's lock while it computes.
"""

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from argon2 import Parameters, PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

SALT_BYTES: Final = 16
HASH_BYTES: Final = 32
_TIME_MAX, _MEMORY_KIB_MAX, _LANES_MAX = 10, 256 * 1024, 8
_SALT_BYTES_BOUNDS, _HASH_BYTES_BOUNDS = range(8, 65), range(16, 65)
_STORED: Final = re.compile(
    r"\$argon2id\$v=19\$m=(\d{1,6}),t=(\d{1,2}),p=1\$([A-Za-z0-9+/]{22})\$([A-Za-z0-9+/]{43})"
)
"""What libsodium can compute: version 1.3, one lane, 16 bytes of salt, 32 of hash."""
_ANY: Final = re.compile(
    r"\$argon2(?:id|i|d)\$(?:v=(?:16|19)\$)?m=\d{1,6},t=\d{1,2},p=\d"
    r"\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)"
)


class UnusableHash(ValueError):
    """A stored hash of unknown form, or with parameters beyond the bounds."""


@dataclass(frozen=True, slots=True)
class HashParameters:
    """Argon2id's cost: passes, memory in KiB, lanes.

    The default is one of those that the OWASP Password Storage Cheat Sheet lists as
    equal in strength, and of them the one computed fastest here.
    """

    passes: int = 5
    memory_kib: int = 7_168
    lanes: int = 1


class Argon2id:
    """Makes and verifies stored hashes of bytes."""

    def __init__(self, parameters: HashParameters) -> None:
        self._parameters = parameters
        self._hasher = PasswordHasher(
            time_cost=parameters.passes,
            memory_cost=parameters.memory_kib,
            parallelism=parameters.lanes,
            hash_len=HASH_BYTES,
            salt_len=SALT_BYTES,
            type=Type.ID,
        )

    def hash(self, secret: bytes) -> str:
        """A new hash with a fresh salt."""
        cost = self._parameters
        if cost.lanes != 1:
            return self._hasher.hash(secret)
        salt = secrets.token_bytes(SALT_BYTES)
        return self._stored(
            salt, argon2id_bytes(secret, salt, cost.passes, cost.memory_kib)
        )

    def of_nothing(self) -> str:
        """A stored hash that nobody can find a secret of: 256 random bits, not computed.

        To verify against it costs what it costs against any other.
        """
        salt = secrets.token_bytes(SALT_BYTES)
        return self._stored(salt, secrets.token_bytes(HASH_BYTES))

    def _stored(self, salt: bytes, made: bytes) -> str:
        cost = self._parameters
        return (
            f"$argon2id$v=19$m={cost.memory_kib},t={cost.passes},p={cost.lanes}"
            f"${_to_text(salt)}${_to_text(made)}"
        )

    def verify(self, stored: str, secret: bytes) -> bool:
        """Tell whether `secret` is what was hashed.

        Raises:
            UnusableHash: the stored form is unknown or out of bounds.
        """
        own = _STORED.fullmatch(stored)
        if own is None:
            _check_bounds(stored)
            try:
                return self._hasher.verify(stored, secret)
            except VerifyMismatchError:
                return False  # every other failure is no verdict and must be seen
        memory_kib, passes, salt, known = int(own[1]), int(own[2]), own[3], own[4]
        if memory_kib > _MEMORY_KIB_MAX or passes > _TIME_MAX:
            raise UnusableHash("parameters out of bounds")
        made = argon2id_bytes(secret, _to_bytes(salt), passes, memory_kib)
        return hmac.compare_digest(made, _to_bytes(known))

    def is_outdated(self, stored: str) -> bool:
        """Whether it was made with other parameters than those in use."""
        own, cost = _STORED.fullmatch(stored), self._parameters
        if own is None or cost.lanes != 1:
            return self._hasher.check_needs_rehash(stored)
        return (int(own[1]), int(own[2])) != (cost.memory_kib, cost.passes)


def check_form(stored: str) -> None:
    """Return for an Argon2 hash that `Argon2id.verify` can give a verdict on.

    Raises:
        UnusableHash: the form is unknown, damaged or out of bounds.
    """
    whole = _ANY.fullmatch(stored)
    if whole is None or any(not _is_base64(part) for part in whole.groups()):
        raise UnusableHash("unknown form")
    _check_bounds(stored)
    cost = extract_parameters(stored)
    if cost.time_cost < 1 or not 1 <= cost.parallelism * 8 <= cost.memory_cost:
        raise UnusableHash("parameters out of bounds")


def _is_base64(text: str) -> bool:
    """Whether this is what bytes are written as, without padding and stray bits."""
    return len(text) % 4 != 1 and _to_text(_to_bytes(text)) == text


def argon2id_bytes(secret: bytes, salt: bytes, passes: int, memory_kib: int) -> bytes:
    """The hash itself, by libsodium; a failure (no memory, say) raises RuntimeError.

    libsodium's own check of a stored form is not used: it does not tell a wrong
    password from a lack of memory.
    """
    return crypto_pwhash_alg(
        HASH_BYTES,
        secret,
        salt,
        passes,
        memory_kib * 1024,
        crypto_pwhash_ALG_ARGON2ID13,
    )


def _check_bounds(stored: str) -> None:
    try:
        cost: Parameters = extract_parameters(stored)
    except InvalidHashError as error:
        raise UnusableHash("unknown form") from error
    if (
        cost.time_cost > _TIME_MAX
        or cost.memory_cost > _MEMORY_KIB_MAX
        or cost.parallelism > _LANES_MAX
        or cost.salt_len not in _SALT_BYTES_BOUNDS
        or cost.hash_len not in _HASH_BYTES_BOUNDS
    ):
        raise UnusableHash("parameters out of bounds")


def _to_text(value: bytes) -> str:
    return base64.b64encode(value).rstrip(b"=").decode()


def _to_bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))
