"""Files with what is nobody else's business: there when they are whole, for their owner."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

from ums_client.errors import UmsError

PRIVATE: Final = 0o600


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
    """A file of mode 0600 beside the one that it becomes in the end.

    It may be discarded while another thread writes: that gets a `FileProblem`.
    """

    def __init__(self, path: Path) -> None:
        """Begin it; nothing of that name is touched before `finish`.

        Raises:
            FileProblem: there can be no such file.
        """
        self.path = path
        self._draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        self._digest = hashlib.sha256()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            self._file = os.fdopen(os.open(self._draft, flags, PRIVATE), "wb")
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
        except (OSError, ValueError) as error:  # ValueError: it is closed
            cannot("written", error)

    def finish(self) -> None:
        """Put it in its place, whole and on the disk.

        Raises:
            FileProblem: it cannot be; what was there before is as it was.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._draft.replace(self.path)
        except (OSError, ValueError) as error:
            self.discard()
            cannot("written", error)

    def discard(self) -> None:
        """Leave nothing of it."""
        with suppress(OSError):
            self._file.close()
        with suppress(OSError):
            self._draft.unlink(missing_ok=True)
