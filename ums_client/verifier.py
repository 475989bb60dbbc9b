"""Verifying access tokens in another service, without asking for each.

    keys = client.call(GetSigningKeys())
    verifier = TokenVerifier(keys.keys, keys.issuer, "my audience")
    bearer = verifier.verify(token, now=time.time())

`update` takes the list of revoked sessions (`GetRevocations`), which closes the gap
between the end of a session and the end of its tokens. It knows keys and claims; it
must not know sockets or clocks: the time comes in, in seconds since 1970.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ums_client.errors import (
    RevocationsOutdated,
    TokenExpired,
    TokenRefused,
    TokenRevoked,
    UnknownSigningKey,
)

ALGORITHMS: Final = ("EdDSA", "RS256")
"""All that is ever accepted: never `none`, never a shared secret (HS256 and its like)."""
TOKEN_CHARS_MAX: Final = 16_384
"""An access token has some 600; what is longer is not even looked at."""
FEED_CHARS_MAX: Final = 16 * 1024 * 1024
LEEWAY_S: Final = 30.0
_ACCESS_TYPE: Final = "at+jwt"
_FEED_TYPE: Final = "revocations+jwt"


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks of. Times in seconds since 1970."""

    user_id: str
    session_id: str
    roles: tuple[str, ...]
    issued_at: int
    expires_at: int
    token_id: str
    claims: Mapping[str, Any] = field(repr=False)


class TokenVerifier:
    """Verifies tokens of one issuer for one audience. Not thread-safe.

    Args:
        keys: the keys of `GetSigningKeysReply`; others than Ed25519 and RSA are left
            aside. Fetch them anew from time to time: a key that the service has dropped
            is believed here until then.
        issuer: who must have issued the tokens.
        audience: for whom they must be.
        leeway_s: how far the clocks of both machines may be apart.
        revocations_max_age_s: refuse every token while the list of revocations is
            older than this; without it the list is used where there is one.
    """

    def __init__(
        self,
        keys: Iterable[Mapping[str, str]],
        issuer: str,
        audience: str,
        *,
        leeway_s: float = LEEWAY_S,
        revocations_max_age_s: float | None = None,
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._leeway_s = leeway_s
        self._max_age_s = revocations_max_age_s
        self._revoked: dict[str, int] = {}
        self._feed_at = 0
        self.sequence = 0
        """Up to where the list of revocations is known: the next `after`."""
        self.replace_keys(keys)

    def replace_keys(self, keys: Iterable[Mapping[str, str]]) -> None:
        """Believe these keys and no others from now on."""
        import jwt  # noqa: PLC0415 - takes 13 ms, and few clients verify

        self._keys: dict[str, Any] = {}
        for plain in keys:
            algorithm, key_id = plain.get("alg"), plain.get("kid")
            if algorithm not in ALGORITHMS or not key_id:
                continue
            try:
                self._keys[key_id] = jwt.PyJWK(dict(plain), algorithm)
            except jwt.PyJWTError as error:
                raise TokenRefused(f"the key {key_id} cannot be read") from error

    def verify(self, token: str, now: float) -> Bearer:
        """Whom the token speaks of.

        Raises:
            UnknownSigningKey: fetch the keys, then verify once more.
            TokenExpired, TokenRevoked: the session must renew its tokens, or is over.
            RevocationsOutdated: the list of revocations is older than allowed.
            TokenRefused: anything else; the token was not made by the issuer for this
                audience.
        """
        claims = self._read(token, _ACCESS_TYPE, TOKEN_CHARS_MAX)
        bearer = _bearer(claims)
        begins = max(bearer.issued_at, _number(claims, "nbf"))
        if not begins - self._leeway_s <= now < bearer.expires_at + self._leeway_s:
            raise TokenExpired("the token has expired, or is not good yet")
        if bearer.session_id in self._revoked:
            raise TokenRevoked("the session of the token has ended")
        if self._max_age_s is not None and now - self._feed_at > self._max_age_s:
            raise RevocationsOutdated("the list of revocations is too old")
        return bearer

    def update(self, feed: str) -> None:
        """Take over a list of revocations, as `GetRevocationsReply` brings it.

        Raises:
            UnknownSigningKey: fetch the keys, then update once more.
            RevocationsOutdated: it is older than what is known, or leaves a gap; fetch
                it with `after` 0.
            TokenRefused: the issuer did not make it.
        """
        claims = self._read(feed, _FEED_TYPE, FEED_CHARS_MAX)
        after, sequence = _number(claims, "after"), _number(claims, "seq")
        issued_at, revoked = _number(claims, "iat"), claims.get("revoked")
        if not isinstance(revoked, dict):
            raise TokenRefused("the list of revocations is malformed")
        if after > self.sequence:
            raise RevocationsOutdated("the list of revocations leaves a gap")
        goes_back = sequence < self.sequence
        if goes_back and (after or issued_at < self._feed_at):
            raise RevocationsOutdated("the list of revocations goes back")
        self._feed_at = max(self._feed_at, issued_at)
        merged = {**self._revoked, **revoked}
        oldest = self._feed_at - 2 * self._leeway_s
        self._revoked = {sid: end for sid, end in merged.items() if end > oldest}
        self.sequence = sequence

    def _read(self, token: str, kind: str, chars_max: int) -> dict[str, Any]:
        """The claims of a token of ours, of that type."""
        import jwt  # noqa: PLC0415 - takes 13 ms, and few clients verify

        if len(token) > chars_max:
            raise TokenRefused("the token is too long")
        jws = jwt.PyJWS()
        try:
            header = jws.get_unverified_header(token)
            key = self._keys.get(str(header.get("kid")))
            if header.get("alg") not in ALGORITHMS or header.get("typ") != kind:
                raise TokenRefused("the token is of another type")
            if key is None:
                raise UnknownSigningKey("the key of the token is not known")
            payload = jws.decode(token, key.key, algorithms=[key.algorithm_name])
            claims = json.loads(payload)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise TokenRefused("the token is malformed or forged") from error
        if not isinstance(claims, dict):
            raise TokenRefused("the token holds no claims")
        if claims.get("iss") != self._issuer or claims.get("aud") != self._audience:
            raise TokenRefused("the token has another issuer or audience")
        return claims


def _bearer(claims: dict[str, Any]) -> Bearer:
    texts = [claims.get(name) for name in ("sub", "sid", "jti")]
    roles = claims.get("roles")
    if not all(isinstance(text, str) and text for text in texts):
        raise TokenRefused("a claim of the token is missing")
    if not isinstance(roles, list) or not all(isinstance(r, str) for r in roles):
        raise TokenRefused("the roles of the token are malformed")
    user_id, session_id, token_id = map(str, texts)
    issued_at, expires_at = _number(claims, "iat"), _number(claims, "exp")
    return Bearer(
        user_id, session_id, tuple(roles), issued_at, expires_at, token_id, claims
    )


def _number(claims: dict[str, Any], name: str) -> int:
    value = claims.get(name)
    if type(value) is not int:
        raise TokenRefused(f"the claim {name} of the token is missing")
    return value
