"""Names that look alike: written differently, read as the same.

The skeleton of a name is what remains when everything is written as its usual
double looks (after Unicode Technical Standard 39, with a table for the letters that
names here can have and for those that names taken over from the original can). Two
names with one skeleton deserve a second look; neither is wrong by itself.
"""

import unicodedata
from typing import Final

_DOUBLES: Final = str.maketrans(
    {
        "0": "o",
        "1": "l",
        "i": "l",
        "|": "l",
        "5": "s",
        "8": "b",
        ".": "",
        "_": "",
        "-": "",
        # Cyrillic
        "\u0430": "a",
        "\u0435": "e",
        "\u043e": "o",
        "\u0440": "p",
        "\u0441": "c",
        "\u0443": "y",
        "\u0445": "x",
        "\u0456": "l",
        "\u0458": "j",
        "\u0455": "s",
        "\u043c": "m",
        "\u043d": "h",
        "\u043a": "k",
        "\u0442": "t",
        "\u0432": "b",
        # Greek
        "\u03b1": "a",
        "\u03b9": "l",
        "\u03ba": "k",
        "\u03bd": "v",
        "\u03bf": "o",
        "\u03c1": "p",
        "\u03c5": "u",
        "\u03c7": "x",
        # Latin beyond ASCII
        "\u0131": "l",
        "\u0142": "l",
        "\u00f8": "o",
    }
)


def skeleton(name: str) -> str:
    """What a normalised name looks like; names that look alike have the same."""
    if not name.isascii():
        parts = unicodedata.normalize("NFKD", name)
        name = "".join(c for c in parts if not unicodedata.combining(c)).casefold()
    plain = name.translate(_DOUBLES)
    return plain.replace("rn", "m").replace("vv", "w").replace("cl", "d")
