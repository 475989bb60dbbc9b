"""From the master password to the three keys that guard the keyring.

Argon2id stretches, HKDF-SHA256 separates. The parameters are read back from disk, so
they are bounded before any memory is taken. It knows nothing of files or data keys.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SALT_BYTES = 16
MAX_TIME_COST = 16
MAX_MEMORY_KIB = 1024 * 1024
MAX_LANES = 16
_ROOT_BYTES = 64


class BadKdfParameters(ValueError):
    """Parameters outside the bounds this program is willing to compute."""


@dataclass(frozen=True, slots=True)
class KdfParameters:
    """Argon2id costs; the default is the second choice of RFC 9106.

    Attributes:
        time_cost: passes over the memory.
        memory_kib: memory in kibibytes.
        lanes: degree of parallelism.
    """

    time_cost: int = 3
    memory_kib: int = 65536  # 64 MiB
    lanes: int = 4

    def __post_init__(self) -> None:
        bounds = (
            (self.time_cost, 1, MAX_TIME_COST),
            (self.lanes, 1, MAX_LANES),
            (self.memory_kib, 8 * self.lanes, MAX_MEMORY_KIB),
        )
        for value, low, high in bounds:
            if type(value) is not int or not low <= value <= high:
                raise BadKdfParameters(f"{self}")


@dataclass(frozen=True, slots=True)
class MasterKey:
    """Keys derived from the master password; never written, never shown."""

    wrap_key: bytes = field(repr=False)  # a Fernet key
    check_key: bytes = field(repr=False)
    mac_key: bytes = field(repr=False)


def derive_master_key(
    master: bytes, salt: bytes, parameters: KdfParameters
) -> MasterKey:
    """About 0.1 s and 64 MiB with the default parameters."""
    root = hash_secret_raw(
        secret=master,
        salt=salt,
        time_cost=parameters.time_cost,
        memory_cost=parameters.memory_kib,
        parallelism=parameters.lanes,
        hash_len=_ROOT_BYTES,
        type=Type.ID,
    )
    return MasterKey(
        wrap_key=base64.urlsafe_b64encode(_expand(root, b"ums keyring wrap")),
        check_key=_expand(root, b"ums keyring check"),
        mac_key=_expand(root, b"ums keyring mac"),
    )


def _expand(root: bytes, purpose: bytes) -> bytes:
    return HKDF(hashes.SHA256(), length=32, salt=None, info=purpose).derive(root)
