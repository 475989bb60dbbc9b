"""What an audit entry says of an account: its name now, sealed under the account's key."""

import os

from storage import Store, Transaction
from ums_service.domain.audit_seals import (
    AUDIT_KEYS,
    KEY_BYTES,
    NONCE_BYTES,
    AuditKey,
    Changes,
    seal,
)
from ums_service.domain.users import USERS, User


def name_sealed(
    store: Store,
    user_id: str | None,
    changes: Changes | None = None,
    name: str | None = None,
) -> bytes | None:
    """The name of an account that is on disk; None if it is gone or has no key yet.

    `name` is that name where it has been read already.
    """
    key = store.get(AUDIT_KEYS, user_id) if user_id is not None else None
    if key is None:
        return None
    if name is None:
        user = store.get_document(USERS, key.user_id)
        if user is None:
            return None
        name = str(user["username"])
    return seal(key, name, changes, os.urandom(NONCE_BYTES))


async def name_sealed_in(
    tx: Transaction,
    store: Store,
    user_id: str | None,
    changes: Changes | None = None,
    name: str | None = None,
) -> bytes | None:
    """The same for an account that the transaction may just make; its key is made, too.

    An account that the transaction deletes gets no key: nothing must outlive it.
    """
    sealed = name_sealed(store, user_id, changes, name)
    if sealed is not None or user_id is None:
        return sealed
    user = await tx.get(USERS, user_id)
    if user is None:
        return None
    return await name_sealed_of(tx, user, changes)


async def name_sealed_of(
    tx: Transaction, user: User, changes: Changes | None = None
) -> bytes:
    """The name of an account as the transaction has it; where it has no key, with one."""
    key = await tx.get(AUDIT_KEYS, user.user_id)
    if key is None:
        key = AuditKey(user.user_id, os.urandom(KEY_BYTES))
        tx.put(AUDIT_KEYS, key)
    return seal(key, user.username, changes, os.urandom(NONCE_BYTES))
