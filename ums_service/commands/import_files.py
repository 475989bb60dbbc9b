"""The part of `import` that reads CSV, JSON and JSON lines, by the rules of the service."""

import json
from collections import Counter
from pathlib import Path
from typing import Final, Literal, NamedTuple

import click

from storage import Store
from ums_client.protocol.user_files import Format, Row, UnreadableFile, read_rows
from ums_service.commands.offline import open_offline
from ums_service.commands.options import say
from ums_service.commands.reporting import EXIT_FAILED, end
from ums_service.deployment.clock import read_clock
from ums_service.deployment.settings import Settings
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import Profile
from ums_service.domain.sessions import new_session_id
from ums_service.starting.bootstrap import new_user_id
from ums_service.transfer.import_batches import BatchWriter, Importer
from ums_service.transfer.import_judge import ImportJudge, ImportRules, Judged, Verdict
from ums_service.transfer.look_alike_names import LookAlikeNames

BATCH_ROWS: Final = 500
"""Rows of one commit, which is one batch that can be taken back."""


class Wanted(NamedTuple):
    """How a file is to be imported; see `ImportUsers`."""

    on_existing: Literal["skip", "update", "refuse"]
    dry_run: bool
    label: str


def rows_of(file: Path, kind: Format) -> list[Row]:
    """All rows of a file; ends the program where it is none."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            return list(read_rows(lines, kind))
    except UnicodeDecodeError:
        end(f"{file}: should be text in UTF-8; nothing was changed", EXIT_FAILED)
    except UnreadableFile as error:
        end(f"{file}: {error}; nothing was changed", EXIT_FAILED)


async def import_rows(settings: Settings, rows: list[Row], wanted: Wanted) -> int:
    """Judge each row and tell it, and write what is to change; returns the refused.

    Raises as `open_offline`; batches before the failure are durable.
    """
    profile, now, count = settings.policy_profile(), read_clock(), Counter[Verdict]()
    async with open_offline(settings, create=not wanted.dry_run) as store:
        names = LookAlikeNames(store)
        await names.gather(now)
        judge = ImportJudge(store.transaction(), _rules(profile, now, wanted, names))
        for first in range(0, len(rows), BATCH_ROWS):
            batch = _Batch(store, judge, names, profile, now, wanted)
            judged = await batch.do(rows[first : first + BATCH_ROWS], first + 1)
            count.update(one.verdict for one in judged)
    would = "would be " if wanted.dry_run else ""
    say(
        f"{count[Verdict.CREATE]} {would}created, {count[Verdict.UPDATE]} {would}updated, "
        f"{count[Verdict.SKIP]} skipped, {count[Verdict.REFUSE]} refused"
    )
    return count[Verdict.REFUSE]


class _Batch(NamedTuple):
    """Some rows of a file, all or nothing."""

    store: Store
    judge: ImportJudge
    names: LookAlikeNames
    profile: Profile
    now: Moment
    wanted: Wanted

    async def do(self, rows: list[Row], first_row: int) -> list[Judged]:
        """Judge these, tell it when what they change is durable."""
        tx, import_id = self.store.transaction(), ""
        self.judge.go_on(tx)
        judged = [
            await self.judge.judge(n, row) for n, row in enumerate(rows, first_row)
        ]
        changing = [one for one in judged if one.after is not None]
        if changing and not self.wanted.dry_run:
            import_id = new_session_id()
            by, kept_s = Importer(label=self.wanted.label), self.profile.imports_kept_s
            writer = BatchWriter(tx, self.store, by, self.now, kept_s)
            looks = await writer.write(changing, import_id)
            await tx.commit()
            self.names.add(looks)
        for one in judged:
            click.echo(_line(one, import_id))
        return judged


def _line(judged: Judged, import_id: str) -> str:
    """A verdict as one line of JSON: names are anybody's words."""
    told = {
        "row": judged.row,
        "verdict": judged.verdict.value,
        "username": judged.username,
        "reasons": judged.reasons,
        "warnings": judged.warnings,
        "changed": judged.changed,
        "kept": judged.kept,
        "import_id": import_id if judged.after is not None else "",
    }
    return json.dumps({name: value for name, value in told.items() if value})


def _rules(
    profile: Profile, now: Moment, wanted: Wanted, names: LookAlikeNames
) -> ImportRules:
    """Whoever holds the store may do what an import can do at all."""
    return ImportRules(
        profile=profile,
        now=now,
        on_existing=wanted.on_existing,
        new_user_id=new_user_id,
        may_give=lambda _: True,
        may_change=lambda _: True,
        known_like=names.find,
    )
