"""Password hashes: made with Argon2id, verified in every form that is stored.

The stored form names its algorithm, its parameters and, where there is one, the pepper
that was added. Parameters read from a store are bounded before they are used: a hash
that asks for 4 GiB would otherwise take the process with it.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable
from typing import Final

from ums_service.domain.argon2id import Argon2id, HashParameters, UnusableHash
from ums_service.domain.errors import NotConfigured
from ums_service.domain.foreign_hashes import verifier_of
from ums_service.domain.pepper import Pepper, parted

ORIGINAL_ITERATIONS: Final = 100_000
NO_PASSWORD: Final = "!"
"""Stored for an account that has none yet: no password is right."""
_ORIGINAL: Final = re.compile(r"\$pbkdf2-original\$([0-9a-f]{32})\$([0-9a-f]{64})")


class PasswordHashes:
    """Makes and verifies hashes; holds parameters and peppers, nothing of a password.

    `hash` and `verify` are slow on purpose and release the interpreter's lock: call
    them from a pool of threads. New hashes are made with `pepper`; `old_peppers` only
    verify what they have made.
    """

    def __init__(
        self,
        parameters: HashParameters,
        *,
        pepper: Pepper | None = None,
        old_peppers: Iterable[Pepper] = (),
    ) -> None:
        self.parameters = parameters
        self._argon2id = Argon2id(parameters)
        self.pepper = pepper
        known = [*old_peppers, *([pepper] if pepper else [])]
        self._peppers = {p.pepper_id: p for p in known}
        self.dummy = self._marked(self._argon2id.of_nothing())
        """What is verified in place of a hash that is not there."""

    @property
    def pepper_ids(self) -> frozenset[str]:
        """The peppers that are there."""
        return frozenset(self._peppers)

    def hash(self, password: str) -> str:
        """A new hash with a fresh salt."""
        secret = password.encode()
        if self.pepper is not None:
            secret = self.pepper.applied_to(secret)
        return self._marked(self._argon2id.hash(secret))

    def _marked(self, made: str) -> str:
        return made if self.pepper is None else self.pepper.mark(made)

    def verify(self, stored: str, password: str) -> bool:
        """Tell whether `password` is the one that was hashed.

        Raises:
            UnusableHash: the stored form is unknown or out of bounds.
            NotConfigured: the pepper that made it is not there, so nobody can tell.
        """
        original = _ORIGINAL.fullmatch(stored)
        if original:
            made = original_digest(password, original[1])
            return hmac.compare_digest(made, original[2])
        if stored == NO_PASSWORD:
            self.verify(self.dummy, password)  # the work tells nobody that it is so
            return False
        foreign = verifier_of(stored)
        if foreign is not None:
            return foreign(password.encode())
        pepper_id, plain = parted(stored)
        if pepper_id is None:
            return self._argon2id.verify(plain, password.encode())
        pepper = self._peppers.get(pepper_id)
        if pepper is None:
            raise NotConfigured("pepper to verify this password with")
        return self._argon2id.verify(plain, pepper.applied_to(password.encode()))

    def is_outdated(self, stored: str) -> bool:
        """Whether a right password should be hashed anew."""
        if not stored.startswith(("$argon2", "$pepper=")):
            return True  # of the original, or of another system
        pepper_id, plain = parted(stored)
        current = self.pepper.pepper_id if self.pepper else None
        return pepper_id != current or self._argon2id.is_outdated(plain)


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
