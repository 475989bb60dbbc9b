"""Files that are read and written for people: what goes wrong is told in words."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from gui.controllers.private_file import PrivateFile
from ums_client.errors import UmsError


class FileProblem(UmsError):
    """A file cannot be read or written; the message is for people."""


def cannot(what: str, error: OSError | ValueError) -> NoReturn:
    """Say what cannot be done with a file, and why.

    Raises:
        FileProblem: always.
    """
    reason = getattr(error, "strerror", "") or str(error)
    raise FileProblem(f"The file cannot be {what}: {reason}.") from error


class DraftFile:
    """A `PrivateFile` of text, with its digest; problems come in words.

    It may be dropped while another thread writes: that gets a `FileProblem`.
    """

    def __init__(self, path: Path) -> None:
        """Begin it; nothing of that name is touched before `keep`.

        Raises:
            FileProblem: there can be no such file.
        """
        self._digest = hashlib.sha256()
        try:
            self._file = PrivateFile(path)
        except OSError as error:
            cannot("written", error)

    @property
    def sha256(self) -> str:
        """The digest of what was written so far."""
        return self._digest.hexdigest()

    def write(self, text: str) -> None:
        """Append text.

        Raises:
            FileProblem: the disk is full, or worse.
        """
        data = text.encode()
        self._digest.update(data)
        try:
            self._file.write(data)
        except (OSError, ValueError) as error:  # ValueError: it was dropped
            cannot("written", error)

    def keep(self) -> None:
        """Put it in its place, whole and on the disk.

        Raises:
            FileProblem: it cannot be; what was there before is as it was.
        """
        try:
            self._file.keep()
        except (OSError, ValueError) as error:
            cannot("written", error)

    def drop(self) -> None:
        """Leave nothing of it."""
        with suppress(OSError):
            self._file.drop()
