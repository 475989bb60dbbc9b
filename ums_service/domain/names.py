"""User names and mail addresses: how they are written, compared and judged.

A name is trimmed and lower-cased (as the original service does). Its letters are those
of RFC 8265's simplest profile, ASCII, so that two names that look alike are alike; an
`@` is never part of one, so that no name can shadow somebody's mail address.
"""

import re
import unicodedata
from typing import Final

from ums_service.domain.errors import InvalidInput

USERNAME_CHARS_MAX: Final = 64
FULL_NAME_CHARS_MAX: Final = 300
EMAIL_CHARS_MAX: Final = 254
"""RFC 5321 section 4.5.3.1.3, less the two angle brackets."""

_USERNAME: Final = re.compile(r"[a-z0-9._-]+")
_EMAIL: Final = re.compile(r"[^@\s\"(),:;<>\[\\\]]{1,64}@[^@\s.]+(\.[^@\s.]+)+")


def normalise(name: str) -> str:
    """The form in which names are stored and compared."""
    return unicodedata.normalize("NFKC", name.strip()).casefold()


def full_name_after(full_name: str, before: list[str], after: list[str]) -> str:
    """The full name once its parts (first, middle, last) have changed.

    One that was made of them follows them; one that was given by itself stays.
    """
    if full_name not in ("", _joined(before)):
        return full_name
    return _joined(after) if any(after) or any(before) else full_name


def _joined(parts: list[str]) -> str:
    return " ".join(part for part in parts if part)[:FULL_NAME_CHARS_MAX]


def check_username(username: str, *, chars_min: int) -> None:
    """Judge a normalised user name.

    Raises:
        InvalidInput: it is too short or long, or has other characters.
    """
    if not chars_min <= len(username) <= USERNAME_CHARS_MAX:
        raise InvalidInput(
            "username", f"should have {chars_min} to {USERNAME_CHARS_MAX} characters"
        )
    if not _USERNAME.fullmatch(username):
        raise InvalidInput(
            "username", "should have only letters a to z, digits and the signs . _ -"
        )


def check_email(email: str) -> None:
    """Judge a normalised mail address by its shape alone.

    Raises:
        InvalidInput: it cannot be a mail address.
    """
    if len(email) > EMAIL_CHARS_MAX or not _EMAIL.fullmatch(email):
        raise InvalidInput("email", "should be a mail address like name@example.org")
