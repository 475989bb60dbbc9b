"""What makes a password acceptable. Passwords are never trimmed, only normalised (NFC).

NFC as NIST SP 800-63B-4 section 3.1.1.2 asks, so that the same password typed on two
systems is the same. Lengths count code points.
"""

import string
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

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


def normalise_password(password: str) -> str:
    """The form that is hashed."""
    return unicodedata.normalize("NFC", password)


def violations(
    password: str, *, username: str, email: str, profile: Profile
) -> list[str]:
    """Every rule of `profile` that a normalised password breaks, as sentences."""
    found = []
    if len(password) < profile.password_chars_min:
        found.append(
            f"Password must be at least {profile.password_chars_min} characters long"
        )
    if profile.password_classes:
        found += _missing_classes(password)
    if _is_common(password, profile.password_common):
        found.append("Password is one of the most common ones")
    if profile.password_personal and _is_personal(password, username, email):
        found.append("Password must not contain the user name or mail address")
    if profile.password_runs and _has_run(password):
        found.append(
            f"Password must not have more than {RUN_MAX} characters "
            "in sequence or of the same kind in a row"
        )
    return found


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


def _is_common(password: str, rule: str) -> bool:
    folded = password.casefold()
    if rule == "part":
        return any(common in folded for common in COMMON)
    if rule == "whole":
        return folded in COMMON or len(set(folded)) == 1 or _is_one_run(folded)
    return False


def _is_personal(password: str, username: str, email: str) -> bool:
    folded = password.casefold()
    local = email.partition("@")[0]
    parts = [email, username]
    if len(local) >= LOCAL_PART_CHARS_MIN:
        parts.append(local)
    return any(part and part in folded for part in parts)


def _steps(password: str) -> list[int]:
    return [ord(after) - ord(before) for before, after in pairwise(password)]


def _is_one_run(password: str) -> bool:
    return set(_steps(password)) in ({1}, {-1})


def _has_run(password: str) -> bool:
    length, last = 1, None
    for step in _steps(password):
        length = length + 1 if step == last else 2
        last = step
        if step in (-1, 0, 1) and length > RUN_MAX:
            return True
    return False
