"""Time-based one-time codes (RFC 6238): six digits, a new one every 30 seconds.

A code is accepted in its own step and in the one before and after, because clocks of
telephones differ; each step only once, and none before one that was used. The caller
keeps the last step, durably before anybody is let in.
"""

import base64
import hmac
import secrets
from typing import Final

import pyotp

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""160 bits, as RFC 4226 recommends (section 4, R6)."""
NEVER_USED: Final = -1


def new_secret() -> bytes:
    """A secret to share with an authenticator."""
    return secrets.token_bytes(SECRET_BYTES)


def as_text(secret: bytes) -> str:
    """The secret in base32, as people type it into an authenticator."""
    return base64.b32encode(secret).decode()


def enrolment_uri(secret: bytes, *, account: str, issuer: str) -> str:
    """What the QR code says: an `otpauth://` URI with the secret in it."""
    return pyotp.TOTP(as_text(secret)).provisioning_uri(
        name=account, issuer_name=issuer
    )


def code_at(secret: bytes, step: int) -> str:
    """The code of one step."""
    return pyotp.TOTP(as_text(secret), digits=DIGITS).generate_otp(step)


def matching_step(
    secret: bytes, code: str, *, epoch_s: int, last_step: int
) -> int | None:
    """The step whose code this is; None for a wrong code and for one used before.

    All candidates are compared, each in constant time. `epoch_s` is the server's wall
    clock; turned back, it makes no used step good again.
    """
    given = "".join(code.split()).encode()
    now = epoch_s // STEP_S
    found = None
    for step in range(max(0, now - 1), now + 2):
        right = hmac.compare_digest(code_at(secret, step).encode(), given)
        if right and step > last_step:
            found = step
    return found
