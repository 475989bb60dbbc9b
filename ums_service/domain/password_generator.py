"""Random passwords for people who did not choose one themselves yet."""

from collections.abc import Callable
from typing import Final

from ums_service.domain.passwords import PasswordPolicy

CHARS_MIN: Final = 16
ALPHABET: Final = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#%+=?@*-_"
"""Letters, digits and signs that are not mistaken for others when read aloud or copied:
16 of them are 96 random bits."""


def generate_password(
    policy: PasswordPolicy,
    choose: Callable[[str], str],
    *,
    username: str,
    email: str,
) -> str:
    """A password that `policy` accepts; `choose` picks one character of a text.

    Drawn again until it is acceptable, so that all acceptable ones are equally likely.
    """
    length = max(CHARS_MIN, policy.chars_min)
    while True:
        drawn = "".join(choose(ALPHABET) for _ in range(length))
        if not policy.violations(drawn, username=username, email=email):
            return drawn
