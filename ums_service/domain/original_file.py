"""Reading the user file of the original service, and judging each of its accounts.

The file is one Fernet token of JSON, `{user name: record}`; its key is derived from
the master password with a fixed salt.
"""

import base64
import hashlib
import json
import math
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.fernet import Fernet, InvalidToken

from ums_service.domain.accounts import PROFILE_FIELDS
from ums_service.domain.argon2id import UnusableHash
from ums_service.domain.moment import Moment
from ums_service.domain.names import EMAIL_CHARS_MAX, USERNAME_CHARS_MAX, normalise
from ums_service.domain.password_hashes import original_form
from ums_service.domain.statuses import ORIGINAL
from ums_service.domain.users import ACTIVE, ROLES, User

DEFAULT_PASSWORD: Final = "default_secure_password_2024"
"""The master password of an original that was never given one."""
TEXT_CHARS_MAX: Final = 4_000
METADATA_BYTES_MAX: Final = 16_384
DEPTH_MAX: Final = 12
INTEGER_MAX: Final = 2**53
"""What replies can carry, as requests do; the original had no limits."""
_SALT: Final = b"stable_salt_v1"
_ITERATIONS: Final = 100_000


class UnreadableOriginal(ValueError):
    """The password is wrong, or the file is damaged or no such file at all."""


@dataclass(frozen=True, slots=True)
class Row:
    """One account of the file. `user` is None where it cannot be taken over."""

    name: str
    user: User | None
    notes: list[str]


def read_original(token: bytes, master_password: str) -> dict[str, Any]:
    """The records of a file.

    Raises:
        UnreadableOriginal: nothing can be read from it with this password.
    """
    derived = hashlib.pbkdf2_hmac(
        "sha256", master_password.encode(), _SALT, _ITERATIONS, 32
    )
    try:
        plain = Fernet(base64.urlsafe_b64encode(derived)).decrypt(token.strip())
        records = json.loads(plain)
    except InvalidToken:
        raise UnreadableOriginal(
            "the master password is wrong, or the file is damaged"
        ) from None
    except (ValueError, RecursionError):
        raise UnreadableOriginal("the file holds no JSON") from None
    if type(records) is not dict:
        raise UnreadableOriginal("the file holds no accounts")
    return records


def judge(
    records: dict[str, Any],
    *,
    keep_roles: bool,
    new_user_id: Callable[[], str],
    now: Moment,
) -> Iterator[Row]:
    """Every account of the file as it would be taken over, with what is to be known."""
    seen: dict[str, str] = {}
    for name, record in records.items():
        row = _judge(name, record, keep_roles, new_user_id, now)
        if row.user is not None:
            for key in (row.user.username, row.user.email):
                if key in seen:
                    row = Row(name, None, [f"same name or address as {seen[key]}"])
                    break
        if row.user is not None:
            seen |= {row.user.username: name, row.user.email: name}
        yield row


def _judge(
    name: str,
    record: Any,
    keep_roles: bool,  # noqa: FBT001 - handed through
    new_user_id: Callable[[], str],
    now: Moment,
) -> Row:
    if type(record) is not dict:
        return Row(name, None, ["not a record"])
    username = normalise(str(record.get("username") or name))
    email = normalise(str(record.get("email") or ""))
    refusal = _refusal(username, email)
    if refusal is not None:
        return Row(name, None, [refusal])
    try:
        stored = original_form(
            str(record.get("password_hash")), str(record.get("password_salt"))
        )
    except UnusableHash as error:
        return Row(name, None, [str(error)])
    notes: list[str] = []
    fields: dict[str, Any]
    fields = {field: _text(record, field, notes) for field in PROFILE_FIELDS}
    created_at = _time(record, "created_at", notes) or now.text
    user = User(
        user_id=new_user_id(),
        username=username,
        email=email,
        password_hash=stored,
        created_at=created_at,
        updated_at=_time(record, "updated_at", notes) or created_at,
        password_changed_at=created_at,
        last_login=_time(record, "last_login", notes),
        role=_role(record, notes, keep=keep_roles),
        status=_status(record, notes),
        metadata=_metadata(record, notes),
        **fields,
    )
    return Row(name, user, notes)


def _refusal(username: str, email: str) -> str | None:
    if not 0 < len(username) <= USERNAME_CHARS_MAX:
        return f"the user name should have 1 to {USERNAME_CHARS_MAX} characters"
    if "@" in username:
        return "the user name is written like a mail address"
    if not 0 < len(email) <= EMAIL_CHARS_MAX:
        return f"the address should have 1 to {EMAIL_CHARS_MAX} characters"
    if "@" not in email:
        return "the address is none"
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in username + email):
        return "the name or address has control characters"
    return None


def _text(record: dict[str, Any], field: str, notes: list[str]) -> str:
    value = record.get(field)
    if value is None:
        return ""
    text: str = value
    if type(value) is not str:
        notes.append(f"{field} was no text")
        text = json.dumps(value)
    if len(text) > TEXT_CHARS_MAX:
        notes.append(f"{field} is cut to {TEXT_CHARS_MAX} characters")
    return text[:TEXT_CHARS_MAX].encode(errors="replace").decode()


def _time(record: dict[str, Any], field: str, notes: list[str]) -> str | None:
    """A time of the original is local and names no zone: it is read as of here."""
    value = record.get(field)
    if value is None:
        return None
    try:
        there = datetime.fromisoformat(value)
        return there.astimezone(UTC).isoformat(timespec="microseconds")
    except (TypeError, ValueError, OverflowError):
        notes.append(f"{field} was no time")
        return None


def _role(record: dict[str, Any], notes: list[str], *, keep: bool) -> str:
    role = record.get("role")
    if role == "user":
        return "user"
    if keep and role in ROLES:
        notes.append(f"stays {role}")
        return str(role)
    notes.append(f"was {role}, becomes user (anybody could make themselves admin)")
    return "user"


def _status(record: dict[str, Any], notes: list[str]) -> str:
    status = record.get("status", ACTIVE)
    if status in ORIGINAL:
        return str(status)
    notes.append("had no known status, becomes inactive")
    return "inactive"


def _metadata(record: dict[str, Any], notes: list[str]) -> dict[str, Any]:
    metadata = record.get("metadata") or {}
    if type(metadata) is not dict:
        metadata = {"value": metadata}
    if not _can_be_sent(metadata):
        notes.append("metadata is left out: messages cannot carry it")
        return {}
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > METADATA_BYTES_MAX:
        notes.append(f"metadata is left out: more than {METADATA_BYTES_MAX} bytes")
        return {}
    return metadata


def _can_be_sent(value: Any, depth: int = 1) -> bool:
    """Whether every client can read it: no NaN, no lone surrogate, nothing endless."""
    if type(value) is dict or type(value) is list:
        parts = [*value, *value.values()] if type(value) is dict else value
        return depth <= DEPTH_MAX and all(_can_be_sent(v, depth + 1) for v in parts)
    if type(value) is str:
        return not any(unicodedata.category(c) == "Cs" for c in value)
    if type(value) is int:
        return -INTEGER_MAX <= value <= INTEGER_MAX
    return type(value) is not float or math.isfinite(value)
