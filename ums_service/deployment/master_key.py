"""Where the master key or password of the store comes from.

In this order: the key file that was named, a systemd credential `master-key`, the
variable UMS_MASTER_PASSWORD (or its old name USERS_SERVICE_PASSWORD), the key file
beside the data. Where none exists a new store gets a random key in that file.
"""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

CREDENTIAL: Final = "master-key"
_VARIABLES: Final = ("UMS_MASTER_PASSWORD", "USERS_SERVICE_PASSWORD")
MODE: Final = 0o600


class UnusableKeyFile(ValueError):
    """The key file is missing, empty or open to others."""


class MasterKey(NamedTuple):
    """The secret and, for messages, where it was found."""

    secret: bytes
    source: str


def find_master_key(
    named: Path | None, default: Path, environ: Mapping[str, str]
) -> MasterKey | None:
    """The master key that an operator has given; None if there is none yet.

    Raises:
        UnusableKeyFile: a file was named or found and cannot be used.
    """
    if named is not None:
        return MasterKey(read_key_file(named), str(named))
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    if credentials and (path := Path(credentials) / CREDENTIAL).exists():
        return MasterKey(path.read_bytes().rstrip(b"\r\n"), str(path))
    for name in _VARIABLES:
        if environ.get(name):
            return MasterKey(environ[name].encode(), f"the variable {name}")
    if default.exists():
        return MasterKey(read_key_file(default), str(default))
    return None


def make_key_file(path: Path) -> MasterKey:
    """A new random key in a new file, 0600; durable on return.

    The file gets its name when it is whole: a full disk or a kill leaves none that is
    empty, which no start after it would take.

    Raises:
        FileExistsError: something is there already; it is never replaced.
    """
    secret = secrets.token_urlsafe(32).encode()
    unnamed = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
    descriptor = os.open(unnamed, flags, MODE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret + b"\n")
            file.flush()
            os.fsync(file.fileno())
        os.link(unnamed, path)
    finally:
        unnamed.unlink()
    parent = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)
    return MasterKey(secret, str(path))


def read_key_file(path: Path) -> bytes:
    """The secret in a private file.

    Raises:
        UnusableKeyFile: it is missing, empty or open to others.
    """
    try:
        mode = path.stat().st_mode & 0o777
        secret = path.read_bytes().rstrip(b"\r\n")
    except OSError as error:
        raise UnusableKeyFile(f"{path} cannot be read: {error.strerror}") from None
    if mode & ~MODE:
        raise UnusableKeyFile(f"{path} is open to others: chmod 600 {path}")
    if not secret:
        raise UnusableKeyFile(f"{path} is empty")
    return secret
