"""How hard a password is to guess, estimated by zxcvbn.

zxcvbn imitates how people guess: words, names, dates, keyboard patterns, and letters
written as signs (`p4$$w0rd`). Trying all readings of many such signs takes it seconds:
what is measured is therefore cut, so that no password costs more than some 15 ms. A
longer password is at least as strong as its beginning.
"""

from typing import Final, NamedTuple

_MEASURED_CHARS: Final = 24
_MIXED_CHARS: Final = 12
_MIXED_KINDS: Final = 4
_SIGNS: Final = frozenset("4@8({[<36!1|0$5+7%2")
"""The signs that zxcvbn reads as letters. More than `_MIXED_KINDS` kinds of them make
too many readings for `_MEASURED_CHARS`."""
_PER_DECADE: Final = 8
_LABELS: Final = ((80, "very_strong"), (64, "strong"), (48, "moderate"), (0, "weak"))
"""At 10^10, 10^8 and 10^6 guesses: zxcvbn's own steps."""


class Strength(NamedTuple):
    """`score` is from 0 to 100: eight for each power of ten of guesses."""

    score: int
    label: str
    advice: list[str]


def strength_of(password: str, username: str, email: str) -> Strength:
    """Estimate how many guesses a normalised password stands.

    Slow, and not to be run by two threads at once (zxcvbn keeps the names it was given
    in a table of its own). The first call builds zxcvbn's tables.
    """
    from zxcvbn import zxcvbn  # noqa: PLC0415 - heavy, and rarely asked for

    if not password:
        return Strength(0, "weak", [])  # zxcvbn has no answer to it
    names = [name for name in (username, email, email.partition("@")[0]) if name]
    found = zxcvbn(_measured(password), user_inputs=names)
    score = max(0, min(100, int(float(found["guesses_log10"]) * _PER_DECADE)))
    label = next(label for least, label in _LABELS if score >= least)
    warning = found["feedback"]["warning"]
    advice = [*([warning] if warning else []), *found["feedback"]["suggestions"]]
    return Strength(score, label, advice)


def _measured(password: str) -> str:
    part = password[:_MEASURED_CHARS]
    mixed = len(_SIGNS.intersection(part)) > _MIXED_KINDS
    return part[:_MIXED_CHARS] if mixed else part
