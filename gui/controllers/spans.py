"""Lengths of time as people read and type them: `30 min`, `12 h`, `90 days`."""

from __future__ import annotations

import re
from typing import Final

_UNITS: Final = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_TYPED: Final = re.compile(
    r"(\d{1,9})\s*(days?|d|h|hours?|min|minutes?|s)", re.IGNORECASE
)


def span(seconds: int) -> str:
    """The length in the largest unit that it is whole in."""
    for name, length in _UNITS:
        if seconds and seconds % length == 0:
            count = seconds // length
            plural = "s" if name == "day" and count != 1 else ""
            return f"{count:,} {name}{plural}"
    return f"{seconds} s"


def seconds_of(text: str) -> int:
    """The seconds of a length that was typed.

    Raises:
        ValueError: it is none.
    """
    found = _TYPED.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    unit = found[2].lower()
    length = next(length for name, length in _UNITS if unit[0] == name[0])
    return int(found[1]) * length
