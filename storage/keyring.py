"""The keyring: data keys wrapped under the master password.

Two identical copies at 0 and COPY_BYTES, each

    magic 8 | version u16 | length u32 | SHA-256 of the content | content, zero-padded

The content is msgpack [body, MAC of body]; the body holds the store id, the KDF
parameters and salt, a check value and the wrapped keys. The unkeyed SHA-256 tells a
damaged keyring from a wrong password; the MAC, under a key from the password, finds
forgery. A data key is chosen by its id, never by trial.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

import msgpack
from cryptography.fernet import Fernet

from storage.cipher import Cipher, NotAuthentic
from storage.disk import Disk
from storage.durable import read_all, replace_file
from storage.errors import ForeignKeyring, KeyringCorrupt, StoreTooNew, WrongPassword
from storage.kdf import KdfParameters, MasterKey, derive_master_key

KEYRING_NAME: Final = "keyring"
MAGIC: Final = b"UMSKEYS\n"
VERSION: Final = 1
COPY_BYTES: Final = 16384

_PREFIX = struct.Struct(">8sHI32s")


class KeyState(StrEnum):
    """The active key seals; reading keys only open what was sealed before."""

    ACTIVE = "active"
    READING = "reading"


@dataclass(frozen=True, slots=True)
class DataKey:
    """A random Fernet key. `created` is in whole seconds of Unix time."""

    key_id: int
    created: int
    state: KeyState
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Keyring:
    """An opened keyring."""

    store_id: bytes
    parameters: KdfParameters
    salt: bytes
    master: MasterKey = field(repr=False)
    keys: tuple[DataKey, ...]

    @property
    def active(self) -> DataKey:
        """The key that seals."""
        return next(key for key in self.keys if key.state is KeyState.ACTIVE)

    def rotated(self, now: int) -> Keyring:
        """The same ring with a new active key; the old one is kept for reading."""
        number = 1 + max(key.key_id for key in self.keys)
        fresh = DataKey(number, now, KeyState.ACTIVE, Fernet.generate_key())
        old = (replace(key, state=KeyState.READING) for key in self.keys)
        return replace(self, keys=(*old, fresh))

    def without_unused(self, used: frozenset[int]) -> Keyring:
        """The same ring without reading keys that no file needs any more."""
        keys = (
            key
            for key in self.keys
            if key.state is KeyState.ACTIVE or key.key_id in used
        )
        return replace(self, keys=tuple(keys))

    def rewrapped(
        self, master: bytes, salt: bytes, parameters: KdfParameters
    ) -> Keyring:
        """The same data keys under another master password."""
        derived = derive_master_key(master, salt, parameters)
        return replace(self, salt=salt, parameters=parameters, master=derived)


class Ciphers:
    """The ciphers of a keyring, by key id."""

    def __init__(self, keyring: Keyring) -> None:
        self.active_id = keyring.active.key_id
        self._ciphers = {key.key_id: Cipher(key.secret) for key in keyring.keys}
        self.active = self._ciphers[self.active_id]

    def get(self, key_id: int) -> Cipher | None:
        """None when the keyring has no such key."""
        return self._ciphers.get(key_id)


def new_keyring(
    master: bytes, store_id: bytes, salt: bytes, parameters: KdfParameters, now: int
) -> Keyring:
    """A keyring with one fresh active key; nothing is written."""
    derived = derive_master_key(master, salt, parameters)
    key = DataKey(1, now, KeyState.ACTIVE, Fernet.generate_key())
    return Keyring(store_id, parameters, salt, derived, (key,))


def write_keyring(disk: Disk, keyring: Keyring) -> None:
    """Replace the keyring in one step, durable on return.

    Raises what `replace_file` raises: after a failure the old or the new keyring is in
    force, never neither.
    """
    copy = _encode_copy(_encode_content(keyring))
    replace_file(disk, KEYRING_NAME, copy + copy)


@dataclass(frozen=True, slots=True)
class StoredKeyring:
    """A keyring as it lies on disk, still locked."""

    store_id: bytes
    damaged: str | None  # which copy does not verify
    body: bytes
    mac: bytes
    parameters: KdfParameters
    salt: bytes
    check: bytes
    wrapped: tuple[tuple[int, int, str, bytes], ...]

    def unlock(self, master: bytes) -> Keyring:
        """Raises WrongPassword, or KeyringCorrupt for a forged ring."""
        return self.unlock_with(derive_master_key(master, self.salt, self.parameters))

    def unlock_with(self, derived: MasterKey) -> Keyring:
        """As `unlock`, with what was derived before: that takes most of a start."""
        if not hmac.compare_digest(self.check, _check(derived, self.store_id)):
            raise WrongPassword("the master password does not open this keyring")
        if not hmac.compare_digest(self.mac, _mac(derived, self.body)):
            raise KeyringCorrupt("the keyring was changed without its password")
        wrapping = Cipher(derived.wrap_key)
        try:
            keys = tuple(
                DataKey(number, created, KeyState(state), wrapping.open(sealed))
                for number, created, state, sealed in self.wrapped
            )
        except (NotAuthentic, ValueError) as error:
            raise KeyringCorrupt("a data key does not unwrap") from error
        if [key.state for key in keys].count(KeyState.ACTIVE) != 1:
            raise KeyringCorrupt("the keyring needs exactly one active key")
        return Keyring(self.store_id, self.parameters, self.salt, derived, keys)


def read_keyring(disk: Disk, store_id: bytes) -> StoredKeyring:
    """Raises KeyringCorrupt, ForeignKeyring (before any password) or StoreTooNew."""
    return parse_keyring(read_all(disk, KEYRING_NAME, 2 * COPY_BYTES), store_id)


def parse_keyring(data: bytes, store_id: bytes) -> StoredKeyring:
    """The keyring in these bytes. Raises as `read_keyring`."""
    if len(data) > 2 * COPY_BYTES:
        raise KeyringCorrupt("the keyring is longer than its two copies")
    _refuse_newer(data)
    contents = [_decode_copy(data[:COPY_BYTES]), _decode_copy(data[COPY_BYTES:])]
    sound = [content for content in contents if content is not None]
    if not sound:
        raise KeyringCorrupt("neither copy of the keyring verifies")
    if len(set(sound)) > 1:
        raise KeyringCorrupt("the two copies of the keyring differ")
    damaged = None if len(sound) == 2 else "AB"[contents.index(None)]
    keyring = _decode_content(sound[0], damaged)
    if keyring.store_id != store_id:
        raise ForeignKeyring("this keyring belongs to another store")
    return keyring


def _encode_copy(content: bytes) -> bytes:
    digest = hashlib.sha256(content).digest()
    copy = _PREFIX.pack(MAGIC, VERSION, len(content), digest) + content
    if len(copy) > COPY_BYTES:
        raise KeyringCorrupt("too many data keys: finish a rotation first")
    return copy.ljust(COPY_BYTES, b"\0")


def _decode_copy(copy: bytes) -> bytes | None:
    if len(copy) != COPY_BYTES:
        return None
    magic, version, length, digest = _PREFIX.unpack_from(copy)
    content = copy[_PREFIX.size : _PREFIX.size + length]
    if magic != MAGIC or hashlib.sha256(content).digest() != digest:
        return None
    if version != VERSION:
        return None
    return content if copy == _encode_copy(content) else None


def _refuse_newer(data: bytes) -> None:
    """A damaged version number is in one copy only; a newer format is in both."""
    if len(data) == 2 * COPY_BYTES and data[:COPY_BYTES] == data[COPY_BYTES:]:
        magic, version, _, _ = _PREFIX.unpack_from(data)
        if magic == MAGIC and version > VERSION:
            raise StoreTooNew(KEYRING_NAME, version, VERSION)


def _encode_content(keyring: Keyring) -> bytes:
    wrapping = Cipher(keyring.master.wrap_key)
    costs = keyring.parameters
    body = msgpack.packb(
        [
            keyring.store_id,
            [costs.time_cost, costs.memory_kib, costs.lanes],
            keyring.salt,
            _check(keyring.master, keyring.store_id),
            [
                [key.key_id, key.created, key.state, wrapping.seal(key.secret)]
                for key in keyring.keys
            ],
        ]
    )
    return bytes(msgpack.packb([body, _mac(keyring.master, body)]))


def _decode_content(content: bytes, damaged: str | None) -> StoredKeyring:
    try:
        body, mac = msgpack.unpackb(content)
        store_id, costs, salt, check, wrapped = msgpack.unpackb(body)
        keys = tuple((int(n), int(at), str(s), bytes(w)) for n, at, s, w in wrapped)
        return StoredKeyring(
            store_id, damaged, body, mac, KdfParameters(*costs), salt, check, keys
        )
    except (ValueError, TypeError) as error:
        raise KeyringCorrupt("the content of the keyring is malformed") from error


def _check(master: MasterKey, store_id: bytes) -> bytes:
    return hmac.digest(master.check_key, store_id, "sha256")


def _mac(master: MasterKey, body: bytes) -> bytes:
    return hmac.digest(master.mac_key, body, "sha256")
