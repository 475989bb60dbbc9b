"""The files of an open store: the MANIFEST in force and the keys to read by it.

One lock guards the MANIFEST and the keyring, since the writer thread and compaction
both replace them. The manifest is an immutable value, so any thread may read it. It
knows which file is sealed under which key; it must not know documents.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import final

from storage.cipher import Cipher
from storage.disk import Disk, File
from storage.errors import StoreCorrupt
from storage.journal import JournalReader
from storage.keyring import Ciphers, Keyring, write_keyring
from storage.manifest import JournalRef, Manifest, write_manifest


@final
class Files:
    """The directory of one open store."""

    def __init__(self, disk: Disk, keyring: Keyring, manifest: Manifest) -> None:
        self.disk = disk
        self.manifest = manifest
        self.keyring = keyring
        self.ciphers = Ciphers(keyring)
        self._lock = threading.Lock()

    @property
    def store_id(self) -> bytes:
        return self.manifest.store_id

    def update(self, change: Callable[[Manifest], Manifest]) -> Manifest:
        """Put a changed MANIFEST in force, durable on return.

        Raises OSError when the old one still is in force, OutcomeUnknown when either
        may be.
        """
        with self._lock:
            manifest = change(self.manifest)
            write_manifest(self.disk, manifest, self.ciphers)
            self.manifest = manifest
            return manifest

    def update_keyring(self, change: Callable[[Keyring], Keyring]) -> Keyring:
        """Put a changed keyring in force, durable on return. Raises as `update`."""
        with self._lock:
            keyring = change(self.keyring)
            if keyring != self.keyring:
                write_keyring(self.disk, keyring)
                self.keyring = keyring
                self.ciphers = Ciphers(keyring)
            return keyring

    def cipher(self, file: str, key_id: int) -> Cipher:
        """The cipher of a file. Raises StoreCorrupt when its key is gone."""
        cipher = self.ciphers.get(key_id)
        if cipher is None:
            raise StoreCorrupt(file, 0, None, f"the keyring has no key {key_id}")
        return cipher

    @contextmanager
    def reading(self, name: str) -> Iterator[File]:
        """The file, open for reading within the block."""
        file = self.disk.open_read(name)
        try:
            yield file
        finally:
            file.close()

    def journal_reader(self, file: File, ref: JournalRef) -> JournalReader:
        """Raises StoreCorrupt when the header is not the one `ref` describes."""
        return JournalReader(
            file, self.store_id, ref, self.cipher(ref.name, ref.key_id)
        )
