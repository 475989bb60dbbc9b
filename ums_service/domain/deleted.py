"""Accounts that were deleted and can still be brought back, for a while.

They live apart from the others, so their names and addresses are free at once and no
list or login can meet them.
"""

from dataclasses import dataclass
from typing import Any, Final

from storage import Collection, Store, Transaction
from ums_service.domain import belongings, invitations
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.legal_holds import LEGAL_HOLDS, check_not_held
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
    """Take the account out of use; erase it at once where `kept_s` is 0.

    One under legal hold is kept all the same, and erased when the hold has ended.
    """
    held = await tx.get(LEGAL_HOLDS, user.user_id) is not None
    if not kept_s and not held:
        await erase(tx, user.user_id)
        return
    tx.delete(USERS, user.user_id)
    tx.put(DELETED_USERS, DeletedUser(user, now.text, now.epoch_s + kept_s))


async def erase(tx: Transaction, user_id: str) -> None:
    """Erase an account for good, in use or deleted, with all that belongs to it.

    Raises:
        LegalHold: nothing of it may be erased.
    """
    await check_not_held(tx, user_id)
    user, gone = await tx.get(USERS, user_id), await tx.get(DELETED_USERS, user_id)
    for one in (user, gone.user if gone else None):
        if one is not None:
            await invitations.forget(tx, one.user_id, one.email)
    tx.delete(USERS, user_id)
    tx.delete(DELETED_USERS, user_id)
    await belongings.erase(tx, user_id)


async def purge(tx: Transaction, user_id: str, now: Moment) -> None:
    """Erase a deleted account whose time is over, with an audit entry of its own.

    Raises:
        LegalHold: nothing of it may be erased.
    """
    await erase(tx, user_id)
    entry = AuditEntry(event="user_purged", outcome=Outcome.DONE, subject=user_id)
    entry.append_to(tx, now)


def is_due_for_purge(store: Store, user_id: str, now: Moment) -> bool:
    """Whether it is a deleted account whose time is over, and is not held."""
    gone = store.get(DELETED_USERS, user_id)
    if gone is None or gone.purge_after_epoch_s > now.epoch_s:
        return False
    return store.get_value(LEGAL_HOLDS, user_id) is None
