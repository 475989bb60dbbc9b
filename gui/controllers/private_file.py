"""Files that only their owner can read, and that are there in full or not at all."""

from __future__ import annotations

import os
import secrets
from pathlib import Path


class PrivateFile:
    """A file of mode 0600 that is being written beside its place.

    `keep` puts it there, in place of one of that name; `drop` leaves nothing behind.
    """

    def __init__(self, path: Path) -> None:
        """Begins the draft.

        Raises:
            OSError: it cannot be written there.
        """
        self.path = path
        self._draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        self._stream = os.fdopen(os.open(self._draft, flags, 0o600), "wb")

    def write(self, data: bytes) -> None:
        """Add to the draft.

        Raises:
            OSError: it cannot be written.
        """
        self._stream.write(data)

    def keep(self) -> None:
        """Put the draft in its place; durable on return.

        Raises:
            OSError: it cannot; nothing is left behind.
        """
        try:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            self._draft.replace(self.path)
        except OSError:
            self.drop()
            raise
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def drop(self) -> None:
        """Remove the draft."""
        self._stream.close()
        self._draft.unlink(missing_ok=True)
