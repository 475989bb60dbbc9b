"""`backup` and `restore`: one file that holds the whole store."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Final

import click

from storage import RealDisk
from storage.backup import backup as write_backup
from storage.backup import restore as unpack_backup
from ums_service.commands.offline import open_offline
from ums_service.commands.options import data_options, say, settings_from
from ums_service.commands.reporting import reported
from ums_service.deployment.clock import read_clock
from ums_service.deployment.opening import (
    COLLECTIONS,
    STREAMS,
    existing_disk,
    require_master_key,
)
from ums_service.deployment.settings import Settings
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.families import FAMILIES
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID

_VOIDED_AT_ONCE: Final = 10_000


@click.command()
@data_options
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path, **flags: Any) -> None:
    """Write the store as of now to FILE, a tar archive; while the service runs or not.

    The archive is unpacked and verified in full before it gets its name; an older file
    of that name is replaced only then. It is as secret as the store and opens with the
    same key. The head it holds goes to stdout: keep it elsewhere for verify --against.
    """
    settings = settings_from(flags)
    unfinished = file.with_name(f"{file.name}.unfinished")
    with reported(), _private(unfinished) as archive:
        with tempfile.TemporaryDirectory(dir=file.parent, prefix=".ums-verify-") as at:
            head = write_backup(
                existing_disk(settings),
                require_master_key(settings, os.environ).secret,
                archive,
                scratch=RealDisk(Path(at) / "store"),
                collections=COLLECTIONS,
                streams=STREAMS,
            )
        os.fsync(archive.fileno())
        unfinished.replace(file)
        directory = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(directory)
        os.close(directory)
    say(f"{file}: {file.stat().st_size} bytes, verified")
    click.echo(head.text)


@click.command()
@data_options
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def restore(file: Path, **flags: Any) -> None:
    """Unpack a backup into the directory of the store, which must be empty.

    The key must be that of the time of the backup. Accounts and passwords are those of
    that time, too; nobody is logged in, and no token can be renewed.
    """
    settings = settings_from(flags)
    with reported(), file.open("rb") as archive:
        key = require_master_key(settings, os.environ)
        head = unpack_backup(archive, RealDisk(settings.data), key.secret)
        asyncio.run(_void_tokens(settings))
    say(f"restored into {settings.data}")
    click.echo(head.text)


async def _void_tokens(settings: Settings) -> None:
    """Take back what the backup would make good again: spent and revoked tokens.

    Access tokens end with the keys that signed them, as the newest revocations are lost.
    """
    now = read_clock()
    async with open_offline(settings) as store:
        tx = store.transaction()
        tx.delete(KEY_RINGS, RING_ID)
        AuditEntry(event="store_restored", outcome=Outcome.DONE).append_to(tx, now)
        await tx.commit()
        while user_ids := store.ids(FAMILIES)[:_VOIDED_AT_ONCE]:
            async with store.transaction() as tx:
                for user_id in user_ids:
                    tx.delete(FAMILIES, user_id)


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """A new file of the owner's alone, for writing and reading; it goes if that fails."""
    path.unlink(missing_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w+b") as file:
            yield file
    except BaseException:
        path.unlink(missing_ok=True)
        raise
