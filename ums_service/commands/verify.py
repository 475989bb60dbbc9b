"""`verify`: is the store what it was, and is nothing missing."""

import os
import sys
from pathlib import Path
from typing import Any

import click

from storage import Head
from storage.verify import verify_full, verify_quick
from ums_service.audit.anchor import last_head
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.reporting import EXIT_FAILED, end, reported
from ums_service.deployment.opening import (
    COLLECTIONS,
    STREAMS,
    existing_disk,
    require_master_key,
)


@click.command()
@data_options
@click.option("--full", is_flag=True, help="Decrypt and compare everything.")
@click.option("--against", metavar="HEAD", help="The store must hold this commit.")
def verify(against: str | None, *, full: bool, **flags: Any) -> None:
    """Check the store without changing it, while the service runs or not.

    Without a flag headers, lengths and checksums are read: no key is needed. --full
    decrypts everything, follows the chain of commits and rebuilds the indexes.
    --against HEAD (what --full prints, kept elsewhere, or @FILE for the last line of
    an audit_anchor) finds a store that was cut or set back.
    """
    settings = settings_from(flags)
    with reported():
        wanted = head_from(against) if against else None
        disk = existing_disk(settings)
        if full or wanted:
            key = require_master_key(settings, os.environ)
            seen = verify_full(
                disk,
                key.secret,
                collections=COLLECTIONS,
                streams=STREAMS,
                against=wanted,
                progress=_progress,
            )
        else:
            seen = verify_quick(disk, _progress)
    click.echo(f"sound: {len(seen.files)} files, {seen.frames} frames", nl=False)
    click.echo(f", {seen.documents} documents" if seen.documents else "")
    if seen.unfinished_bytes:
        say(f"{seen.unfinished_bytes} bytes of an unfinished commit at the end")
    if seen.head:
        click.echo(f"head {seen.head.text}")


def _progress(name: str) -> None:
    if sys.stderr.isatty():
        say(f"reading {name}")


def head_from(text: str) -> Head:
    """The head that was printed or anchored; ends the program on anything else."""
    try:
        if text.startswith("@"):
            text = _last_line(Path(text[1:]))
        return last_head(text)
    except ValueError:
        end(f"{text!r} is no HEAD: use what the command verify printed", EXIT_FAILED)


def _last_line(anchor: Path) -> str:
    lines = anchor.read_text(encoding="utf-8").splitlines()
    return lines[-1] if lines else ""
