"""Accounts that were deleted and can still be brought back, for a while.

They live apart from the others, so their names and addresses are free at once and no
list or login can meet them.
"""

from dataclasses import dataclass
from typing import Any, Final

from storage import Collection, Store, Transaction
from ums_service.domain import belongings
from ums_service.domain.moment import Moment
from ums_service.domain.users import USERS, User


@dataclass(frozen=True, slots=True)
class DeletedUser:
    """The account as it was, when it went and when it will be erased."""

    user: User
    deleted_at: str
    purge_after_epoch_s: int


def _key(deleted: DeletedUser) -> str:
    return deleted.user.user_id


def _to_document(deleted: DeletedUser) -> dict[str, Any]:
    return {
        "user": dict(USERS.to_document(deleted.user)),
        "deleted_at": deleted.deleted_at,
        "purge_after_epoch_s": deleted.purge_after_epoch_s,
    }


def _from_document(document: dict[str, Any]) -> DeletedUser:
    user = USERS.from_document(document["user"])
    return DeletedUser(user, document["deleted_at"], document["purge_after_epoch_s"])


DELETED_USERS: Final = Collection(
    name="deleted_users",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
)


async def delete(tx: Transaction, user: User, now: Moment, *, kept_s: int) -> None:
    """Take the account out of use; erase it at once where `kept_s` is 0."""
    tx.delete(USERS, user.user_id)
    if kept_s:
        tx.put(DELETED_USERS, DeletedUser(user, now.text, now.epoch_s + kept_s))
    else:
        await belongings.erase(tx, user.user_id)


async def purge(tx: Transaction, user_id: str) -> None:
    """Erase a deleted account for good."""
    tx.delete(DELETED_USERS, user_id)
    await belongings.erase(tx, user_id)


def due_for_purge(store: Store, now: Moment, *, most: int = 100) -> list[str]:
    """Ids of deleted accounts whose time is over, the oldest first."""
    due: list[str] = []
    for deleted in store.scan(DELETED_USERS):
        if len(due) == most or deleted.purge_after_epoch_s > now.epoch_s:
            break
        due.append(deleted.user.user_id)
    return due
