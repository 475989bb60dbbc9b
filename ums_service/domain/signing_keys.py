"""The keys that sign what other services verify, as one document.

The newest signs; its private part is gone once another takes its place. The public
parts of older ones are told until the last that they signed has expired. They sign
nothing but tokens for other services; the store's own keys are others.
"""

import hashlib
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from typing import Any, Final

from storage import Collection
from ums_service.domain.moment import Moment

RING_ID: Final = "ring"
GRACE_S: Final = 120
"""How long a public key is told past the end of its last token."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One key pair in DER: PKCS 8 and SubjectPublicKeyInfo.

    `private` is empty and `needed_until_epoch_s` set once it signs no more.
    """

    key_id: str
    algorithm: str
    private: bytes = field(repr=False)
    public: bytes
    made_epoch_s: int
    needed_until_epoch_s: int | None = None


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys that somebody may need, the newest first; it is the one that signs."""

    keys: tuple[SigningKey, ...] = ()

    def signing(self, algorithm: str) -> SigningKey | None:
        """The key that signs; None where there is none, or none for this algorithm."""
        newest = self.keys[0] if self.keys else None
        return newest if newest is not None and newest.algorithm == algorithm else None

    def with_id(self, key_id: object) -> SigningKey | None:
        """The key of that id."""
        return next((key for key in self.keys if key.key_id == key_id), None)

    def rotated(
        self, key: SigningKey, now: Moment, *, longest_s: int, drop_old: bool = False
    ) -> "KeyRing":
        """The ring with a new key; nothing that is signed lives past `longest_s`."""
        if drop_old:
            return KeyRing((key,))
        until = now.epoch_s + longest_s + GRACE_S
        older = [
            replace(old, private=b"", needed_until_epoch_s=until)
            if old.needed_until_epoch_s is None
            else old
            for old in self.keys
        ]
        return KeyRing((key, *older)).without_expired(now)

    def without_expired(self, now: Moment) -> "KeyRing":
        """The ring without the keys that nobody needs any more."""
        return KeyRing(
            tuple(
                key
                for key in self.keys
                if key.needed_until_epoch_s is None
                or key.needed_until_epoch_s > now.epoch_s
            )
        )


def _key(_: KeyRing) -> str:
    return RING_ID


def _to_document(ring: KeyRing) -> dict[str, Any]:
    return {
        "keys": [
            {name: getattr(key, name) for name in SigningKey.__slots__}
            for key in ring.keys
        ]
    }


def _from_document(document: dict[str, Any]) -> KeyRing:
    return KeyRing(tuple(SigningKey(**plain) for plain in document["keys"]))


KEY_RINGS: Final = Collection(
    name="key_rings", key=_key, to_document=_to_document, from_document=_from_document
)


def make_private_key(algorithm: str) -> bytes:
    """A new private key in PKCS 8 DER: Ed25519 for EdDSA, RSA of 2048 bits for RS256.

    The latter takes some 100 ms.
    """
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa  # noqa: PLC0415

    private: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey
    if algorithm == "EdDSA":
        private = ed25519.Ed25519PrivateKey.generate()
    else:
        private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    return private.private_bytes(
        form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption()
    )


def signing_key(private: bytes, algorithm: str, now: Moment) -> SigningKey:
    """The key pair of a private key; its id is made of the public part."""
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415

    loaded = form.load_der_private_key(private, None)
    public = loaded.public_key().public_bytes(
        form.Encoding.DER, form.PublicFormat.SubjectPublicKeyInfo
    )
    digest = hashlib.sha256(public).digest()[:16]
    return SigningKey(
        key_id=urlsafe_b64encode(digest).rstrip(b"=").decode(),
        algorithm=algorithm,
        private=private,
        public=public,
        made_epoch_s=now.epoch_s,
    )
