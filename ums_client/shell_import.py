"""The command `import-users`: a file of accounts, in batches, with a file of results."""

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final, Literal, get_args

import click

from ums_client import errors
from ums_client.import_users import Batch, Options, import_file
from ums_client.protocol.imports import ImportUsersReply
from ums_client.protocol.user_files import Format, UnreadableFile
from ums_client.shell_call import saved_client
from ums_client.shell_flags import Flags
from ums_client.shell_output import error_text

_ENDINGS: Final[dict[str, Format]] = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


def import_options() -> list[click.Parameter]:
    """The arguments of the command, beside those that all commands have."""
    modes = ["skip", "update", "refuse"]
    return [
        click.Argument(["file"], type=_FILE),
        click.Option(
            ["--format", "kind"],
            type=click.Choice(get_args(Format)),
            help="What the file is [by the end of its name].",
        ),
        click.Option(["--on-existing"], type=click.Choice(modes), default="skip"),
        click.Option(["--dry-run"], is_flag=True, help="Only tell the verdicts."),
        click.Option(["--send-invitations"], is_flag=True),
        click.Option(
            ["--label"], help="What the batches are called [the file's name]."
        ),
        click.Option(
            ["--results"],
            type=click.Path(path_type=Path, dir_okay=False),
            help="File for the verdicts, as JSON lines.",
        ),
        click.Option(
            ["--first-row"],
            type=click.IntRange(min=1),
            default=1,
            help="Leave out the rows before.",
        ),
        click.Option(
            ["--go-on"], is_flag=True, help="Go on after a batch that failed."
        ),
    ]


def perform_import(
    flags: Flags,
    file: Path,
    kind: Format | None,
    on_existing: Literal["skip", "update", "refuse"],
    label: str | None,
    results: Path | None,
    first_row: int,
    **given: bool,
) -> None:
    """Import the file and tell what became of it.

    Raises:
        UmsError: a batch failed; what was done before stays done and is told.
        click.ClickException: the file cannot be read, or rows were left out.
    """
    kind = kind or _ENDINGS.get(file.suffix.lower())
    if kind is None:
        raise click.UsageError("--format: the name of the file does not tell it")
    options = Options(
        on_existing=on_existing,
        dry_run=given["dry_run"],
        send_invitations=given["send_invitations"],
        label=(label or file.name)[:100],
    )
    begun_s = time.monotonic()
    with ExitStack() as stack:
        client = stack.enter_context(saved_client(flags))
        output = stack.enter_context(results.open("w")) if results else None

        def tell(batch: Batch, outcome: ImportUsersReply | errors.UmsError) -> None:
            last = batch.first_row + len(batch.rows) - 1
            rows = f"rows {batch.first_row} to {last}"
            if isinstance(outcome, errors.UmsError):
                click.echo(f"{rows}: {error_text(outcome)}", err=True)
                return
            click.echo(
                f"{rows}: {outcome.created} created, {outcome.updated} updated, "
                f"{outcome.skipped} skipped, {outcome.refused} refused "
                f"({last / (time.monotonic() - begun_s):,.0f} rows/s)",
                err=True,
            )
            _write(output, batch, outcome)

        try:
            done = import_file(
                client,
                file,
                kind,
                options,
                tell=tell,
                first_row=first_row,
                go_on=given["go_on"],
            )
        except (UnreadableFile, UnicodeDecodeError) as error:
            raise click.ClickException(f"{file}: {error}") from None
    click.echo(json.dumps({n: getattr(done, n) for n in done.__dataclass_fields__}))
    if done.refused or done.failed:
        raise click.ClickException(f"{done.refused + done.failed} rows were left out")


def _write(output: IO[str] | None, batch: Batch, reply: ImportUsersReply) -> None:
    """The verdicts of a batch, with the rows counted through the file."""
    for verdict in reply.results if output else ():
        plain: dict[str, Any] = verdict.model_dump(exclude_defaults=True)
        plain["row"] = batch.first_row + verdict.row - 1
        plain["import_id"] = reply.import_id
        assert output is not None
        output.write(json.dumps(plain) + "\n")
    if output:
        output.flush()
