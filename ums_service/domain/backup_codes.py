"""Backup codes: what lets one in when the authenticator is lost. Each works once.

A code has about 40 bits. Only its HMAC is stored, with a random key that belongs to
the account's current set. The store is encrypted, and who can read it mostly finds the
secret of the one-time codes beside the digests, and needs no backup code; of an account
with passkeys only they could find the codes out (ASVS 6.5.2 asks for a slow hash).
Online, the guard of all codes limits guessing.
"""

import hmac
import secrets
from typing import Final, NamedTuple

ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No 0, O, 1, I or L: they are mistaken for each other on paper."""
_HALF_CHARS: Final = 4


class BackupCodes(NamedTuple):
    """The unused codes of one account, as digests."""

    key: bytes = b""
    digests: tuple[bytes, ...] = ()

    def without(self, code: str) -> "BackupCodes | None":
        """The codes that are left when `code` was used; None if it is none of them."""
        made = _digest(self.key, code)
        left = tuple(d for d in self.digests if not hmac.compare_digest(d, made))
        return self._replace(digests=left) if len(left) < len(self.digests) else None


def new_codes(count: int) -> tuple[BackupCodes, list[str]]:
    """New codes: what is stored of them, and what is shown once."""
    shown: dict[str, None] = {}
    while len(shown) < count:
        shown[f"{_half()}-{_half()}"] = None
    key = secrets.token_bytes(32)
    return BackupCodes(key, tuple(_digest(key, code) for code in shown)), list(shown)


def _half() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(_HALF_CHARS))


def _digest(key: bytes, code: str) -> bytes:
    """Case, dashes and blanks do not matter: codes are typed from paper."""
    plain = "".join(code.split()).replace("-", "").upper()
    return hmac.digest(key, plain.encode(), "sha256")
