"""Reading the audit log beside the loop: searches, the check of the chain, what is shown.

Reading takes disk and processor time, so it runs in threads of its own, a few at a time;
past that the answer is `Busy` at once.
"""

import time
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from storage import Checked, Entry, Search, Store
from storage.stream_check import Progress
from ums_service.audit.export import Format, rendered
from ums_service.domain.audit import AUDIT, Severity
from ums_service.domain.audit_seals import AUDIT_KEYS, Said, unseal
from ums_service.guard.hashing import HashingPool

NEWEST: Final = 2**53
_REST_S: Final = 0.001
_OF_THE_ACTOR: Final = ("address", "user_agent", "request_id", "details")
"""What another actor leaves: details may tell what an administrator looks into."""
_SEALED: Final = {"actor": "of_actor", "subject": "of_subject"}


class Events(NamedTuple):
    """One page of entries as they are shown, and where the next begins."""

    shown: list[dict[str, Any]]
    below: int | None


class Stopping(Exception):
    """The service ends before the log has been read."""


class AuditReader:
    """Reads the audit log of one store. Belongs to the loop that calls it."""

    def __init__(
        self, store: Store, *, threads: int, queue_max: int, read_bytes_max: int
    ) -> None:
        """`read_bytes_max` is about what one search may read."""
        self._store = store
        self._searches = HashingPool(threads=threads, queue_max=queue_max)
        self._checks = HashingPool(threads=1, queue_max=0)
        self._read_bytes_max = read_bytes_max
        self._stopping = False

    async def search(
        self, search: Search, *, below: int, limit: int, reader: str | None
    ) -> Events:
        """The newest entries under number `below`, as `reader` may see them.

        None sees everything. Raises Busy, StoreCorrupt or OSError.
        """
        return await self._searches.run(self._search, search, below, limit, reader)

    async def render(
        self, entries: list[dict[str, Any]], kind: Format, *, first: bool
    ) -> bytes:
        """A page of an export. Raises Busy or NotConfigured."""

        def made() -> bytes:
            return rendered(entries, kind, first=first, title="Audit log")

        return await self._searches.run(made)

    async def check(self) -> Checked:
        """Read and verify the whole log. Raises Busy, Stopping or OSError."""
        return await self._checks.run(self._store.check, AUDIT, self._rest)

    def close(self) -> None:
        """Let running searches end, and a check at its next piece."""
        self._stopping = True
        self._searches.close()
        self._checks.close()

    def _search(
        self, search: Search, below: int, limit: int, reader: str | None
    ) -> Events:
        page = self._store.search(
            AUDIT,
            search,
            below=below,
            limit=limit,
            read_bytes_max=self._read_bytes_max,
        )
        said = said_in(self._store)
        shown = [show(entry, said, reader) for entry in page.entries]
        return Events(shown, page.below)

    def _rest(self, _: Progress) -> None:
        if self._stopping:
            raise Stopping
        time.sleep(_REST_S)


SaidOf = Callable[[str, bytes], Said | None]
"""Opens what an entry says of an account; None if it has been erased."""


def said_in(store: Store) -> SaidOf:
    """With the keys of the accounts in a store."""

    def said(user_id: str, sealed: bytes) -> Said | None:
        key = store.get(AUDIT_KEYS, user_id)
        return None if key is None else unseal(key, sealed)

    return said


def show(entry: Entry, said: SaidOf, reader: str | None = None) -> dict[str, Any]:
    """An entry as it is shown to `reader`, or whole.

    Who is no administrator sees of somebody else who acted only the id.
    """
    shown = {"number": entry.sequence, "severity": Severity.INFO.value, **entry.data}
    for role, field in _SEALED.items():
        sealed, user_id = shown.pop(field, None), entry.data.get(role)
        if role == "actor" and user_id == entry.data.get("subject"):
            sealed = entry.data.get("of_subject")
        if sealed is None or user_id is None or reader not in (None, user_id):
            continue
        words = said(user_id, sealed)
        if words is not None:
            shown[f"{role}_name"] = words.name
            if words.changes:
                shown["changes"] = {**shown.get("changes", {}), **words.changes}
    if reader is not None and entry.data.get("actor", reader) != reader:
        for field in _OF_THE_ACTOR:
            shown.pop(field, None)
    return shown
