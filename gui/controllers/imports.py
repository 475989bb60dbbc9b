"""Files of accounts: read, judged row by row, imported in batches, taken back."""

from __future__ import annotations

import csv
import io
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from gui.background import Job
from gui.controllers.chain import Chain
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.deeds import DEADLINE_S
from gui.controllers.desk import Desk
from gui.controllers.files import FileProblem, cannot
from gui.controllers.problems import Problem
from gui.controllers.runs import safe
from gui.controllers.wording import counted, listed, said
from ums_client import Client
from ums_client.core import new_idempotency_key
from ums_client.import_users import Batch, batches
from ums_client.protocol.imports import (
    ImportUsers,
    ImportUsersReply,
    RowVerdict,
)
from ums_client.protocol.user_files import Format, Row, UnreadableFile, read_rows

FailedWith = Callable[[Problem], object]
ENDINGS: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
OnExisting = Literal["skip", "update", "refuse"]
ON_EXISTING: Final[dict[str, OnExisting]] = {
    "leave it as it is": "skip",
    "change its profile": "update",
    "refuse the row": "refuse",
}
WORDS: Final = {
    "create": "new",
    "update": "changed",
    "skip": "skipped",
    "refuse": "refused",
}
_TONES: Final = {"refuse": "danger", "skip": "muted", "update": "warning"}
_LABEL_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be imported."""

    path: str
    on_existing: OnExisting = "skip"
    send_invitations: bool = False

    @property
    def label(self) -> str:
        """What the batches are called."""
        return Path(self.path).name[:_LABEL_CHARS]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a row of the file, counted from 1. `import_id` names its batch."""

    row: int
    verdict: str
    username: str
    user_id: str
    text: str
    lines: tuple[str, ...]
    import_id: str = ""

    @property
    def item(self) -> Item:
        """As a row of a list."""
        cells = (str(self.row), self.username, WORDS[self.verdict], self.text)
        return Item(str(self.row), cells, _TONES.get(self.verdict, ""))


class Import:
    """A file on its way into the service; first as a trial.

    `verdicts` are those of the rows so far, `import_ids` what can be taken back.
    """

    def __init__(self, desk: Desk, options: Options) -> None:
        """Nothing is read yet."""
        self.desk, self.options = desk, options
        self.rows: list[Row] = []
        self.verdicts: list[Verdict] = []
        self.import_ids: list[str] = []
        self.invited = 0

    def read(self, then: Callable[[], object], failed: FailedWith) -> Job:
        """Read the file."""

        def came(rows: list[Row]) -> None:
            self.rows = rows
            then()

        return self.desk.work(lambda _: read_file(self.options.path), came, failed)

    def judge(
        self,
        told: Callable[[], object],
        ended: Callable[[], object],
        failed: FailedWith,
        *,
        dry_run: bool,
    ) -> Chain[tuple[Batch, ImportUsersReply]]:
        """Import the rows batch by batch, or find out what would become of them."""
        self.verdicts, self.import_ids, self.invited = [], [], 0
        names: dict[str, int] = {}

        def came(done: tuple[Batch, ImportUsersReply]) -> None:
            batch, reply = done
            for verdict in reply.results:
                row = batch.first_row + verdict.row - 1
                made = verdict_of(verdict, row, reply.import_id)
                first = names.setdefault(made.username.casefold(), row)
                if dry_run and first != row and made.verdict == "create":
                    text = f"The user name is in row {first}, too: that row counts."
                    made = replace(made, verdict="refuse", text=text, lines=(text,))
                self.verdicts.append(made)
            if reply.import_id:
                self.import_ids.append(reply.import_id)
            self.invited += reply.invited
            told()

        steps = [self._step(batch, dry_run=dry_run) for batch in batches(self.rows)]
        chain = Chain(self.desk, steps, told=came, ended=ended, failed=failed)
        chain.go_on()
        return chain

    def _step(
        self, batch: Batch, *, dry_run: bool
    ) -> Callable[[Client], tuple[Batch, ImportUsersReply]]:
        """One batch; repeated after a problem it is done once."""
        key, options = new_idempotency_key(), self.options

        def step(client: Client) -> tuple[Batch, ImportUsersReply]:
            request = ImportUsers(
                users=batch.rows,
                on_existing=options.on_existing,
                dry_run=dry_run,
                send_invitations=options.send_invitations,
                label=options.label,
            )
            reply = client.call(request, idempotency_key=key, deadline_s=DEADLINE_S)
            return batch, reply

        return step

    def count(self, verdict: str) -> int:
        """How many rows have that verdict."""
        return Counter(made.verdict for made in self.verdicts)[verdict]

    def summary(self) -> str:
        """The verdicts in numbers."""
        counts = [f"{self.count(verdict):,} {word}" for verdict, word in WORDS.items()]
        return f"{counted(len(self.verdicts), 'row')}: {listed(counts)}."

    def command(self) -> str:
        """The same from a shell."""
        options = self.options
        words = [shlex.quote(options.path), "--on-existing", options.on_existing]
        if options.send_invitations:
            words.append("--send-invitations")
        name = "import-users"
        head, _, tail = shell_command(self.desk.place, ImportUsers).partition(name)
        return f"{head}{name} {' '.join(words)}{tail}"


def read_file(path: str) -> list[Row]:
    """The rows of a file, whose name tells what it is.

    Raises:
        FileProblem: it cannot be read, or is no such file.
    """
    kind = ENDINGS.get(Path(path).suffix.lower())
    if kind is None:
        raise FileProblem("The name should end with .csv, .json, .jsonl or .ndjson.")
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as lines:
            rows = list(read_rows(lines, kind))
    except OSError as error:
        cannot("read", error)
    except UnicodeDecodeError:
        raise FileProblem("The file is not text in UTF-8.") from None
    except UnreadableFile as error:
        raise FileProblem(f"The file cannot be read: {error}.") from None
    if not rows:
        raise FileProblem("The file has no rows.")
    return rows


def verdict_of(verdict: RowVerdict, row: int, import_id: str = "") -> Verdict:
    """What the service says of a row, in words."""
    lines = [*verdict.reasons, *(f"look at this: {w}" for w in verdict.warnings)]
    for name in verdict.changed:
        before, after = (verdict.diff.get(name) or ["", ""])[:2]
        lines.append(f"{said(name)}: {before or '(empty)'} → {after or '(empty)'}")
    if verdict.kept:
        lines.append(f"stays as it is: {listed(verdict.kept)}")
    return Verdict(
        row,
        verdict.verdict,
        verdict.username,
        verdict.user_id,
        "; ".join(lines),
        tuple(lines),
        import_id,
    )


def report(verdicts: Sequence[Verdict]) -> str:
    """The verdicts as a file for a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("row", "verdict", "username", "user_id", "import_id", "remarks"))
    for made in verdicts:
        cells = (
            str(made.row),
            made.verdict,
            made.username,
            made.user_id,
            made.import_id,
            made.text,
        )
        writer.writerow([safe(cell) for cell in cells])
    return text.getvalue()


def options_of(values: dict[str, str]) -> Options:
    """What was typed."""
    return Options(
        values["path"].strip(),
        ON_EXISTING[values["existing"]],
        send_invitations=bool(values.get("invite")),
    )
