"""API keys: what one looks like, what is kept of it, where and how long it is good.

A key is `ums_`, its id, `_`, 256 random bits and a checksum, so that a scanner finds a
key that leaked and a mistyped one is told from a wrong one without asking. Of the
secret only a digest is kept: with 256 random bits a plain one is enough.
"""

import hashlib
import hmac
import re
import zlib
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from storage import Collection
from ums_service.domain.errors import InvalidToken
from ums_service.domain.moment import Moment, text_of
from ums_service.domain.networks import is_within, network_of

DAY_S: Final = 86_400
_SHAPE: Final = re.compile(r"(ums_([0-9a-f]{16})_[A-Za-z0-9_-]{43})([0-9a-f]{8})")


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is kept of a key. Seconds count from 1970."""

    key_id: str
    user_id: str
    name: str
    description: str
    digest: bytes = field(repr=False)
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    """Networks it may be used from; empty for any."""
    created_s: int
    good_for_s: int
    used_s: int | None = None
    used_from: str | None = None
    uses: int = 0

    @property
    def expires_s(self) -> int:
        return self.created_s + self.good_for_s

    def state(self, now: Moment, *, unused_s: int) -> str:
        """`active`, `expired`, or `unused` for longer than `unused_s`."""
        if now.reached_s >= self.expires_s:
            return "expired"
        if now.reached_s - (self.used_s or self.created_s) >= unused_s:
            return "unused"
        return "active"

    def used(self, now: Moment, address: str) -> "ApiKey":
        """The key after one more use."""
        return replace(self, used_s=now.epoch_s, used_from=address, uses=self.uses + 1)

    def is_good(self, text: str, address: str, now: Moment, *, unused_s: int) -> bool:
        """Whether `text` is this key and may be used now and from there."""
        right = hmac.compare_digest(self.digest, _digest(text))
        active = self.state(now, unused_s=unused_s) == "active"
        return right and active and is_within(address, self.addresses)


def make_key_text(key_id: str, secret: str) -> str:
    """The whole text of a key; `secret` is 43 characters of base64url."""
    body = f"ums_{key_id}_{secret}"
    return f"{body}{zlib.crc32(body.encode()):08x}"


def key_id_of(text: str) -> str:
    """The id in the text of a key.

    Raises:
        InvalidToken: it has not the shape of a key, or the checksum is wrong.
    """
    match = _SHAPE.fullmatch(text)
    if match is None or f"{zlib.crc32(match[1].encode()):08x}" != match[3]:
        raise InvalidToken
    return match[2]


def new_key(
    text: str,
    user_id: str,
    now: Moment,
    *,
    name: str,
    description: str,
    scopes: list[str],
    addresses: list[str],
    good_for_s: int,
) -> ApiKey:
    """What is kept of a new key.

    Raises:
        InvalidInput: one of `addresses` is neither an address nor a network.
    """
    return ApiKey(
        key_id=key_id_of(text),
        user_id=user_id,
        name=name,
        description=description,
        digest=_digest(text),
        scopes=tuple(sorted(set(scopes))),
        addresses=tuple(network_of(given) for given in addresses),
        created_s=now.epoch_s,
        good_for_s=good_for_s,
    )


def rotated(old: ApiKey, text: str, now: Moment) -> ApiKey:
    """The key that takes the place of `old`, good for as long again."""
    return replace(
        old,
        key_id=key_id_of(text),
        digest=_digest(text),
        created_s=now.epoch_s,
        used_s=None,
        used_from=None,
        uses=0,
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _key(key: ApiKey) -> str:
    return key.key_id


def _from_document(document: dict[str, Any]) -> ApiKey:
    lists = {name: tuple(document[name]) for name in ("scopes", "addresses")}
    return ApiKey(**document | lists)


API_KEYS: Final = Collection(
    name="api_keys",
    key=_key,
    to_document=asdict,
    from_document=_from_document,
    grouped=("user_id",),
)


def view(key: ApiKey, now: Moment, *, unused_s: int) -> dict[str, Any]:
    """What is shown of a key."""
    return {
        "key_id": key.key_id,
        "name": key.name,
        "description": key.description,
        "scopes": list(key.scopes),
        "addresses": list(key.addresses),
        "created_at": text_of(key.created_s),
        "expires_at": text_of(key.expires_s),
        "last_used_at": None if key.used_s is None else text_of(key.used_s),
        "last_address": key.used_from,
        "uses": key.uses,
        "state": key.state(now, unused_s=unused_s),
    }
