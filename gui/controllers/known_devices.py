"""The tokens by which services know this computer, for those who asked to be remembered.

Such a token opens nothing by itself: it keeps failures of others from shutting this
computer out. It lies in a file that only its owner can read.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from gui.controllers.private_file import PrivateFile


class DeviceTokens:
    """One token for each account at each place; `path` None keeps them in memory only."""

    def __init__(self, path: Path | None = None) -> None:
        """Read them; a file that cannot be read holds none."""
        self._path = path
        self._tokens: dict[str, str] = {}
        if path is not None:
            with suppress(OSError, ValueError):
                read = json.loads(path.read_text(encoding="utf-8"))
                self._tokens = {str(name): str(token) for name, token in read.items()}

    def of(self, endpoint: str, username: str) -> str | None:
        """The token of an account there, if it has one."""
        return self._tokens.get(_key(endpoint, username))

    def keep(self, endpoint: str, username: str, token: str) -> None:
        """Keep one, in place of the one before; one that cannot be written is lost."""
        self._tokens[_key(endpoint, username)] = token
        if self._path is None:
            return
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = PrivateFile(self._path)
            file.write(json.dumps(self._tokens, indent=2).encode())
            file.keep()


def _key(endpoint: str, username: str) -> str:
    return f"{username.strip().casefold()} at {endpoint}"
