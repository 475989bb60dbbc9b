"""What the owner of an account should see to, as the service tells at a sign-in."""

from __future__ import annotations

from typing import NamedTuple

from gui.controllers.wording import said

_CONSENT = "consent_required:"


class Advice(NamedTuple):
    """A sentence, and the page where something can be done about it."""

    text: str
    page: str


def advice_of(warnings: tuple[str, ...]) -> Advice | None:
    """The most urgent of the warnings, if any of them needs a word."""
    consents = [w.removeprefix(_CONSENT) for w in warnings if w.startswith(_CONSENT)]
    if consents:
        asked = ", ".join(said(kind).lower() for kind in consents)
        return Advice(f"Your consent is asked for: {asked}.", "privacy")
    if "password_expires_soon" in warnings:
        return Advice("Your password expires soon.", "security")
    return None
