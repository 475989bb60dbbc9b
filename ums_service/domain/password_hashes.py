"""Password hashes: made with Argon2id, verified in every form that is stored.

The stored form names its algorithm and parameters. Parameters read from a store are
bounded before they are used: a hash that asks for 4 GiB would otherwise take the
process with it.
"""

import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import Final

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerifyMismatchError

ORIGINAL_ITERATIONS: Final = 100_000
_ORIGINAL: Final = re.compile(r"\$pbkdf2-original\$([0-9a-f]{32})\$([0-9a-f]{64})")
_TIME_MAX, _MEMORY_KIB_MAX, _LANES_MAX = 10, 256 * 1024, 8


class UnusableHash(ValueError):
    """A stored hash of unknown form, or with parameters beyond the bounds."""


@dataclass(frozen=True, slots=True)
class HashParameters:
    """Argon2id's cost: passes, memory in KiB, lanes.

    The default is the first choice of the OWASP Password Storage Cheat Sheet.
    """

    passes: int = 2
    memory_kib: int = 19_456
    lanes: int = 1


class PasswordHashes:
    """Makes and verifies hashes; holds the parameters and nothing of any password.

    `hash` and `verify` are slow on purpose and release the interpreter's lock: call
    them from a pool of threads.
    """

    def __init__(self, parameters: HashParameters) -> None:
        self._hasher = PasswordHasher(
            time_cost=parameters.passes,
            memory_cost=parameters.memory_kib,
            parallelism=parameters.lanes,
            type=Type.ID,
        )
        self.dummy = self._hasher.hash("no password has this hash")

    def hash(self, password: str) -> str:
        """A new hash with a fresh salt."""
        return self._hasher.hash(password)

    def verify(self, stored: str, password: str) -> bool:
        """Tell whether `password` is the one that was hashed.

        Raises:
            UnusableHash: the stored form is unknown or out of bounds.
        """
        original = _ORIGINAL.fullmatch(stored)
        if original:
            made = original_digest(password, original[1])
            return hmac.compare_digest(made, original[2])
        _check_bounds(stored)
        try:
            return self._hasher.verify(stored, password)
        except VerifyMismatchError:
            return False  # every other failure is no verdict and must be seen

    def is_outdated(self, stored: str) -> bool:
        """Whether a right password should be hashed anew."""
        return bool(_ORIGINAL.fullmatch(stored)) or self._hasher.check_needs_rehash(
            stored
        )


def original_digest(password: str, salt_hex: str) -> str:
    """The original service's hash: the salt is the hexadecimal text itself."""
    return hashlib.pbkdf2_hmac(
        "sha256", password.encode(), salt_hex.encode(), ORIGINAL_ITERATIONS
    ).hex()


def original_form(digest_hex: str, salt_hex: str) -> str:
    """How a hash of the original service is stored here until the next login.

    Raises:
        UnusableHash: it has not the original's form.
    """
    stored = f"$pbkdf2-original${salt_hex}${digest_hex}"
    if not _ORIGINAL.fullmatch(stored):
        raise UnusableHash("not a hash of the original service")
    return stored


def _check_bounds(stored: str) -> None:
    try:
        cost = extract_parameters(stored)
    except InvalidHashError as error:
        raise UnusableHash("unknown form") from error
    if (
        cost.time_cost > _TIME_MAX
        or cost.memory_cost > _MEMORY_KIB_MAX
        or cost.parallelism > _LANES_MAX
    ):
        raise UnusableHash("parameters out of bounds")
