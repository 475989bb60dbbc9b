"""Values as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

_SHORT: Final = {"mfa": "MFA", "api": "API"}


def moment(iso: str | None) -> str:
    """A time of the service in the zone of this machine, to the minute."""
    if not iso:
        return "never"
    try:
        return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return iso


def listed(words: Sequence[str]) -> str:
    """Words with commas."""
    return ", ".join(words)


def state_of(status: str, *, locked: bool = False, locked_down: bool = False) -> str:
    """The status of an account, and that nobody gets in all the same."""
    shut = {"locked": locked, "locked down": locked_down}
    return listed([status, *(word for word, is_so in shut.items() if is_so)])


def said(event: str) -> str:
    """A name of the contract, such as `password_changed`, as words."""
    words = event.replace("_", " ").replace(".", " ").split()
    text = " ".join(_SHORT.get(word, word) for word in words)
    return text[:1].upper() + text[1:]


def counted(number: int, thing: str, things: str = "") -> str:
    """A number of things, such as `1 session` or `2 sessions`."""
    if number == 1:
        return f"{number} {thing}"
    return f"{number:,} {things or thing + 's'}"
