"""Refresh tokens: how one renews a session, and what shows that one was stolen.

All tokens that follow on one login are a family. Each is good once; its successor is
derived from it, so that a repeated request gets the same answer without the answer
being kept:

    token     = user id . session id . secret tag
    tag       = HMAC(family secret, "tag", secret)      it was issued in this family
    successor = HMAC(family secret, "next", secret)

                   current token: rotate
    GOOD ---------------------------------------------> GOOD
      |            spent token, repeated from the same
      |            address within `refresh_repeat_s`:
      |            the same successor once more ------> GOOD
      +--- any other spent token ---------------------> ended: two hold the family

At rest there are the family's secret and digests of tokens: neither gives a token
without the one before it. What was never issued has no valid tag and ends nothing, so
who only knows the ids, which every access token shows, cannot end a session.
"""

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from ums_service.domain.clients import ClientInfo
from ums_service.domain.errors import InvalidToken
from ums_service.domain.moment import Moment
from ums_service.domain.sessions import digest_of

_SECRET_CHARS: Final = 43
_TAG_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token in its parts; `secret` is 256 bits as base64url."""

    user_id: str
    session_id: str
    secret: str = field(repr=False)
    tag: str = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> "RefreshToken":
        """The parts of a token as it was sent. Raises InvalidToken."""
        parts = text.split(".")
        if len(parts) != 3 or not all(parts) or not text.isascii():
            raise InvalidToken
        user_id, session_id, rest = parts
        return cls(user_id, session_id, rest[:_SECRET_CHARS], rest[_SECRET_CHARS:])

    @property
    def text(self) -> str:
        """The token as it is sent."""
        return f"{self.user_id}.{self.session_id}.{self.secret}{self.tag}"


class Use(Enum):
    """What a token that was issued in a family is when it is presented."""

    CURRENT = "current"
    REPEATED = "repeated"
    SPENT = "spent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The refresh tokens of one login, and with them a session that outlives a restart.

    `current` and `spent` are digests of the token that is good and of the one it
    replaced at `used_epoch_s`, asked for from `address`. The family ends at
    `ends_epoch_s`; its last access token is accepted until `access_until_epoch_s`.
    Wall-clock times: they outlive the machine's boot.
    """

    session_id: str
    secret: bytes = field(repr=False)
    current: bytes = field(repr=False)
    spent: bytes = field(default=b"", repr=False)
    opened_at: str
    used_epoch_s: int
    ends_epoch_s: int
    access_until_epoch_s: int
    address: str
    client: ClientInfo
    methods: tuple[str, ...]

    def token(self, user_id: str, secret: str) -> RefreshToken:
        """The token of this family with that secret."""
        tag = self._derive("tag", secret)[:_TAG_BYTES]
        return RefreshToken(user_id, self.session_id, secret, _text(tag))

    def use_of(
        self, token: RefreshToken, address: str, now: Moment, *, repeat_s: int
    ) -> Use:
        """What this token is.

        Raises:
            InvalidToken: it was never issued here, or the family's time is over.
        """
        tag = self.token(token.user_id, token.secret).tag
        if not hmac.compare_digest(tag, token.tag) or self.is_over(now):
            raise InvalidToken
        digest = digest_of(token.secret)
        if hmac.compare_digest(digest, self.current):
            return Use.CURRENT
        soon = abs(now.epoch_s - self.used_epoch_s) <= repeat_s
        if digest == self.spent and soon and address == self.address:
            return Use.REPEATED
        return Use.SPENT

    def successor(self, token: RefreshToken) -> RefreshToken:
        """The token that follows on `token`."""
        following = _text(self._derive("next", token.secret))
        return self.token(token.user_id, following)

    def session_token(self, token: RefreshToken) -> str:
        """The token of the session that `token` opens where there is none."""
        return _text(self._derive("session", token.secret))

    def rotated(self, token: RefreshToken, address: str, now: Moment) -> "Family":
        """The family after its current token was used."""
        return replace(
            self,
            spent=self.current,
            current=digest_of(self.successor(token).secret),
            used_epoch_s=now.epoch_s,
            address=address,
        )

    def with_access(self, until_epoch_s: int) -> "Family":
        """The family after an access token was made that is good until then."""
        latest = max(self.access_until_epoch_s, until_epoch_s)
        return replace(self, access_until_epoch_s=latest)

    def is_over(self, now: Moment) -> bool:
        """Whether a new login is due."""
        return now.reached_s >= self.ends_epoch_s

    def _derive(self, purpose: str, secret: str) -> bytes:
        return hmac.digest(self.secret, f"{purpose}:{secret}".encode(), "sha256")


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def family_document(family: Family) -> dict[str, Any]:
    """Plain data of a family."""
    plain = {name: getattr(family, name) for name in Family.__slots__}
    return plain | {"client": list(family.client), "methods": list(family.methods)}


def family_of(document: dict[str, Any]) -> Family:
    """The inverse of `family_document`."""
    client, methods = ClientInfo(*document["client"]), tuple(document["methods"])
    return Family(**document | {"client": client, "methods": methods})
