"""CURVE keys in files: the server's pair, and the public keys that may connect.

NAME.key holds a public key and may be shown to anybody; NAME.key_secret holds both
and is its owner's alone (0600). A client may connect while its public key lies in the
directory `authorised`; removing the file shuts it out from the next handshake on.
"""

import os
from pathlib import Path
from typing import Final

import zmq.auth

SERVER: Final = "server"
_AUTHORISED: Final = "authorised"
_DIRECTORY_MODE: Final = 0o700
_PUBLIC_MODE: Final = 0o644
_NAME_CHARS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


class KeyTrouble(ValueError):
    """A key or its file cannot be used; the text says what to do."""


class CurveKeys:
    """The directory of keys of one service."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._authorised_directory = directory / _AUTHORISED
        self._authorised: frozenset[str] = frozenset()
        self._read_at_ns = -1

    def make_server(self) -> Path:
        """Make the server's pair; returns the file with the public key.

        Raises:
            KeyTrouble: there is one already.
        """
        return self._make(self._directory, SERVER)

    def make_client(self, name: str, directory: Path) -> Path:
        """Make a client's pair in `directory` and let it connect."""
        path = self._make(directory, name)
        self.authorise(path, name)
        return path.with_suffix(".key_secret")

    def authorise(self, public_key_file: Path, name: str) -> None:
        """Let the owner of a public key connect."""
        _check_name(name)
        key = _load(public_key_file)[0]
        self._authorised_directory.mkdir(_DIRECTORY_MODE, parents=True, exist_ok=True)
        target = self._authorised_directory / f"{name}.key"
        if target.exists():
            raise KeyTrouble(f"{name} is authorised already: revoke it first")
        text = f'# {name}, may connect\n\nmetadata\ncurve\n    public-key = "{key}"\n'
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        with os.fdopen(os.open(target, flags, _PUBLIC_MODE), "w") as file:
            file.write(text)

    def revoke(self, name: str) -> None:
        """Shut a client out from its next connection on."""
        _check_name(name)
        try:
            (self._authorised_directory / f"{name}.key").unlink()
        except FileNotFoundError:
            raise KeyTrouble(f"{name} is not authorised") from None

    def names(self) -> list[str]:
        """Who may connect."""
        return sorted(p.stem for p in self._authorised_directory.glob("*.key"))

    def server_secret(self) -> bytes:
        """The server's secret key.

        Raises:
            KeyTrouble: it is missing or open to others.
        """
        path = self._directory / f"{SERVER}.key_secret"
        if not path.exists():
            raise KeyTrouble(
                f"no CURVE key in {self._directory}: "
                "make one with python -m ums_service keys make-server"
            )
        if path.stat().st_mode & 0o077:
            raise KeyTrouble(f"{path} is open to others: chmod 600 {path}")
        secret = _load(path)[1]
        if secret is None:
            raise KeyTrouble(f"{path} has no secret key")
        return secret.encode()

    def may_connect(self, public_key: str) -> bool:
        """Whether the key is on the list, as the files are now."""
        try:
            changed_ns = self._authorised_directory.stat().st_mtime_ns
        except FileNotFoundError:
            return False
        if changed_ns != self._read_at_ns:
            files = self._authorised_directory.glob("*.key")
            self._authorised = frozenset(_load(path)[0] for path in files)
            self._read_at_ns = changed_ns
        return public_key in self._authorised

    def _make(self, directory: Path, name: str) -> Path:
        _check_name(name)
        path = directory / f"{name}.key"
        if path.exists() or path.with_suffix(".key_secret").exists():
            raise KeyTrouble(f"{path} exists already and is not replaced")
        directory.mkdir(_DIRECTORY_MODE, parents=True, exist_ok=True)
        before = os.umask(0o077)  # pyzmq opens the files with the process's mask
        try:
            zmq.auth.create_certificates(directory, name)
        finally:
            os.umask(before)
        return path


def _check_name(name: str) -> None:
    if not name or name.startswith(".") or not set(name) <= _NAME_CHARS:
        raise KeyTrouble("a key's name has only a to z, digits and the signs . _ -")


def _load(path: Path) -> tuple[str, str | None]:
    try:
        public, secret = zmq.auth.load_certificate(path)
    except (OSError, ValueError) as error:
        raise KeyTrouble(f"{path} is no key file: {error}") from None
    return public.decode(), secret.decode() if secret else None
