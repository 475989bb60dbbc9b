"""Writing what an import makes and changes: one batch, one commit, one way back."""

import asyncio
from typing import Any, Final, NamedTuple

from storage import Store, Transaction
from ums_service.audit.names import name_sealed, name_sealed_in
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.audit_seals import changes_of
from ums_service.domain.imports import (
    IMPORTED_CHANGES,
    IMPORTS,
    ImportBatch,
    ImportedChange,
    ImportedChanges,
)
from ums_service.domain.look_alikes import skeleton
from ums_service.domain.moment import Moment
from ums_service.domain.users import USERS, User
from ums_service.transfer.import_judge import Judged

ROWS_AT_ONCE: Final = 25
"""Rows judged or written before other requests get their turn: a millisecond or two."""


class Importer(NamedTuple):
    """Who imports, and what they call it. The operator of the machine has no id."""

    user_id: str = ""
    address: str | None = None
    request_id: str | int | None = None
    label: str = ""


class BatchWriter:
    """Puts a batch into a transaction, which the caller commits."""

    def __init__(
        self, tx: Transaction, store: Store, by: Importer, now: Moment, kept_s: int
    ) -> None:
        """What is written can be taken back for `kept_s` seconds."""
        self._tx = tx
        self._store = store
        self._by = by
        self._by_sealed = name_sealed(store, by.user_id or None)
        self._now = now
        self._kept_s = kept_s

    async def write(
        self, changing: list[Judged], import_id: str
    ) -> list[tuple[str, str]]:
        """Put what is made and changed, an entry for each, and the batch.

        Returns what the new names look like and whose they are.
        """
        created, updated, looks = list[str](), list[str](), list[tuple[str, str]]()
        for number, judged in enumerate(changing, 1):
            before, after = judged.before, judged.after
            assert after is not None
            self._tx.put(USERS, after)
            if before is None:
                created.append(after.user_id)
                looks.append((skeleton(after.username), after.user_id))
            else:
                updated.append(after.user_id)
                await self._remember(before, after, judged.changed, import_id)
            await self._enter(judged, after, import_id)
            if number % ROWS_AT_ONCE == 0:
                await asyncio.sleep(0)
        batch = ImportBatch(
            import_id=import_id,
            label=self._by.label,
            by=self._by.user_id,
            created_at=self._now.text,
            until_epoch_s=self._now.epoch_s + self._kept_s,
            created=tuple(created),
            updated=tuple(updated),
        )
        self._tx.put(IMPORTS, batch)
        return looks

    async def _remember(
        self, before: User, after: User, changed: list[str], import_id: str
    ) -> None:
        """Keep what is replaced, with the account it belongs to."""
        user_id = after.user_id
        known = await self._tx.get(IMPORTED_CHANGES, user_id)
        change = ImportedChange(
            import_id,
            {name: getattr(before, name) for name in changed},
            {name: getattr(after, name) for name in changed},
        )
        known = known or ImportedChanges(user_id)
        self._tx.put(IMPORTED_CHANGES, known.with_change(change))

    async def _enter(self, judged: Judged, after: User, import_id: str) -> None:
        """An audit entry of the account's own; its name is sealed where there is a key."""
        before, sealed = judged.before, None
        details: dict[str, Any] = {"import_id": import_id}
        if before is not None:
            changes = changes_of(before, after, judged.changed)
            sealed = await name_sealed_in(
                self._tx, self._store, after.user_id, changes, before.username
            )
            details["changed"] = judged.changed
        AuditEntry(
            event="user_imported" if before is None else "user_updated",
            outcome=Outcome.DONE,
            actor=self._by.user_id or None,
            subject=after.user_id,
            address=self._by.address,
            details=details,
            request_id=self._by.request_id,
            of_actor=self._by_sealed,
            of_subject=sealed,
        ).append_to(self._tx, self._now)
