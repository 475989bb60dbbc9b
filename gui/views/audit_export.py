"""The dialog that takes entries of the audit log out of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from gui.controllers.audit import Wanted
from gui.controllers.audit_export import FORMATS, AuditExport, export_command
from gui.controllers.problems import Problem
from gui.controllers.wording import counted, listed
from gui.views.stage import Stage
from gui.widgets.dialogs import Answers, Question, Sheet
from gui.widgets.forms import FieldSpec

_REASON_CHARS_MIN: Final = 5


def ask_export(stage: Stage, wanted: Wanted) -> Sheet:
    """Ask in which form and why, then where to; closing the dialog ends the export."""
    exporting = _Exporting(stage, wanted)
    all_of_them = (
        "The entries that the filters find are saved, the newest first."
        if wanted != Wanted()
        else "All entries of the log are saved: no filter is set."
    )
    sheet = stage.dialogs.open(
        Question(
            "Export the audit log",
            "",
            (
                all_of_them,
                "The file can be read by you alone, and is there in full or not at all.",
                "The export and its reason are entered into the log.",
                "PDF makes a document of each 1,000 entries.",
            ),
            (
                FieldSpec(
                    "format", "Form", "choice", next(iter(FORMATS)), choices=[*FORMATS]
                ),
                FieldSpec("reason", "Reason", required=True, check=_reason_fault),
            ),
            confirm="Export…",
            command=lambda v: export_command(
                stage.desk, wanted, FORMATS[v["format"]], v["reason"]
            ),
        ),
        exporting.begin,
    )
    sheet.on_closed = exporting.cancel
    return sheet


class _Exporting:
    """The export of one dialog, if one is under way."""

    def __init__(self, stage: Stage, wanted: Wanted) -> None:
        self._stage, self._wanted = stage, wanted
        self._export: AuditExport | None = None

    def begin(self, answers: Answers, sheet: Sheet) -> None:
        """Ask where to, and begin."""
        kind = FORMATS[answers["format"]]
        place = self._stage.dialogs.pick_place(f"audit.{kind}")
        if not place:
            return
        desk, reason = self._stage.desk, answers["reason"]
        export = AuditExport(desk, self._wanted, Path(place), kind, reason)

        def done(files: list[Path]) -> None:
            self._export = None
            sheet.close()
            names = listed([file.name for file in files])
            what = counted(export.entries, "entry", "entries")
            self._stage.toasts.show(f"{what} saved: {names}")

        def failed(problem: Problem) -> None:
            self._export = None
            sheet.fail(problem.text, problem.field)

        export.progress = lambda count: sheet.spinner.start(f"{count:,} entries…")
        self._export = export
        sheet.wait("Fetching…")
        export.begin(done, failed)

    def cancel(self) -> None:
        """Leave nothing of it behind."""
        if self._export is not None:
            self._export.cancel()


def _reason_fault(text: str) -> str:
    if len(text.strip()) < _REASON_CHARS_MIN:
        return f"At least {_REASON_CHARS_MIN} characters."
    return ""
