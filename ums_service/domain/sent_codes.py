"""Codes that are sent to a telephone or mail address: made, kept for a while, compared.

They are weaker than the other factors (a number can be taken over, mail be read), so
they are off for administrators unless a policy allows them. A code lives in memory with
the challenge it answers.
"""

import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Final, Protocol

from ums_service.domain.errors import InvalidInput
from ums_service.domain.users import User

DIGITS: Final = 6
_NUMBER: Final = re.compile(r"\+[1-9][0-9]{6,14}")
"""ITU-T E.164: a plus sign and at most 15 digits."""


class CodeSender(Protocol):
    """What carries a code to its reader."""

    async def send(self, user: User, address: str, code: str, purpose: str) -> None:
        """Hand the code over; `purpose` is a word such as `login`.

        Raises:
            NotDelivered: it was not accepted for delivery.
        """


@dataclass(slots=True)
class SentCode:
    """A code on its way. `tries_left` counts down with each wrong answer."""

    method: str
    code: str = field(repr=False)
    expires_ticks_s: float
    tries_left: int

    def accepts(self, given: str, method: str | None, ticks_s: float) -> bool:
        """Whether this is the code, in time; a wrong one is counted."""
        if method not in (None, self.method):
            return False
        if ticks_s >= self.expires_ticks_s or self.tries_left <= 0:
            return False
        plain = "".join(given.split()).encode()
        if hmac.compare_digest(self.code.encode(), plain):
            return True
        self.tries_left -= 1
        return False


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"


def telephone_number(text: str) -> str:
    """The number as it is dialled. Raises InvalidInput for anything else."""
    number = re.sub(r"[ ()./-]", "", text)
    if not _NUMBER.fullmatch(number):
        raise InvalidInput("phone_number", "should be a number such as +49 30 123456")
    return number


def masked(address: str) -> str:
    """Enough of a number or address for its owner to know which it is."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"***{address[-2:]}"
