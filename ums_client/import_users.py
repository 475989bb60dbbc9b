"""Importing a file of any size: in batches of one message each, with progress.

It knows files and batches; what a row means is the service's to say.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from ums_client import errors
from ums_client.client import Client
from ums_client.core import new_idempotency_key
from ums_client.protocol.imports import ImportUsers, ImportUsersReply
from ums_client.protocol.limits import REQUEST_BYTES_MAX
from ums_client.protocol.user_files import Format, Row, read_rows

BATCH_ROWS: Final = 100
"""A commit of more takes the service several milliseconds in one piece, which others wait
for, and is hardly faster."""
_ENVELOPE_BYTES: Final = 2_048
"""Left for what a request has beside its rows."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a file, and the number of the first one."""

    first_row: int
    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a file is to be imported; see `ImportUsers`."""

    on_existing: Literal["skip", "update", "refuse"] = "skip"
    dry_run: bool = False
    send_invitations: bool = False
    label: str | None = None


@dataclass(slots=True)
class Done:
    """What became of the rows so far. `failed` are those of batches that failed."""

    created: int = 0
    updated: int = 0
    skipped: int = 0
    refused: int = 0
    invited: int = 0
    failed: int = 0

    def add(self, reply: ImportUsersReply) -> None:
        """Count what one batch did."""
        for name in ("created", "updated", "skipped", "refused", "invited"):
            setattr(self, name, getattr(self, name) + getattr(reply, name))


def batches(rows: Iterable[Row], *, first_row: int = 1) -> Iterator[Batch]:
    """The rows in batches that fit into a message each; those before `first_row` go."""
    held: list[Row] = []
    size, start = 0, first_row
    for number, row in enumerate(rows, 1):
        if number < first_row:
            continue
        needs = len(json.dumps(row, ensure_ascii=False).encode()) + 2
        full = size + needs > REQUEST_BYTES_MAX - _ENVELOPE_BYTES
        if held and (full or len(held) == BATCH_ROWS):
            yield Batch(start, held)
            held, size, start = [], 0, number
        held.append(row)
        size += needs
    if held:
        yield Batch(start, held)


def import_file(
    client: Client,
    path: Path,
    kind: Format,
    options: Options,
    *,
    tell: Callable[[Batch, ImportUsersReply | errors.UmsError], None],
    first_row: int = 1,
    go_on: bool = False,
) -> Done:
    """Import a file, batch by batch, each told as it is done.

    A batch whose answer is lost is sent again and done once.

    Raises:
        UnreadableFile, OSError: the file cannot be read; batches before it are done.
        UmsError: a batch failed and `go_on` is not given; those before it are done.
    """
    done = Done()
    with path.open(encoding="utf-8-sig", newline="") as lines:
        for batch in batches(read_rows(lines, kind), first_row=first_row):
            request = _request(batch.rows, options)
            try:
                reply = client.call(request, idempotency_key=new_idempotency_key())
            except errors.UmsError as error:
                tell(batch, error)
                if not go_on:
                    raise
                done.failed += len(batch.rows)
            else:
                done.add(reply)
                tell(batch, reply)
    return done


def _request(rows: list[Row], options: Options) -> ImportUsers:
    fields: dict[str, Any] = {} if options.label is None else {"label": options.label}
    return ImportUsers(
        users=rows,
        on_existing=options.on_existing,
        dry_run=options.dry_run,
        send_invitations=options.send_invitations,
        **fields,
    )
