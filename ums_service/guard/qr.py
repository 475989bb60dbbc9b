"""QR codes, as a picture for programs with a window and as text for a terminal."""

from itertools import zip_longest
from typing import Final, NamedTuple

_PIXELS: Final = 4
_BORDER: Final = 4
"""Modules of quiet zone: what ISO 18004 demands."""
_BLOCKS: Final = {(0, 0): "█", (0, 1): "▀", (1, 0): "▄", (1, 1): " "}
"""Two modules, one above the other. Light ones are drawn: terminals are dark."""


class QrCode(NamedTuple):
    """One code in two forms."""

    png_data_uri: str
    text: str


def qr_code(content: str) -> QrCode:
    """The QR code of a text."""
    import segno  # noqa: PLC0415 - only who sets up an authenticator needs it

    code = segno.make(content, error="m", micro=False)
    rows = [bytes(row) for row in code.matrix_iter(border=_BORDER)]
    light = bytes(len(rows[0]))
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=light)
    lines = (
        "".join(_BLOCKS[pair] for pair in zip(upper, lower, strict=True))
        for upper, lower in pairs
    )
    return QrCode(
        png_data_uri=code.png_data_uri(scale=_PIXELS, border=_BORDER),
        text="\n".join(lines),
    )
