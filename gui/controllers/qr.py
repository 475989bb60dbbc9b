"""QR codes, for authenticators on phones."""

import base64
import io


def qr_png(text: str) -> str:
    """A QR code as PNG in base64: black on white with its margin, or no camera reads it."""
    import segno  # noqa: PLC0415 - few sign-ins need a picture

    out = io.BytesIO()
    segno.make(text, error="m").save(out, kind="png", scale=5, border=4)
    return base64.b64encode(out.getvalue()).decode()
