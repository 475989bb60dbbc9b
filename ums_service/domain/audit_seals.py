"""What audit entries say of people, sealed so that erasing an account erases it.

    entry: ids in the clear, {name, old and new values} sealed --key of the person--
    erasure of the account = the key is deleted; the entry and its chain stay as they are

Each account has a key of its own, made for its first entry, in a collection that is
erased with it. Without the key nobody can tell the name of that time any more: the log
then knows a person by a random id only (GDPR art. 4(5), pseudonymisation).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgpack
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage import Collection

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
VALUE_CHARS_MAX: Final = 200
"""Of an old or a new value; what is longer is cut."""
SHOWN_FIELDS: Final = frozenset(
    {
        "username",
        "email",
        "full_name",
        "phone",
        "address",
        "city",
        "country",
        "postal_code",
        "date_of_birth",
        "notes",
        "first_name",
        "last_name",
        "company",
        "department",
        "user_type",
        "role",
        "status",
        "email_verified",
    }
)
"""Fields whose values a change is told with. A list of what may be told, so that a new
field is not told by accident."""


@dataclass(frozen=True, slots=True)
class AuditKey:
    """The key of what is said of one account."""

    user_id: str
    key: bytes = field(repr=False)


def _key(audit_key: AuditKey) -> str:
    return audit_key.user_id


def _to_document(audit_key: AuditKey) -> dict[str, Any]:
    return {"user_id": audit_key.user_id, "key": audit_key.key}


def _from_document(document: dict[str, Any]) -> AuditKey:
    return AuditKey(**document)


AUDIT_KEYS: Final = Collection(
    name="audit_keys", key=_key, to_document=_to_document, from_document=_from_document
)

Changes = dict[str, list[str]]
"""By the name of a field: the value before and the value after."""


def changes_of(before: object, after: object, changed: Iterable[str]) -> Changes:
    """What changed between two states of an account, as far as it may be told.

    `changed` names the fields that differ.
    """
    return {
        name: change_of(getattr(before, name), getattr(after, name))
        for name in changed
        if name in SHOWN_FIELDS
    }


def change_of(before: object, after: object) -> list[str]:
    """An old and a new value as they are told."""
    return [_short(before), _short(after)]


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= VALUE_CHARS_MAX else f"{text[:VALUE_CHARS_MAX]}…"


def seal(key: AuditKey, name: str, changes: Changes | None, nonce: bytes) -> bytes:
    """The name of an account, and what changed, under its key.

    `nonce` is 96 random bits: good for 2**32 entries of one account (NIST SP 800-38D).
    """
    said = [name, changes] if changes else [name]
    about = key.user_id.encode()
    return nonce + AESGCM(key.key).encrypt(nonce, msgpack.packb(said), about)


@dataclass(frozen=True, slots=True)
class Said:
    """What an entry says of an account."""

    name: str
    changes: Changes | None = None


def unseal(key: AuditKey, sealed: bytes) -> Said | None:
    """The inverse of `seal`; None if it was sealed by another key."""
    nonce, body = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    try:
        said = AESGCM(key.key).decrypt(nonce, body, key.user_id.encode())
    except InvalidTag:
        return None
    return Said(*msgpack.unpackb(said))
