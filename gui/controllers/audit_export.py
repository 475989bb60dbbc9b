"""Entries of the audit log as files: fetched page by page, kept when all are there."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from gui.background import Done, Job, Outcome
from gui.controllers.audit import Wanted
from gui.controllers.commands import shell_command
from gui.controllers.desk import Desk
from gui.controllers.private_file import PrivateFile
from gui.controllers.problems import Problem
from ums_client.protocol.audit import ExportAudit, ExportAuditReply
from ums_client.protocol.limits import AUDIT_PAGE_MAX

FORMATS: Final = {"JSON lines": "jsonl", "CSV": "csv", "PDF": "pdf"}
PAGE_DEADLINE_S: Final = 60.0
"""A page of a rare filter takes as long as reading the whole log."""


class AuditExport:
    """One export. `progress` is told how many entries have come."""

    def __init__(
        self,
        desk: Desk,
        wanted: Wanted,
        path: Path,
        kind: str,
        reason: str,
        *,
        page: int = AUDIT_PAGE_MAX,
    ) -> None:
        """Nothing is fetched before `begin`; `kind` is a name of the contract."""
        self.desk, self.wanted, self.path = desk, wanted, path
        self._fields: dict[str, Any] = {
            **wanted.fields(),
            "format": kind,
            "reason": reason,
            "limit": page,
        }
        self.entries = 0
        self.progress: Callable[[int], object] = lambda _: None
        self._files: list[PrivateFile] = []
        self._job: Job | None = None
        self._then: Callable[[list[Path]], object]
        self._failed: Callable[[Problem], object]

    def begin(
        self,
        then: Callable[[list[Path]], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Fetch and write all; `then` gets the files, which are in place by then."""
        self._then, self._failed = then, failed
        self._ask(None)

    def cancel(self) -> None:
        """Leave nothing behind."""
        if self._job is not None:
            self._job.cancel()
        self._drop()

    def _ask(self, cursor: str | None) -> None:
        self._job = self.desk.ask(
            lambda: ExportAudit(**self._fields, cursor=cursor),
            self._came,
            self._give_up,
            deadline_s=PAGE_DEADLINE_S,
        )

    def _came(self, reply: ExportAuditReply) -> None:
        data = base64.b64decode(reply.data)
        if hashlib.sha256(data).hexdigest() != reply.sha256:
            self._give_up(Problem("A page came damaged. Nothing was saved."))
            return
        try:
            if reply.entries or not self._files:
                self._file(reply.format).write(data)
        except OSError as error:
            self._give_up(_no_file(error))
            return
        self.entries += reply.entries
        self.progress(self.entries)
        if reply.next_cursor is not None:
            self._ask(reply.next_cursor)
        else:
            self._job = self.desk.runner.run(self._keep, self._kept)

    def _file(self, kind: str) -> PrivateFile:
        """Pages make one file; each page of PDF is a document of its own."""
        if kind == "pdf" and self._files:
            path = self.path.with_stem(f"{self.path.stem}-{len(self._files) + 1}")
            self._files.append(PrivateFile(path))
        elif not self._files:
            self._files.append(PrivateFile(self.path))
        return self._files[-1]

    def _keep(self) -> list[Path] | OSError:
        try:
            for file in self._files:
                file.keep()
        except OSError as error:
            return error
        return [file.path for file in self._files]

    def _kept(self, outcome: Outcome[list[Path] | OSError]) -> None:
        assert isinstance(outcome, Done), "nothing is asked any more"
        if isinstance(outcome.value, OSError):
            self._give_up(_no_file(outcome.value))
            return
        self._files = []
        self._then(outcome.value)

    def _give_up(self, problem: Problem) -> None:
        self._drop()
        self._failed(problem)

    def _drop(self) -> None:
        for file in self._files:
            file.drop()
        self._files, self.entries = [], 0


def export_command(desk: Desk, wanted: Wanted, kind: str, reason: str) -> str:
    """The shell command that takes out the first page."""
    fields = wanted.fields() | {"format": kind, "reason": reason}
    return shell_command(desk.place, ExportAudit, **fields)


def _no_file(error: OSError) -> Problem:
    return Problem(f"The file cannot be written: {error.strerror}.")
