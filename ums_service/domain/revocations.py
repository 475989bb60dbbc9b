"""Sessions that ended while an access token of theirs is still accepted elsewhere.

A numbered list: who has read up to a number asks for what comes behind it. Entries go
when no token of theirs can be good any more, so the list stays as short as access
tokens are short-lived; the numbers go on.
"""

from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, NamedTuple

from storage import Collection, Store, Transaction
from ums_service.domain.moment import Moment

GRACE_S: Final = 120
"""How long an entry stays past the end of its tokens: others' clocks may be slow."""
_NAME: Final = "last"


@dataclass(frozen=True, slots=True)
class Revoked:
    """Sessions that ended together; their last token ends at `until_epoch_s`."""

    number: int
    session_ids: tuple[str, ...]
    until_epoch_s: int


@dataclass(frozen=True, slots=True)
class LastRevoked:
    """The number of the newest entry there ever was."""

    number: int


class Feed(NamedTuple):
    """What comes behind a number, up to `number`; `more` says that there is more."""

    after: int
    number: int
    revoked: dict[str, int]
    more: bool


def _id(number: int) -> str:
    return f"{number:016x}"


def _key(revoked: Revoked) -> str:
    return _id(revoked.number)


def _to_document(revoked: Revoked) -> dict[str, Any]:
    return {
        "number": revoked.number,
        "session_ids": list(revoked.session_ids),
        "until_epoch_s": revoked.until_epoch_s,
    }


def _from_document(document: dict[str, Any]) -> Revoked:
    ids = tuple(document["session_ids"])
    return Revoked(document["number"], ids, document["until_epoch_s"])


REVOCATIONS: Final = Collection(
    name="revocations", key=_key, to_document=_to_document, from_document=_from_document
)


def _last_key(_: LastRevoked) -> str:
    return _NAME


def _last_to_document(last: LastRevoked) -> dict[str, Any]:
    return {"number": last.number}


def _last_from_document(document: dict[str, Any]) -> LastRevoked:
    return LastRevoked(document["number"])


LAST_REVOKED: Final = Collection(
    name="last_revoked",
    key=_last_key,
    to_document=_last_to_document,
    from_document=_last_from_document,
)


async def revoke(tx: Transaction, session_ids: list[str], until_epoch_s: int) -> None:
    """Enter sessions whose tokens must not be accepted any more."""
    last = await tx.get(LAST_REVOKED, _NAME)
    number = (last.number if last else 0) + 1
    tx.put(LAST_REVOKED, LastRevoked(number))
    tx.put(REVOCATIONS, Revoked(number, tuple(session_ids), until_epoch_s))


def feed_after(store: Store, after: int, *, most: int) -> Feed:
    """What was entered behind number `after`.

    All of it where `after` is a number this store has not reached: an older copy of
    it may have been restored.
    """
    last = store.get(LAST_REVOKED, _NAME)
    number = last.number if last else 0
    if after > number:
        after = 0
    behind = [id_ for id_ in store.ids(REVOCATIONS) if id_ > _id(after)]
    revoked: dict[str, int] = {}
    for id_ in behind[:most]:
        entry = store.get(REVOCATIONS, id_)
        assert entry is not None
        revoked |= dict.fromkeys(entry.session_ids, entry.until_epoch_s)
    more = len(behind) > most
    return Feed(after, int(behind[most - 1], 16) if more else number, revoked, more)


def due_revocations(store: Store, now: Moment, *, most: int) -> list[str]:
    """Ids of entries that nobody needs any more, among the oldest."""
    oldest = islice(store.scan(REVOCATIONS), most)
    return [_key(r) for r in oldest if r.until_epoch_s + GRACE_S < now.epoch_s]
