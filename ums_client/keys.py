"""CURVE keys of the client: whom it trusts and who it is.

It knows key files (`name.key` and `name.key_secret`, as pyzmq writes them); it must not
know what they are used for.
"""

import stat
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Self

import zmq
from zmq.auth.certs import load_certificate
from zmq.utils import z85

from ums_client.errors import BadConfiguration

_KEY_BYTES: Final = 32
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True)
class CurveKeys:
    """The public key of the service, and the key pair of this client, all as Z85."""

    server_public: bytes
    public: bytes
    secret: bytes = field(repr=False)

    @classmethod
    def load(cls, server_key: str, key_file: Path | None) -> Self:
        """Take the service's public key as Z85 text, and the own pair from a file.

        Without a file the pair is made for this client alone: that encrypts and proves
        who the service is, but a service with an allow-list refuses it.

        Raises:
            BadConfiguration: a key is not a key, or the file can be read by others.
        """
        server_public = _checked(server_key, "the server key")
        if key_file is None:
            return cls(server_public, *zmq.curve_keypair())
        public, secret = _read_pair(key_file)
        return cls(server_public, public, secret)


def read_public_key(path: Path) -> str:
    """Read the public key in a key file.

    Raises:
        BadConfiguration: the file is missing or holds no key.
    """
    return _read(path)[0].decode()


def _read_pair(path: Path) -> tuple[bytes, bytes]:
    public, secret = _read(path)
    if secret is None:
        raise BadConfiguration(f"{path} holds no secret key")
    if path.stat().st_mode & _OTHERS:
        raise BadConfiguration(f"{path} can be read by others: chmod 600 {path}")
    return public, secret


def _read(path: Path) -> tuple[bytes, bytes | None]:
    try:
        public, secret = load_certificate(path)
    except (OSError, ValueError, IndexError) as error:
        raise BadConfiguration(f"cannot read a key from {path}: {error}") from None
    where = f"the key in {path}"
    return (
        _checked(public.decode("ascii", "replace"), where),
        None if secret is None else _checked(secret.decode("ascii", "replace"), where),
    )


def _checked(key: str, where: str) -> bytes:
    encoded = key.encode()
    try:
        size_bytes = len(z85.decode(encoded))
    except (ValueError, KeyError, struct.error):
        raise _no_key(where) from None
    if size_bytes != _KEY_BYTES:
        raise _no_key(where)
    return encoded


def _no_key(where: str) -> BadConfiguration:
    return BadConfiguration(f"{where} is not a key: {_KEY_BYTES} bytes as Z85 text")
