"""Backup codes: what lets one in when the authenticator is lost. Each works once.

A code has about 40 bits, so it is stored as passwords are, as an Argon2id hash (NIST SP
800-63B section 3.1.2.2, ASVS 6.5.2): all of a set have one salt, so that a code that is
tried costs one hash, and the set remembers what it was computed with. Online, the guard
of all codes limits guessing.
"""

import hmac
import secrets
from typing import Final, NamedTuple

from ums_service.domain.argon2id import SALT_BYTES, HashParameters, argon2id_bytes

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, O, 1, I or L: they are mistaken for each other on paper."""
_HALF_CHARS: Final = 4


class BackupCodes(NamedTuple):
    """The unused codes of one account, as hashes, and what these were computed with."""

    salt: bytes = b""
    passes: int = 0
    memory_kib: int = 0
    digests: tuple[bytes, ...] = ()

    def digest(self, code: str) -> bytes:
        """The hash of a code under the salt of this set: slow, to be run on a thread."""
        return argon2id_bytes(
            _plain(code).encode(), self.salt, self.passes, self.memory_kib
        )

    def without(self, digest: bytes) -> "BackupCodes | None":
        """The codes that are left when that of `digest` was used; None if it is none."""
        left = tuple(d for d in self.digests if not hmac.compare_digest(d, digest))
        return self._replace(digests=left) if len(left) < len(self.digests) else None


class NewCodes(NamedTuple):
    """What is stored of new codes, and what is shown once."""

    stored: BackupCodes
    shown: list[str]


def new_codes(count: int, cost: HashParameters) -> NewCodes:
    """New codes: slow, to be run on a thread."""
    shown: dict[str, None] = {}
    while len(shown) < count:
        shown[f"{_half()}-{_half()}"] = None
    salt = secrets.token_bytes(SALT_BYTES)
    empty = BackupCodes(salt, cost.passes, cost.memory_kib)
    digests = tuple(empty.digest(code) for code in shown)
    return NewCodes(empty._replace(digests=digests), list(shown))


def is_shaped_like_one(code: str) -> bool:
    """Whether it is worth its hash."""
    plain = _plain(code)
    return len(plain) == 2 * _HALF_CHARS and set(plain) <= set(ALPHABET)


def _half() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(_HALF_CHARS))


def _plain(code: str) -> str:
    """Case, dashes and blanks do not matter: codes are typed from paper."""
    return "".join(code.split()).replace("-", "").upper()
