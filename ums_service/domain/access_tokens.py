"""Tokens for other services: what they say, how they are signed and read.

An access token is a JWT of RFC 9068's type; the list of revocations is another type
under the same key, so that neither passes for the other.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from ums_service.domain.moment import Moment
from ums_service.domain.revocations import Feed
from ums_service.domain.signing_keys import KeyRing, SigningKey, signing_key

ACCESS_TYPE: Final = "at+jwt"
FEED_TYPE: Final = "revocations+jwt"
FEED_KEPT_S: Final = 5
FEEDS_MAX: Final = 100
_LOADED_MAX: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """Who signs, for whom, how and for how long."""

    issuer: str
    audience: str
    algorithm: str
    access_s: int
    key_s: int


class Bearer(NamedTuple):
    """Whom an access token speaks of."""

    user_id: str
    session_id: str
    expires_epoch_s: int


class AccessTokens:
    """Signs and reads tokens. Holds the loaded keys, so belongs to the loop."""

    def __init__(
        self,
        rules: TokenRules,
        *,
        new_private_key: Callable[[str], bytes],
        new_id: Callable[[], str],
    ) -> None:
        self.rules = rules
        self.new_private_key = new_private_key
        self._new_id = new_id
        self._loaded: dict[bytes, Any] = {}
        self._feeds: dict[tuple[str, int, int], tuple[int, str]] = {}

    def rotated(
        self, ring: KeyRing, private: bytes, now: Moment, *, drop_old: bool = False
    ) -> KeyRing:
        """The ring after a new private key has taken over the signing."""
        key = signing_key(private, self.rules.algorithm, now)
        longest_s = self.rules.access_s
        return ring.rotated(key, now, longest_s=longest_s, drop_old=drop_old)

    def is_due(self, ring: KeyRing, now: Moment) -> bool:
        """Whether the key that signs has signed for long enough."""
        newest = ring.keys[0] if ring.keys else None
        return newest is not None and (
            newest.made_epoch_s + self.rules.key_s <= now.epoch_s
        )

    def access_token(
        self,
        key: SigningKey,
        bearer: Bearer,
        roles: list[str],
        now: Moment,
    ) -> str:
        """An access token for what the bearer may do elsewhere."""
        claims = {
            "sub": bearer.user_id,
            "sid": bearer.session_id,
            "nbf": now.epoch_s,
            "exp": bearer.expires_epoch_s,
            "jti": self._new_id(),
            "roles": roles,
        }
        return self._signed(key, ACCESS_TYPE, claims, now)

    def feed(self, key: SigningKey, feed: Feed, now: Moment) -> str:
        """The list of revocations, signed; for some seconds the same again.

        Anybody may ask for it, and an RSA signature costs a millisecond.
        """
        kept_as = key.key_id, feed.after, feed.number
        made_epoch_s, text = self._feeds.get(kept_as, (0, ""))
        if not 0 <= now.epoch_s - made_epoch_s < FEED_KEPT_S:
            text = self._signed_feed(key, feed, now)
            if len(self._feeds) >= FEEDS_MAX:
                self._feeds.clear()
            self._feeds[kept_as] = now.epoch_s, text
        return text

    def _signed_feed(self, key: SigningKey, feed: Feed, now: Moment) -> str:
        claims = {"after": feed.after, "seq": feed.number, "revoked": feed.revoked}
        return self._signed(key, FEED_TYPE, claims, now)

    def _signed(
        self, key: SigningKey, kind: str, claims: dict[str, Any], now: Moment
    ) -> str:
        import jwt  # noqa: PLC0415 - takes 13 ms, and not every service signs

        whole = {
            "iss": self.rules.issuer,
            "aud": self.rules.audience,
            "iat": now.epoch_s,
            **claims,
        }
        headers = {"kid": key.key_id, "typ": kind}
        private = self._load(key.private, private=True)
        return jwt.encode(whole, private, algorithm=key.algorithm, headers=headers)

    def read(self, token: str, ring: KeyRing, now: Moment) -> Bearer | None:
        """Whom a token of ours speaks of; None for anything that is none, or over."""
        import jwt  # noqa: PLC0415 - takes 13 ms, and not every service signs

        jws = jwt.PyJWS()
        try:
            key = ring.with_id(jws.get_unverified_header(token).get("kid"))
            if key is None:
                return None
            public = self._load(key.public, private=False)
            read = jws.decode_complete(token, public, algorithms=[key.algorithm])
            claims = json.loads(read["payload"])
        except (jwt.PyJWTError, ValueError):
            return None
        if read["header"].get("typ") != ACCESS_TYPE:  # a feed has other claims
            return None
        rules = self.rules
        ours = (claims["iss"], claims["aud"]) == (rules.issuer, rules.audience)
        begun = claims["nbf"] <= now.epoch_s
        if not (ours and begun and now.epoch_s < claims["exp"]):
            return None
        return Bearer(claims["sub"], claims["sid"], claims["exp"])

    def public_keys(self, ring: KeyRing) -> list[dict[str, str]]:
        """The keys that verify, as a JSON Web Key Set has them (RFC 7517)."""
        import jwt.algorithms as known  # noqa: PLC0415 - takes 13 ms

        keys = []
        for key in ring.keys:
            kind = (
                known.OKPAlgorithm if key.algorithm == "EdDSA" else known.RSAAlgorithm
            )
            plain = kind.to_jwk(self._load(key.public, private=False), as_dict=True)
            texts = {name: text for name, text in plain.items() if type(text) is str}
            more = {"kid": key.key_id, "alg": key.algorithm, "use": "sig"}
            keys.append(texts | more)
        return keys

    def _load(self, der: bytes, *, private: bool) -> Any:
        from cryptography.hazmat.primitives import (  # noqa: PLC0415
            serialization as form,
        )

        loaded = self._loaded.get(der)
        if loaded is None:
            if len(self._loaded) >= _LOADED_MAX:
                self._loaded.clear()
            loaded = (
                form.load_der_private_key(der, None)
                if private
                else form.load_der_public_key(der)
            )
            self._loaded[der] = loaded
        return loaded
