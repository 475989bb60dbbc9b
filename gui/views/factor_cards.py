"""What one is shown when signing in takes more than a password."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from gui.controllers.problems import Problem
from gui.controllers.signin import SignIn, Step
from gui.widgets.forms import FieldSpec

Link: TypeAlias = tuple[str, Callable[[], object]]
ANY_KIND = "any"
METHODS = {
    "totp": "Authenticator app",
    "sms": "Text message",
    "email": "Mail",
    "backup_code": "Backup code",
}


@dataclass(frozen=True)
class Card:
    """What one step shows. `send` gets the values of the fields."""

    title: str
    fields: Sequence[FieldSpec]
    confirm: str
    send: Callable[[dict[str, str], Callable[[Problem], None]], object]
    text: str = ""
    links: Sequence[tuple[str, Callable[[], object]]] = ()
    strength_of: str = ""
    waiting: str = "One moment…"


def factor_card(flow: SignIn, back: Link, send_code: Callable[[str], object]) -> Card:
    """Ask for a code; `send_code` has one sent by a method."""
    methods = [name for name in flow.kept.methods if name != "passkey"]
    names = [ANY_KIND, *(METHODS.get(name, name) for name in methods)]
    by_name = dict(zip(names, ("", *methods), strict=True))
    links = [back]
    for name in ("sms", "email"):
        if name in methods:
            text = f"Send a code by {METHODS[name].lower()}"
            links.insert(0, (text, lambda n=name: send_code(n)))  # type: ignore[misc]
    if flow.kept.passkey_options is not None:
        links.insert(0, ("Use my passkey", lambda: flow.go(Step.PASSKEY)))
    fields = [
        FieldSpec("code", "Code", required=True, hint="Six digits, or a backup code.")
    ]
    if len(methods) > 1:
        fields.append(
            FieldSpec("method", "Kind of code", "choice", names[0], choices=names)
        )
    return Card(
        "Second factor",
        fields,
        "Confirm",
        lambda v, failed: flow.give_code(
            v["code"].strip(), by_name.get(v.get("method", ""), ""), failed
        ),
        text=f"Signing in as {flow.kept.username}. {_where_codes_are(methods)}",
        links=links,
    )


def _where_codes_are(methods: Sequence[str]) -> str:
    if "totp" in methods:
        return "Open your authenticator app."
    if {"sms", "email"} & set(methods):
        return "Have a code sent."
    return "Take one of your backup codes."


def passkey_card(flow: SignIn, back: Link) -> Card:
    """Ask for a touch of the security key: after a password, or alone."""
    second = flow.kept.passkey_options is not None
    links = [back]
    if second:
        links.insert(0, ("Use a code", lambda: flow.go(Step.FACTOR)))

    def send(values: dict[str, str], failed: Callable[[Problem], None]) -> None:
        from gui.controllers.passkey_signin import (  # noqa: PLC0415 - few have a key
            sign_in_with_key,
        )

        sign_in_with_key(flow, values["pin"], failed)

    return Card(
        "Second factor" if second else "Sign in with a passkey",
        (FieldSpec("pin", "PIN of the key", "password", hint="If it has one."),),
        "Use the key",
        send,
        text="Plug your security key in. When it blinks, touch it.",
        links=links,
        waiting="Touch your key…",
    )
