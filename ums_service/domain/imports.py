"""What an import leaves behind so that it can be taken back.

A batch names the accounts it has made and changed. The values that a change has replaced
are kept with the account they belong to, and are erased with it.
"""

from dataclasses import dataclass, replace
from typing import Any, Final

from storage import Collection, Store
from ums_service.domain.moment import Moment

CHANGES_MAX: Final = 10
"""Changes by imports that are kept for one account, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportBatch:
    """One commit of an import. `by` is who imported, `created_at` when."""

    import_id: str
    label: str
    by: str
    created_at: str
    until_epoch_s: int
    created: tuple[str, ...]
    updated: tuple[str, ...]
    reverted_at: str | None = None


@dataclass(frozen=True, slots=True)
class ImportedChange:
    """Fields of one account as they were before a batch, and as it has left them."""

    import_id: str
    before: dict[str, Any]
    after: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ImportedChanges:
    """What imports have changed of one account, the newest last."""

    user_id: str
    changes: tuple[ImportedChange, ...] = ()

    def with_change(self, change: ImportedChange) -> "ImportedChanges":
        """One more; the oldest goes where there are too many."""
        return replace(self, changes=(*self.changes, change)[-CHANGES_MAX:])

    def without(self, import_id: str) -> "ImportedChanges":
        """All but those of one batch."""
        kept = tuple(c for c in self.changes if c.import_id != import_id)
        return replace(self, changes=kept)

    def of(self, import_id: str) -> ImportedChange | None:
        """What a batch has changed, if that is still known."""
        return next((c for c in self.changes if c.import_id == import_id), None)


def _batch_key(batch: ImportBatch) -> str:
    return batch.import_id


def _batch_to_document(batch: ImportBatch) -> dict[str, Any]:
    return {
        "import_id": batch.import_id,
        "label": batch.label,
        "by": batch.by,
        "created_at": batch.created_at,
        "until_epoch_s": batch.until_epoch_s,
        "created": list(batch.created),
        "updated": list(batch.updated),
        "reverted_at": batch.reverted_at,
    }


def _batch_from_document(document: dict[str, Any]) -> ImportBatch:
    lists = {name: tuple(document[name]) for name in ("created", "updated")}
    return ImportBatch(**{**document, **lists})


IMPORTS: Final = Collection(
    name="imports",
    key=_batch_key,
    to_document=_batch_to_document,
    from_document=_batch_from_document,
)


def _changes_key(changes: ImportedChanges) -> str:
    return changes.user_id


def _changes_to_document(changes: ImportedChanges) -> dict[str, Any]:
    plain = [[c.import_id, c.before, c.after] for c in changes.changes]
    return {"user_id": changes.user_id, "changes": plain}


def _changes_from_document(document: dict[str, Any]) -> ImportedChanges:
    changes = tuple(ImportedChange(*change) for change in document["changes"])
    return ImportedChanges(document["user_id"], changes)


IMPORTED_CHANGES: Final = Collection(
    name="imported_changes",
    key=_changes_key,
    to_document=_changes_to_document,
    from_document=_changes_from_document,
)


def due_imports(store: Store, now: Moment, *, most: int = 1) -> list[ImportBatch]:
    """Batches that cannot be taken back any more, the oldest first."""
    due: list[ImportBatch] = []
    for batch in store.scan(IMPORTS):
        if len(due) == most or batch.until_epoch_s > now.epoch_s:
            break
        due.append(batch)
    return due
