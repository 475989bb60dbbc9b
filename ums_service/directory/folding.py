"""Text as it is searched and sorted: without regard to case and accents."""

import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {
        "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ħ": "h",
        "ŧ": "t",
    }
)
"""Letters that Unicode does not decompose and that people type without their stroke."""


def folded(text: str) -> str:
    """The text in one line, case and accents taken away."""
    if text.isascii():
        return " ".join(text.lower().split())
    apart = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return " ".join(bare.casefold().translate(_LETTERS).split())


def words(query: str) -> list[str]:
    """The different words of a query, folded; the longest, which most lack, first."""
    return sorted(set(folded(query).split()), key=len, reverse=True)
