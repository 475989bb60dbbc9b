"""Where the shell keeps what must outlive one command: one private file per endpoint.

It knows files and their modes; it must not know the service.
"""

import hashlib
import json
import os
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from ums_client.errors import BadConfiguration

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class Saved:
    """Tokens of one endpoint: of the session, and of what must come before one.

    `mfa_setup_token` lets one set up a second factor, `setup_token` confirm it.
    """

    session_token: str | None = field(default=None, repr=False)
    password_change_token: str | None = field(default=None, repr=False)
    mfa_setup_token: str | None = field(default=None, repr=False)
    setup_token: str | None = field(default=None, repr=False)


class SavedSessions:
    """Tokens in files of mode 0600 in a directory of mode 0700."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def load(self, endpoint: str) -> Saved:
        """What was kept for an endpoint.

        Raises:
            BadConfiguration: the file is damaged, or others can read it.
        """
        path = self._path(endpoint)
        try:
            with path.open(encoding="utf-8") as file:
                if os.fstat(file.fileno()).st_mode & _OTHERS:
                    raise BadConfiguration(
                        f"{path} can be read by others: log out, and remove it"
                    )
                return Saved(**json.load(file))
        except FileNotFoundError:
            return Saved()
        except (OSError, ValueError, TypeError):
            raise BadConfiguration(f"{path} cannot be read: remove it") from None

    def save(self, endpoint: str, saved: Saved) -> None:
        """Keep tokens for an endpoint; without any, its file is removed.

        Raises:
            BadConfiguration: the file cannot be written.
        """
        path = self._path(endpoint)
        try:
            if saved == Saved():
                path.unlink(missing_ok=True)
            else:
                self._write(path, saved)
        except OSError as error:
            raise BadConfiguration(
                f"cannot keep the session in {path}: {error.strerror}"
            ) from None

    def _path(self, endpoint: str) -> Path:
        digest = hashlib.sha256(endpoint.encode()).hexdigest()
        return self._directory / f"{digest[:32]}.json"

    def _write(self, path: Path, saved: Saved) -> None:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW
        with os.fdopen(os.open(draft, flags, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(saved), file)
        draft.replace(path)
