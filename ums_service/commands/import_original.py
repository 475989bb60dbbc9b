"""`import`: take over the accounts of the original service, or those of a file."""

import asyncio
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final, cast

import click

from storage import Store
from ums_service.audit.names import name_sealed_of
from ums_service.commands.import_files import Wanted, import_rows, rows_of
from ums_service.commands.offline import open_offline
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.reporting import EXIT_FAILED, EXIT_PARTLY, end, reported
from ums_service.deployment.clock import read_clock
from ums_service.deployment.settings import Settings
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.moment import Moment
from ums_service.domain.original_file import (
    DEFAULT_PASSWORD,
    Row,
    UnreadableOriginal,
    judge,
    read_original,
)
from ums_service.domain.roster import update_roster
from ums_service.domain.users import USERS
from ums_service.starting.bootstrap import new_user_id

_BATCH: Final = 500
_NEW, _THERE, _REFUSED = "new", "there already", "refused"
_KINDS: Final = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl"}
_OLD_VARIABLE: Final = "USERS_SERVICE_PASSWORD"


@click.command("import")
@data_options
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only report, row by row.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["original", "csv", "json", "jsonl"]),
    help="What FILE is [by its ending; .json is an original].",
)
@click.option(
    "--on-existing",
    type=click.Choice(["skip", "update", "refuse"]),
    help="What becomes of accounts that are there [skip]; not for an original.",
)
@click.option("--label", help="What the import is called; not for an original.")
@click.option("--keep-roles", is_flag=True, help="Let administrators stay such.")
@click.option(
    "--password-file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="File with the original's master password "
    f"[the variable {_OLD_VARIABLE}, or the original's default].",
)
def import_accounts(
    file: Path,
    password_file: Path | None,
    kind: str | None,
    on_existing: str | None,
    label: str | None,
    *,
    dry_run: bool,
    keep_roles: bool,
    **flags: Any,
) -> None:
    """Take over the accounts of an original users_encrypted.json, or those of a file.

    Each account of an original is reported on a line first: taken over, there already,
    or refused and why. People log in with their old passwords. The rows of CSV, JSON
    and JSON lines are judged as `import_users` does, and told as JSON lines. Ends with 3
    where some accounts were refused; a file that cannot be read changes nothing.
    """
    settings = settings_from(flags)
    kind = kind or _KINDS.get(file.suffix.lower(), "original")
    if kind != "original":
        if password_file is not None or keep_roles:
            raise click.UsageError("--password-file and --keep-roles are for originals")
        wanted = Wanted(cast("Any", on_existing or "skip"), dry_run, label or "")
        with reported():
            read = rows_of(file, cast("Any", kind))
            refused = asyncio.run(import_rows(settings, read, wanted))
        sys.exit(EXIT_PARTLY if refused else 0)
    if on_existing is not None or label is not None:
        raise click.UsageError("--on-existing and --label are not for originals")
    with reported():
        master = _master_password(password_file)
        try:
            records = read_original(file.read_bytes(), master)
        except UnreadableOriginal as error:
            end(f"{file}: {error}; nothing was changed", EXIT_FAILED)
        now = read_clock()
        rows = judge(records, keep_roles=keep_roles, new_user_id=new_user_id, now=now)
        refused = asyncio.run(_take_over(settings, list(rows), now, dry_run=dry_run))
    if refused:
        sys.exit(EXIT_PARTLY)


async def _take_over(
    settings: Settings, rows: list[Row], now: Moment, *, dry_run: bool
) -> int:
    if dry_run and not settings.data.exists():
        return _report([_by_itself(row) for row in rows], "would be taken over")
    async with open_offline(settings, create=True) as store:
        judged = [_against_store(store, row) for row in rows]
        if dry_run:
            return _report(judged, "would be taken over")
        refused = _report(judged, "to be taken over")
        new = [row for row, verdict in judged if verdict == _NEW]
        for start in range(0, len(new), _BATCH):
            await _add(store, new[start : start + _BATCH], now)
    say("done")
    return refused


def _report(judged: list[tuple[Row, str]], will: str) -> int:
    """Tell the verdicts, row by row and in sum; returns how many were refused."""
    for row, verdict in judged:
        click.echo("\t".join(_printable(c) for c in (row.name, verdict, *row.notes)))
    count = Counter(verdict for _, verdict in judged)
    new, there, refused = count[_NEW], count[_THERE], count[_REFUSED]
    say(f"{new} {will}, {there} there already, {refused} refused")
    return refused


def _printable(text: str) -> str:
    """Names are anybody's words: nothing in them ends a line or moves the cursor."""
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode() for c in text
    )


def _by_itself(row: Row) -> tuple[Row, str]:
    return row, _REFUSED if row.user is None else _NEW


def _against_store(store: Store, row: Row) -> tuple[Row, str]:
    user = row.user
    if user is None:
        return _by_itself(row)
    for field, value in (("username", user.username), ("email", user.email)):
        owner = store.find(USERS, field, value)
        known = store.get(USERS, owner) if owner else None
        if known is None:
            continue
        # a time that was none became that of the import: the address tells, too
        same = known.created_at == user.created_at or known.email == user.email
        if known.username == user.username and same:
            return row, _THERE
        note = f"the {field} belongs to another account"
        return Row(row.name, None, [note]), _REFUSED
    return row, _NEW


async def _add(store: Store, rows: list[Row], now: Moment) -> None:
    """One batch, all or nothing, durable on return."""
    async with store.transaction() as tx:
        for row in rows:
            assert row.user is not None
            tx.put(USERS, row.user)
            await update_roster(tx, None, row.user)
            AuditEntry(
                event="user_imported",
                outcome=Outcome.DONE,
                subject=row.user.user_id,
                of_subject=await name_sealed_of(tx, row.user),
            ).append_to(tx, now)


def _master_password(file: Path | None) -> str:
    if file is not None:
        return file.read_text().rstrip("\r\n")
    return os.environ.get(_OLD_VARIABLE) or DEFAULT_PASSWORD
