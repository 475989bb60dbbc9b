"""What makes a password acceptable. Passwords are never trimmed, only normalised (NFC).

NFC as NIST SP 800-63B-4 section 3.1.1.2 asks, so that the same password typed on two
systems is the same. Lengths count code points.
"""

import string
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from ums_service.domain.blocklist import Blocklist
from ums_service.domain.errors import PolicyViolation
from ums_service.domain.profiles import Profile

COMMON: Final = frozenset(
    [
        "123456",
        "password",
        "qwerty",
        "abc123",
        "111111",
        "123123",
        "admin",
        "letmein",
        "welcome",
        "monkey",
        "dragon",
        "baseball",
        "football",
        "iloveyou",
        "trustno1",
        "sunshine",
        "master",
        "hello",
        "shadow",
        "ashley",
        "passw0rd",
        "qazwsx",
        "qwertyuiop",
        "1234567890",
        "12345678",
        "123456789",
        "password1",
        "password123",
        "admin123",
        "changeme",
        "secret",
        "00000000",
        "11111111",
        "abcd1234",
        "1q2w3e4r",
        "qwerty123",
        "welcome1",
    ]
)
RUN_MAX: Final = 3
LOCAL_PART_CHARS_MIN: Final = 4
"""A shorter local part of a mail address occurs in honest passwords by chance."""


BYTES_MAX: Final = 1_024
"""Of UTF-8, before it is normalised: that takes time quadratic in combining marks."""


def normalise_password(password: str) -> str:
    """The form that is hashed."""
    return unicodedata.normalize("NFC", password)


class PasswordPolicy:
    """The rules of one profile together with the lists of known passwords."""

    def __init__(self, profile: Profile, blocklist: Blocklist) -> None:
        self._profile = profile
        self._blocklist = blocklist

    def with_rules_of(self, profile: Profile) -> "PasswordPolicy":
        """The same lists with the rules of another profile."""
        return PasswordPolicy(profile, self._blocklist)

    @property
    def is_loaded(self) -> bool:
        """Whether a judgement is made without reading a list first."""
        return self._profile.password_common == "off" or self._blocklist.is_loaded

    def load(self) -> None:
        """Read what judgements need; takes some milliseconds, once."""
        self._blocklist.load()

    @property
    def chars_min(self) -> int:
        """The fewest characters that are accepted."""
        return self._profile.password_chars_min

    def accepted(self, password: str, *, username: str, email: str) -> str:
        """The form of a new password that is to be hashed.

        Raises:
            PolicyViolation: names every rule that it breaks.
        """
        broken = self.violations(password, username=username, email=email)
        if broken:
            raise PolicyViolation(broken)
        return normalise_password(password)

    def violations(self, password: str, *, username: str, email: str) -> list[str]:
        """Every rule that a password breaks, as sentences."""
        profile = self._profile
        if len(password) > BYTES_MAX or len(password.encode()) > BYTES_MAX:
            return [f"Password must have at most {BYTES_MAX} bytes"]
        password = normalise_password(password)
        found = []
        if len(password) < profile.password_chars_min:
            found.append(
                "Password must be at least "
                f"{profile.password_chars_min} characters long"
            )
        if profile.password_classes:
            found += _missing_classes(password)
        if self._is_common(password):
            found.append("Password is one of the most common ones")
        if profile.password_personal and _is_personal(password, username, email):
            found.append("Password must not contain the user name or mail address")
        if profile.password_runs and _has_run(password):
            found.append(
                f"Password must not have more than {RUN_MAX} characters "
                "in sequence or of the same kind in a row"
            )
        return found

    def _is_common(self, password: str) -> bool:
        if self._blocklist.is_own(password):
            return True
        rule = self._profile.password_common
        if rule == "off":
            return False
        if _is_repetitive(password) or self._blocklist.is_common(password):
            return True
        folded = password.casefold()
        if rule == "part":
            return any(common in folded for common in COMMON)
        return folded in COMMON


def _missing_classes(password: str) -> Iterator[str]:
    classes = {
        "an upper-case letter": any(c.isupper() for c in password),
        "a lower-case letter": any(c.islower() for c in password),
        "a digit": any(c.isdigit() for c in password),
        "a sign": any(c in string.punctuation or c.isspace() for c in password),
    }
    for name, present in classes.items():
        if not present:
            yield f"Password must contain {name}"


def _is_repetitive(password: str) -> bool:
    """Whether it is one character again and again, or one run such as `abcdefgh`."""
    folded = password.casefold()
    return len(set(folded)) == 1 or set(_steps(folded)) in ({1}, {-1})


def _is_personal(password: str, username: str, email: str) -> bool:
    folded = password.casefold()
    local = email.partition("@")[0]
    parts = [email, username]
    if len(local) >= LOCAL_PART_CHARS_MIN:
        parts.append(local)
    return any(part and part in folded for part in parts)


def _steps(password: str) -> list[int]:
    return [ord(after) - ord(before) for before, after in pairwise(password)]


def _has_run(password: str) -> bool:
    length, last = 1, None
    for step in _steps(password):
        length = length + 1 if step == last else 2
        last = step
        if step in (-1, 0, 1) and length > RUN_MAX:
            return True
    return False
