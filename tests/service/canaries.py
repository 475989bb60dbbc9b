"""A bench that remembers every secret it takes or gives, and whatever could show one.

Which fields hold secrets is read off the classes of the messages: those of the types
for secrets, and those that are kept out of `repr`.
"""

import base64
import re
from collections.abc import Iterator, Mapping, Sequence
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic import BaseModel

from tests.service.harness import LOCAL, Bench, Message
from ums_client.protocol import fields
from ums_client.protocol.actions import ACTION_BY_NAME, ACTIONS, Action
from ums_client.protocol.message import open_envelope
from ums_service.calls.call import Call
from ums_service.deployment.opening import COLLECTIONS

SECRET_TYPES = (fields.Password, fields.Secret, fields.Token, fields.Code)
OF_REFUSALS = ("password_change_token", "mfa_token", "mfa_setup_token")
"""Secrets that a refusal brings, because they are good for the next step only."""
SIGNED = ("signature", "attestationObject", "clientDataJSON")
"""What is secret of a passkey's answer: its ids are public."""

Field = tuple[type[BaseModel], str]


def _is_secret_type(hint: object) -> bool:
    if any(hint is secret for secret in SECRET_TYPES):
        return True
    if get_origin(hint) in (Union, UnionType):
        return any(_is_secret_type(part) for part in get_args(hint))
    return False


def secret_fields(kind: type[BaseModel]) -> list[str]:
    """The fields of a message that hold secrets."""
    hints = get_type_hints(kind, include_extras=True)
    return [
        name
        for name, info in kind.model_fields.items()
        if not info.repr or _is_secret_type(hints[name])
    ]


def all_secret_fields() -> set[Field]:
    """Every field of every action that takes or gives a secret."""
    kinds = [kind for a in ACTIONS for kind in (a.request, a.request.reply_type())]
    return {(kind, name) for kind in kinds for name in secret_fields(kind)}


def leaves(value: Any, key: str = "") -> Iterator[tuple[str, str | bytes]]:
    """Every text and every bytes in a document, with the key it stands under."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield key, str(name)
            yield from leaves(inner, str(name))
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from leaves(inner, key)
    elif isinstance(value, (str, bytes)):
        yield key, value
    elif value is not None:
        yield key, str(value)


def texts_of(value: Any) -> list[str]:
    """The texts that are secret in the value of a field."""
    if isinstance(value, dict):
        response = value.get("response", {})
        return [response[name] for name in SIGNED if name in response]
    if isinstance(value, list):
        return [str(item) for item in value]
    return [str(value)] if value else []


def shows(text: str, secret: str) -> bool:
    """Whether a secret stands in a text; digits only where they are a number."""
    if secret.isdigit():
        return bool(re.search(rf"(?<![\w.]){secret}(?![\w.])", text))
    return secret in text


class CanaryBench(Bench):
    """Notes what passes: secrets, and the texts in which none of them may stand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **more: Any) -> None:
        self.secrets: dict[str, str] = {}
        self.covered: set[Field] = set()
        self.shown: dict[str, str] = {}
        """Texts that must show no secret, and where each comes from."""
        self.stored: dict[tuple[str, str, str | bytes], None] = {}
        """What the store holds, decrypted: collection, key, value."""
        calls = self._calls = []

        class Noted(Call):
            def __init__(self, *args: Any, **given: Any) -> None:
                super().__init__(*args, **given)
                calls.append(self)

        monkeypatch.setattr("ums_service.requests.dispatch.Call", Noted)
        super().__init__(**more)

    def ask_all(
        self, messages: Sequence[Message], source: str = LOCAL
    ) -> list[Message]:
        replies = super().ask_all(messages, source)
        for message, reply in zip(messages, replies, strict=True):
            self._note(message, reply)
        self.look()
        return replies

    def look(self) -> None:
        """Note what the service holds now, in memory and in its store."""
        for call in self._calls:
            self._show("repr of a call", repr(call))
        self._calls.clear()
        facilities = self.service.facilities
        for session in facilities.sessions._by_digest.values():
            self._show("repr of a session", repr(session))
        for challenge in facilities.factors.challenges._by_digest.values():
            self._show("repr of a challenge", repr(challenge))
        for collection in COLLECTIONS:
            for value in self.store.scan(collection):
                self._show(f"repr of a value of {collection.name}", repr(value))
                for key, leaf in leaves(collection.to_document(value)):
                    self.stored[(collection.name, key, leaf)] = None

    def _show(self, where: str, text: str) -> None:
        self.shown.setdefault(text, where)

    def _note(self, message: Message, reply: Message) -> None:
        action = ACTION_BY_NAME.get(str(message.get("action")))
        if action is None:
            return
        done = reply["status"] in ("success", "healthy")
        if done:
            self._note_request(action, message)
            self._note_reply(action, reply)
        hidden = {*secret_fields(action.request.reply_type()), *OF_REFUSALS}
        told = {name: value for name, value in reply.items() if name not in hidden}
        if action.name == "export_audit" and done:
            told["data"] = base64.b64decode(told["data"]).decode(errors="replace")
        for name in OF_REFUSALS:
            if not done and name in reply:
                self.secrets[reply[name]] = f"{name} of a refusal"
        self._show(
            f"reply of {action.name}", "\n".join(str(v) for _, v in leaves(told))
        )

    def _note_request(self, action: Action, message: Message) -> None:
        given = dict(message)
        envelope = open_envelope(given)
        self._show("repr of an envelope", repr(envelope))
        if envelope.session_token:
            self.secrets[envelope.session_token] = "session_token of an envelope"
        request, _ = action.request.from_fields(given)
        self._show(f"repr of {action.request.__name__}", repr(request))
        self._plant(request)

    def _note_reply(self, action: Action, reply: Message) -> None:
        kind = action.request.reply_type()
        kept = {n: v for n, v in reply.items() if n != "status"}
        made = kind.model_validate(kept)
        self._show(f"repr of {kind.__name__}", repr(made))
        self._plant(made)

    def _plant(self, message: BaseModel) -> None:
        for name in secret_fields(type(message)):
            for secret in texts_of(getattr(message, name)):
                self.covered.add((type(message), name))
                self.secrets[secret] = f"{name} of {type(message).__name__}"

    def forms(self) -> dict[str, str]:
        """Every secret in the forms that it could be written in."""
        found = dict(self.secrets)
        for secret, name in self.secrets.items():
            if re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", secret):
                found[secret.replace("-", "")] = f"{name}, without its dash"
            if name.startswith(("qr_text", "qr_code")):
                middle = len(secret) // 2
                found[secret[middle : middle + 60]] = f"{name}, part of it"
        return found
