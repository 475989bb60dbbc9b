"""`audit`: the audit log as JSON lines; below it, to verify and to export it."""

import asyncio
import hashlib
import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from storage import RealDisk, Store
from storage.archive import archived_entries, archived_segments
from storage.stream_check import Progress
from ums_service.audit.export import PDF_ENTRIES_MAX, Format, Shown, lines, rendered
from ums_service.audit.reader import said_in, show
from ums_service.commands.offline import open_offline
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.reporting import EXIT_FAILED, end, reported
from ums_service.deployment.opening import require_master_key
from ums_service.deployment.settings import Settings
from ums_service.domain.audit import AUDIT
from ums_service.domain.audit_search import Wanted
from ums_service.domain.errors import InvalidInput, NotConfigured

_AT_ONCE: Final = 1_000
_TOLD_EVERY: Final = 100_000


@click.group(invoke_without_command=True)
@data_options
@click.option("--after", default=0, help="Begin behind the entry of this number.")
@click.option(
    "--archive",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Print what was dropped into this directory instead.",
)
@click.pass_context
def audit(
    context: click.Context, /, after: int, archive: Path | None, **flags: Any
) -> None:
    """Print the audit log, one JSON object a line. The service must be stopped."""
    if context.invoked_subcommand is not None:
        if after or archive or any(value is not None for value in flags.values()):
            raise click.UsageError("options go behind the command")
        return
    with reported():
        asyncio.run(_print(settings_from(flags), after, archive))


async def _print(settings: Settings, after: int, archive: Path | None) -> None:
    async with open_offline(settings) as store:
        if archive is None:
            entries = _entries(store, Wanted(), after)
        else:
            entries = _dropped(store, settings, archive, after)
        for shown in entries:
            click.echo(lines([shown]), nl=False)


def _dropped(
    store: Store, settings: Settings, archive: Path, after: int
) -> Iterator[Shown]:
    """What an archive holds, with the names of who has not been erased."""
    disk, said = RealDisk(archive), said_in(store)
    master = require_master_key(settings, os.environ).secret
    segments = archived_segments(disk, AUDIT.name, master)
    for entry in archived_entries(disk, segments):
        if entry.sequence > after:
            yield show(entry, said)


@audit.command()
@data_options
def verify(**flags: Any) -> None:
    """Follow the chain of the whole log. The service must be stopped.

    Beside a running service: `verify --full`, or the action `verify_audit`.
    """
    with reported():
        asyncio.run(_verify(settings_from(flags)))


async def _verify(settings: Settings) -> None:
    async with open_offline(settings) as store:
        checked = store.check(AUDIT, _Telling())
    if checked.fault is not None:
        end(f"entry {checked.first_bad} is lost: {checked.fault}", EXIT_FAILED)
    dropped = f"; {checked.first - 1} older ones were dropped"
    click.echo(
        f"intact: {checked.entries} entries{dropped if checked.first > 1 else ''}"
    )
    click.echo(f"head {checked.head.text}")


class _Telling:
    """Tells a terminal how far a check is."""

    def __init__(self) -> None:
        self._next = _TOLD_EVERY

    def __call__(self, progress: Progress) -> None:
        if progress.last >= self._next and sys.stderr.isatty():
            self._next = progress.last + _TOLD_EVERY
            say(f"good up to entry {progress.last} ({progress.file})")


@audit.command()
@data_options
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format",
    "kind",
    type=click.Choice(["jsonl", "csv", "pdf"]),
    default="jsonl",
    show_default=True,
)
@click.option("--user", help="Id of an account: actor or subject.")
@click.option("--event", "events", multiple=True, help="May be given again.")
@click.option("--since", help="ISO 8601, in UTC where it names no zone.")
@click.option("--until", help="As --since.")
def export(
    file: Path,
    kind: Format,
    user: str | None,
    events: tuple[str, ...],
    since: str | None,
    until: str | None,
    **flags: Any,
) -> None:
    """Write the audit log into FILE, the oldest entry first, and print its SHA-256.

    FILE must not exist; it is readable by its owner only. The service must be stopped.
    """
    wanted = Wanted(user_id=user, events=list(events) or None, since=since, until=until)
    settings = settings_from(flags)
    with reported():
        try:
            digest, count = asyncio.run(_export(settings, file, kind, wanted))
        except (InvalidInput, NotConfigured) as error:
            end(str(error), EXIT_FAILED)
    say(f"{count} entries in {file}")
    click.echo(f"{digest}  {file.name}")


async def _export(
    settings: Settings, path: Path, kind: Format, wanted: Wanted
) -> tuple[str, int]:
    digest, count = hashlib.sha256(), 0
    async with open_offline(settings) as store:
        entries = _entries(store, wanted)
        with _new_file(path) as file:
            try:
                for page in _pages(entries, kind, first_only=kind == "pdf"):
                    data = rendered(page, kind, first=not count, title="Audit log")
                    file.write(data)
                    digest.update(data)
                    count += len(page)
                    if sys.stderr.isatty():
                        say(f"{count} entries")
                os.fsync(file.fileno())
            except BaseException:
                path.unlink()
                raise
    return digest.hexdigest(), count


def _pages(
    entries: Iterator[Shown], kind: Format, *, first_only: bool
) -> Iterator[list[Shown]]:
    """Pages of a file; at least one, so that also an empty file has its header."""
    size = PDF_ENTRIES_MAX if first_only else _AT_ONCE
    page = list(islice(entries, size))
    yield page
    while page := list(islice(entries, size)):
        if first_only:
            end(f"more than {size} entries for one {kind}: narrow it", EXIT_FAILED)
        yield page


def _entries(store: Store, wanted: Wanted, after: int = 0) -> Iterator[Shown]:
    search, said = wanted.search(), said_in(store)
    for entry in store.entries(AUDIT, after=after):
        if search.wants(entry.data, AUDIT.timed):
            yield show(entry, said)


def _new_file(path: Path) -> BinaryIO:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    return os.fdopen(os.open(path, flags, 0o600), "wb")
