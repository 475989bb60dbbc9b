"""Doing a write once, however often it is asked for with the same key.

The result is stored in the same commit as the change. Of the key only a digest is
stored, and the arguments' fingerprint is keyed with the key itself: a stolen store
does not let anybody guess the password that was among the arguments.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any, Final

import msgpack

from storage import Collection
from ums_service.domain.errors import IdempotencyConflict

KEPT_S: Final = 24 * 60 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """A write that was done, and the reply it got.

    `done_id` stands for the caller, the action and the key. `bearer_id` stands for the
    session token instead of the caller: it lets who deleted their own account, and
    with it the session, ask again.
    """

    done_id: str
    bearer_id: str | None
    fingerprint: bytes
    reply: dict[str, Any] = field(repr=False)
    at_epoch_s: int

    def reply_for(self, fingerprint: bytes) -> dict[str, Any]:
        """The stored reply.

        Raises:
            IdempotencyConflict: the arguments were others.
        """
        if not hmac.compare_digest(self.fingerprint, fingerprint):
            raise IdempotencyConflict
        return self.reply


def done_id(who: str, action: str, key: str) -> str:
    """The id of a write: `who` is a user id, a token, or empty for anybody."""
    parts = [part.encode() for part in (who, action, key)]
    return hashlib.sha256(msgpack.packb(parts)).hexdigest()


def fingerprint(key: str, fields: dict[str, Any]) -> bytes:
    """What tells the same arguments from others, useless without the key."""
    canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key.encode(), canonical.encode(), "sha256")


def _key(done: Done) -> str:
    return done.done_id


def _to_document(done: Done) -> dict[str, Any]:
    return {name: getattr(done, name) for name in Done.__slots__}


def _from_document(document: dict[str, Any]) -> Done:
    return Done(**document)


DONE: Final = Collection(
    name="done",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
    unique=("bearer_id",),
)
