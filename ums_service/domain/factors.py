"""The second factors of an account, as one document under its user id.

An account without a document has none. Secrets are kept as they are: one-time codes
cannot be checked against a digest, and the store encrypts all it holds.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain import totp
from ums_service.domain.backup_codes import BackupCodes
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import Profile
from ums_service.domain.users import User

PASSWORD: Final = "pwd"  # RFC 8176
TOTP: Final = "totp"
PASSKEY: Final = "passkey"
SMS: Final = "sms"
EMAIL: Final = "email"
BACKUP_CODE: Final = "backup_code"
IN_WORDS: Final = {
    TOTP: "one-time codes of an authenticator",
    PASSKEY: "a passkey",
    SMS: "codes by text message",
    EMAIL: "codes by mail",
}
"""What people are told of a method."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authenticator:
    """A program that shows one-time codes. `last_step` is the last one accepted."""

    secret: bytes = field(repr=False)
    last_step: int
    name: str
    enabled_at: str
    last_used_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A public key of WebAuthn. `credential` is the authenticator's description of it."""

    credential_id: bytes
    credential: bytes = field(repr=False)
    sign_count: int
    name: str
    enabled_at: str
    last_used_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Messages:
    """Codes that are sent: `method` is `sms` or `email`, `address` where to."""

    method: str
    address: str
    enabled_at: str
    last_used_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """All second factors of one account."""

    user_id: str
    totp: Authenticator | None = None
    passkeys: tuple[Passkey, ...] = ()
    messages: tuple[Messages, ...] = ()
    backup: BackupCodes = field(default=BackupCodes(), repr=False)

    @property
    def exist(self) -> bool:
        """Whether there is any; backup codes alone are none."""
        return bool(self.totp is not None or self.passkeys or self.messages)

    @property
    def methods(self) -> list[str]:
        """What a login can be completed with."""
        usable = {
            TOTP: self.totp is not None,
            PASSKEY: bool(self.passkeys),
            **dict.fromkeys((m.method for m in self.messages), True),
            BACKUP_CODE: self.exist and bool(self.backup.digests),
        }
        return [method for method, is_usable in usable.items() if is_usable]

    def without(self, method: str, credential_id: bytes | None = None) -> "Factors":
        """The factors without those of `method`, or without one passkey."""
        if method == TOTP:
            return replace(self, totp=None)
        if method != PASSKEY:
            others = tuple(m for m in self.messages if m.method != method)
            return replace(self, messages=others)
        kept = (
            p for p in self.passkeys if credential_id not in (None, p.credential_id)
        )
        return replace(self, passkeys=tuple(kept))

    def with_passkey(self, passkey: Passkey) -> "Factors":
        """The factors with one passkey new or changed; the order stays."""
        known = {p.credential_id: p for p in self.passkeys}
        known[passkey.credential_id] = passkey
        return replace(self, passkeys=tuple(known.values()))

    def with_messages(self, messages: Messages) -> "Factors":
        """The factors with codes sent there; another address of the method goes."""
        others = (m for m in self.messages if m.method != messages.method)
        return replace(self, messages=(*others, messages))


class Used(NamedTuple):
    """A code was right: the factors with it used up, and what kind of code it was."""

    factors: Factors
    method: str


def use_code(
    factors: Factors, code: str, method: str | None, now: Moment
) -> Used | None:
    """Try a code as that of an authenticator; None if it is not right."""
    if method in (None, TOTP) and factors.totp is not None:
        known = factors.totp
        step = totp.matching_step(
            known.secret, code, epoch_s=now.epoch_s, last_step=known.last_step
        )
        if step is not None:
            used = replace(known, last_step=step, last_used_at=now.text)
            return Used(replace(factors, totp=used), TOTP)
    return None


def use_backup_code(factors: Factors, digest: bytes) -> Used | None:
    """Use up the backup code of this digest; None if there is none."""
    left = factors.backup.without(digest)
    return None if left is None else Used(replace(factors, backup=left), BACKUP_CODE)


def are_required(user: User, profile: Profile) -> bool:
    """Whether this account must have a second factor."""
    if profile.mfa_required == "administrators":
        return user.administers
    return profile.mfa_required == "everybody"


def _key(factors: Factors) -> str:
    return factors.user_id


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def _to_document(factors: Factors) -> Mapping[str, Any]:
    return {
        "user_id": factors.user_id,
        "totp": None if factors.totp is None else _fields(factors.totp),
        "passkeys": [_fields(passkey) for passkey in factors.passkeys],
        "messages": [_fields(messages) for messages in factors.messages],
        "backup": factors.backup._asdict(),
    }


def _from_document(document: dict[str, Any]) -> Factors:
    known, backup = document["totp"], document["backup"]
    return Factors(
        user_id=document["user_id"],
        totp=None if known is None else Authenticator(**known),
        passkeys=tuple(Passkey(**passkey) for passkey in document["passkeys"]),
        messages=tuple(Messages(**messages) for messages in document["messages"]),
        backup=BackupCodes(**backup | {"digests": tuple(backup["digests"])}),
    )


FACTORS: Final = Collection(
    name="factors",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
)
