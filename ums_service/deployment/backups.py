"""Backups that are asked for over the wire: made by a process of their own.

It is the command `backup`, so the loop and its memory do not notice how large the store
is. The file goes into one directory, under a name made here.
"""

import asyncio
import hashlib
import logging
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from ums_service.deployment.settings import Settings
from ums_service.domain.errors import Busy
from ums_service.domain.moment import Moment

AGAIN_S: Final = 60.0
_log = logging.getLogger(__name__)

Write = Callable[[Path], Awaitable[None]]
"""Writes a verified backup to a new file, durable on return. Raises BackupFailed."""


class BackupFailed(Exception):
    """There is no backup; the log of the process says why."""


class Backup(NamedTuple):
    """A file in the directory of backups."""

    name: str
    size: int
    sha256: str


class Backups:
    """Makes one backup at a time. Belongs to the loop."""

    def __init__(self, directory: Path, write: Write) -> None:
        self._directory = directory
        self._write = write
        self._under_way = False

    async def make(self, now: Moment) -> Backup:
        """A backup of the store as of now, verified in full and durable on return.

        Raises:
            Busy: one is under way, or was made in the same second.
            BackupFailed, OSError: it could not be made.
        """
        file = self._directory / f"ums-{now.utc:%Y%m%dT%H%M%SZ}.tar"
        if self._under_way or file.exists():
            raise Busy(retry_after_s=AGAIN_S if self._under_way else 1.0)
        self._under_way = True
        try:
            await self._write(file)
            digest = await asyncio.to_thread(_sha256, file)
        finally:
            self._under_way = False
        return Backup(file.name, file.stat().st_size, digest)


def backups_of(settings: Settings) -> Backups | None:
    """What makes them; None where no directory is set for them."""
    if settings.backup_dir is None:
        return None
    words = ["backup", "--data", str(settings.data.absolute())]
    if settings.key_file is not None:
        words += ["--key-file", str(settings.key_file.absolute())]

    async def write(file: Path) -> None:
        await _run([*words, str(file.absolute())])

    return Backups(settings.backup_dir, write)


async def _run(words: list[str]) -> None:
    """Run a command of the service in a process of its own, which ends with the task."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "ums_service",
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        _, said = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        raise
    if process.returncode != 0:
        _log.error("no backup was made: %s", said.decode(errors="replace").strip())
        raise BackupFailed


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
