"""Taking a batch of an import back, as far as nobody has used it since."""

import asyncio
from dataclasses import replace
from typing import Any, Final

from storage import revision_of
from ums_client.protocol.imports import RevertImport, RevertImportReply
from ums_client.protocol.permissions import Permission
from ums_service.audit.names import name_sealed, name_sealed_in
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain import accounts, deleted
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.audit_seals import AUDIT_KEYS, changes_of
from ums_service.domain.belongings import OWNED
from ums_service.domain.errors import NoSuchImport
from ums_service.domain.failure_records import FAILURES
from ums_service.domain.imports import IMPORTED_CHANGES, IMPORTS, ImportBatch
from ums_service.domain.one_time import ONE_TIME
from ums_service.domain.roster import update_roster
from ums_service.domain.users import ADMIN, USERS, User
from ums_service.handlers.freshness import require_fresh
from ums_service.transfer.import_batches import ROWS_AT_ONCE

_NO_USE: Final = frozenset(c.name for c in (AUDIT_KEYS, FAILURES, ONE_TIME))
"""What others, or the service itself, can bring upon an account that nobody has used."""
_Left = dict[str, Any]


async def revert_import(request: RevertImport, call: Call) -> Answer[RevertImportReply]:
    """Erase what a batch has made and restore what it has changed, in one commit.

    Raises:
        NoSuchImport: there is none of this id, or it was taken back already.
    """
    require_fresh(call)
    batch = await call.tx.get(IMPORTS, request.import_id)
    if batch is None or batch.reverted_at is not None:
        raise NoSuchImport
    if batch.updated:
        call.require(Permission.USERS_UPDATE)
    left: list[_Left] = []
    for number, user_id in enumerate((*batch.created, *batch.updated), 1):
        made = number <= len(batch.created)
        take_back = _erase if made else _restore
        left += await take_back(user_id, batch, call)
        if number % ROWS_AT_ONCE == 0:
            await asyncio.sleep(0)
    whole = {entry["user_id"] for entry in left if not entry.get("fields")}
    erased = len(set(batch.created) - whole)
    reverted = len(set(batch.updated) - whole)
    call.discloses = True
    call.details |= {
        "import_id": batch.import_id,
        "erased": erased,
        "reverted": reverted,
        "left": len(left),
        "dry_run": request.dry_run,
    }
    if request.dry_run:
        _forget_changes(call)
    else:
        call.tx.put(IMPORTS, replace(batch, reverted_at=call.now.text))
    return answer(RevertImportReply, erased=erased, reverted=reverted, left=left)


def _forget_changes(call: Call) -> None:
    """What would be done is known; the commit enters only that it was asked."""
    call.transaction = None
    call.after_commit.clear()


async def _erase(user_id: str, batch: ImportBatch, call: Call) -> list[_Left]:
    """Erase an account that nobody has used or changed since."""
    user = await call.tx.get(USERS, user_id)
    if user is None:
        return [{"user_id": user_id, "reason": "gone already"}]
    if not call.may(Permission.USERS_DELETE, changes=user_id):
        return [{"user_id": user_id, "reason": "you may not delete this account"}]
    if await _was_used(user, batch, call):
        return [{"user_id": user_id, "reason": "used or changed since"}]
    await update_roster(call.tx, user, None)
    await deleted.erase(call.tx, user_id)
    _enter(call, user_id, "import_reverted", {"import_id": batch.import_id}, None)
    return []


async def _was_used(user: User, batch: ImportBatch, call: Call) -> bool:
    """Whether the account is anything but what the batch has written.

    A revision is the number of the commit that wrote a document, and the batch and its
    accounts were written by one.
    """
    store, user_id = call.facilities.store, user.user_id
    if user != store.get(USERS, user_id):
        return True  # a change of it is on its way to the disk
    imported = revision_of(store.get_value(IMPORTS, batch.import_id))
    if revision_of(store.get_value(USERS, user_id)) != imported:
        return True
    for collection in OWNED:
        used = collection.name not in _NO_USE
        if used and await call.tx.get(collection, user_id) is not None:
            return True
    return False


async def _restore(user_id: str, batch: ImportBatch, call: Call) -> list[_Left]:
    """Give the fields back that nobody has changed since; tells the others."""
    tx = call.tx
    user = await tx.get(USERS, user_id)
    known = await tx.get(IMPORTED_CHANGES, user_id)
    change = known.of(batch.import_id) if known else None
    if user is None or known is None or change is None:
        return [{"user_id": user_id, "reason": "gone already"}]
    if user.role == ADMIN or not call.may(Permission.USERS_UPDATE, changes=user_id):
        return [{"user_id": user_id, "reason": "you may not change this account"}]
    same = [f for f, value in change.after.items() if getattr(user, f) == value]
    others = [field for field in change.after if field not in same]
    left = [{"user_id": user_id, "reason": "changed since", "fields": others}]
    if same:
        after = accounts.changed(user, {f: change.before[f] for f in same}, call.now)
        await _put_back(user, after, same, batch, call)
    kept = known.without(batch.import_id)
    if kept.changes:
        tx.put(IMPORTED_CHANGES, kept)
    else:
        tx.delete(IMPORTED_CHANGES, user_id)
    if not same:
        del left[0]["fields"]
    return left if others else []


async def _put_back(
    before: User, after: User, fields: list[str], batch: ImportBatch, call: Call
) -> None:
    call.tx.put(USERS, after)
    store, user_id = call.facilities.store, after.user_id
    changes = changes_of(before, after, fields)
    sealed = await name_sealed_in(call.tx, store, user_id, changes, before.username)
    details = {"import_id": batch.import_id, "changed": fields}
    _enter(call, user_id, "user_updated", details, sealed)


def _enter(
    call: Call,
    user_id: str,
    event: str,
    details: dict[str, Any],
    of_subject: bytes | None,
) -> None:
    AuditEntry(
        event=event,
        outcome=Outcome.DONE,
        actor=call.own_session.user_id,
        subject=user_id,
        address=call.address,
        details=details,
        request_id=call.request_id,
        of_actor=name_sealed(call.facilities.store, call.own_session.user_id),
        of_subject=of_subject,
    ).append_to(call.tx, call.now)
