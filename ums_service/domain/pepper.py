"""A pepper: a secret that goes into every password hash and is not in the store.

Who has the store and its key, but not the pepper, cannot even begin to guess passwords
(NIST SP 800-63B section 5.1.1.2: a keyed hash with a secret kept apart). A stored hash
names the pepper that made it by an id, so that one can be introduced, replaced and, with
its file listed as an old one, still used for what it has made.
"""

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from storage import Collection, Store, Transaction
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.password_history import HISTORIES
from ums_service.domain.users import USERS

PEPPER_BYTES_MIN: Final = 32
_PEPPERED: Final = re.compile(r"\$pepper=([0-9a-f]{16})(\$.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Pepper:
    """One pepper. Its id tells nothing of it."""

    secret: bytes = field(repr=False)
    pepper_id: str = field(init=False)

    def __post_init__(self) -> None:
        digest = hmac.new(self.secret, b"id of this pepper", "sha256").hexdigest()
        object.__setattr__(self, "pepper_id", digest[:16])

    def applied_to(self, password: bytes) -> bytes:
        """What is hashed instead of the password."""
        return hmac.new(self.secret, password, hashlib.sha256).digest()

    def mark(self, stored: str) -> str:
        """The stored form that names this pepper."""
        return f"$pepper={self.pepper_id}{stored}"


def parted(stored: str) -> tuple[str | None, str]:
    """The id of the pepper that made a stored hash, and the hash without it."""
    peppered = _PEPPERED.fullmatch(stored)
    return (peppered[1], peppered[2]) if peppered else (None, stored)


class UsedPepper(NamedTuple):
    """A pepper that hashes of this store may need, by its id."""

    pepper_id: str
    since: str


def _key(used: UsedPepper) -> str:
    return used.pepper_id


def _to_document(used: UsedPepper) -> dict[str, Any]:
    return used._asdict()


def _from_document(document: dict[str, Any]) -> UsedPepper:
    return UsedPepper(**document)


PEPPERS: Final = Collection(
    name="peppers", key=_key, to_document=_to_document, from_document=_from_document
)


class MissingPepper(ValueError):
    """Passwords were hashed with a pepper that is not there."""

    def __init__(self, pepper_id: str, hashes: int) -> None:
        super().__init__(
            f"{hashes} password hashes were made with the pepper {pepper_id}, which is "
            "in no file that is listed: name its file in pepper_file or "
            "pepper_old_files, or, if it is lost, its id in pepper_lost"
        )


def no_longer_needed(store: Store, present: Iterable[str]) -> list[str]:
    """Ids of absent peppers that no stored hash needs any more.

    Looks through all accounts, but only where a pepper is absent.

    Raises:
        MissingPepper: one is absent and needed.
    """
    absent = {used.pepper_id for used in store.scan(PEPPERS)} - set(present)
    if not absent:
        return []
    needs = dict.fromkeys(absent, 0)
    for stored in _all_hashes(store):
        pepper_id, _ = parted(stored)
        if pepper_id in needs:
            needs[pepper_id] += 1
    for pepper_id, count in needs.items():
        if count:
            raise MissingPepper(pepper_id, count)
    return sorted(absent)


def _all_hashes(store: Store) -> Iterator[str]:
    for user in store.scan(USERS):
        yield user.password_hash
    for deleted in store.scan(DELETED_USERS):
        yield deleted.user.password_hash
    for history in store.scan(HISTORIES):
        yield from history.hashes


async def note_use(tx: Transaction, pepper: Pepper, since: str) -> None:
    """Remember, with the commit of `tx`, that hashes are made with this pepper."""
    if await tx.get(PEPPERS, pepper.pepper_id) is None:
        tx.put(PEPPERS, UsedPepper(pepper.pepper_id, since))
