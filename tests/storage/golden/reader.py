"""A reader of formats 1 and 2 after docs/format.md, which shares no code with the engine.

Field widths come from the tables of the document. Everything is checked as the document
says for a store that was stopped cleanly; what differs fails an assertion. It repairs
nothing and knows no collection by name.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import msgpack
from argon2.low_level import Type, hash_secret_raw
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ROW = re.compile(r"^\| (\d+) \| (\d+) \| (u\d+|bytes) \|", re.MULTILINE)
CODES = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q"}
NOTHING = bytes(32)
KEYRING_COPY = 16384
TAG_BYTES = 32


def layouts(document: str) -> dict[str, struct.Struct]:
    """The tables of offsets and widths, by the heading above them."""
    found = {}
    for section in re.split(r"^#+ ", document, flags=re.MULTILINE):
        rows = re.findall(
            r"^\| (\d+) \| (\d+) \| (u\d+|bytes) \|", section, re.MULTILINE
        )
        if not rows:
            continue
        layout, at = ">", 0
        for offset, width, kind in rows:
            assert int(offset) == at, (section, offset)
            layout += CODES.get(kind, f"{width}s")
            at += int(width)
            assert struct.calcsize(layout) == at, (section, kind, width)
        found[section.partition("\n")[0]] = struct.Struct(layout)
    return found


class Frame(NamedTuple):
    key_id: int
    tag: bytes
    plaintext: bytes
    end: int


@dataclass
class Contents:
    """What a store holds. Documents are (revision, content), by collection and id."""

    documents: dict[str, dict[str, tuple[int, Any]]] = field(default_factory=dict)
    keys: dict[str, dict[str, dict[str, str | None]]] = field(default_factory=dict)
    entries: dict[str, list[Any]] = field(default_factory=dict)
    dropped: dict[str, int] = field(default_factory=dict)
    sequence: int = 0
    tag: bytes = NOTHING

    def put(
        self, collection: str, id_: str, value: bytes, keys: dict[str, str | None]
    ) -> None:
        content = msgpack.unpackb(value[8:], strict_map_key=False)
        revision = int.from_bytes(value[:8], "big")
        self.documents.setdefault(collection, {})[id_] = (revision, content)
        self.keys.setdefault(collection, {})[id_] = keys

    def append(self, stream: str, number: int, content: bytes) -> None:
        entries = self.entries.setdefault(stream, [])
        assert number == self.dropped.get(stream, 0) + len(entries) + 1
        entries.append(msgpack.unpackb(content, strict_map_key=False))


class GoldenReader:
    """One store on disk, read with nothing but the document."""

    def __init__(self, directory: Path, master: bytes, document: Path) -> None:
        self.directory = directory
        self.layouts = layouts(document.read_text())
        self.store_id, self.data_keys = self._keyring(master)
        self.manifest = self._manifest()

    def contents(self) -> Contents:
        """All documents and entries; every file that is in force verified."""
        _, _, generation, _, journals, base, segments, previous, clean, *more = (
            self.manifest
        )
        assert all((self.directory / name).exists() for name, _ in previous)
        assert journals[-1][2] == generation
        assert (clean[0], journals[-1][5]) == (journals[-1][0], None)
        contents = Contents()
        ends = {}
        for stream, last, tag in more[0] if more else []:
            contents.dropped[stream] = last
            ends[stream] = tag
        if base is not None:
            self._base(base, contents)
        for segment in segments:
            assert segment[6] == ends.get(segment[0], NOTHING)
            self._segment(segment, contents)
            ends[segment[0]] = segment[7]
        for journal in journals:
            self._journal(journal, journal[5] or clean[1], contents)
        return contents

    def _keyring(self, master: bytes) -> tuple[bytes, dict[int, Fernet]]:
        data = (self.directory / "keyring").read_bytes()
        assert len(data) == 2 * KEYRING_COPY
        assert data[:KEYRING_COPY] == data[KEYRING_COPY:]
        layout = self.layouts["Keyring"]
        magic, version, length, digest = layout.unpack_from(data)
        content = data[layout.size : layout.size + length]
        assert (magic, version) == (b"UMSKEYS\n", 1)
        assert hashlib.sha256(content).digest() == digest
        assert not any(data[layout.size + length : KEYRING_COPY])
        body, mac = msgpack.unpackb(content)
        store_id, (time, memory, lanes), salt, check, keys = msgpack.unpackb(body)
        root = hash_secret_raw(master, salt, time, memory, lanes, 64, Type.ID, 19)
        wrap, check_key, mac_key = (
            HKDF(SHA256(), 32, None, b"ums keyring " + purpose).derive(root)
            for purpose in (b"wrap", b"check", b"mac")
        )
        assert hmac.digest(check_key, store_id, "sha256") == check
        assert hmac.digest(mac_key, body, "sha256") == mac
        assert [state for _, _, state, _ in keys].count("active") == 1
        wrapping = Fernet(urlsafe_b64encode(wrap))
        return store_id, {
            number: Fernet(self._open(wrapping, wrapped))
            for number, _, _, wrapped in keys
        }

    def _open(self, key: Fernet, body: bytes) -> bytes:
        layout = self.layouts["Sealed bytes"]
        version, time, _ = layout.unpack_from(body)
        assert (version, time) == (0x80, 0)
        assert (len(body) - layout.size - TAG_BYTES) % 16 == 0
        return key.decrypt(urlsafe_b64encode(body))

    def _frames(self, data: bytes, offset: int) -> Iterator[Frame]:
        layout = self.layouts["Frame"]
        while offset < len(data):
            length, key_id, header_crc, body_crc = layout.unpack_from(data, offset)
            begin = offset + layout.size
            body = data[begin : begin + length]
            assert len(body) == length <= 16 * 1024 * 1024
            assert zlib.crc32(data[offset : offset + 8]) == header_crc
            assert zlib.crc32(body) == body_crc
            offset = begin + length
            plaintext = self._open(self.data_keys[key_id], body)
            yield Frame(key_id, body[-TAG_BYTES:], plaintext, offset)

    def _manifest(self) -> list[Any]:
        data = (self.directory / "MANIFEST").read_bytes()
        layout = self.layouts["MANIFEST"]
        *fields, crc = layout.unpack_from(data)
        version = fields[1]
        assert version in (1, 2)
        assert fields == [b"UMSMANIF", version, version, self.store_id]
        assert zlib.crc32(data[: layout.size - 4]) == crc
        (frame,) = self._frames(data, layout.size)
        manifest: list[Any] = msgpack.unpackb(frame.plaintext)
        assert manifest[0] == self.store_id
        assert len(manifest) == 8 + version
        return manifest

    def _file(self, name: str, *expected: object) -> tuple[bytes, bytes, int]:
        """The bytes of a file, the digest of its header, and where frames begin."""
        data = (self.directory / name).read_bytes()
        layout = self.layouts["File header"]
        magic, version, min_reader, store_id, *fields, crc = layout.unpack_from(data)
        assert (version, min_reader, store_id) == (1, 1, self.store_id)
        assert [magic, *fields] == list(expected)
        assert zlib.crc32(data[: layout.size - 4]) == crc
        return data, hashlib.sha256(data[: layout.size]).digest(), layout.size

    def _chunks(
        self, name: str, key_id: int, length: int, tag: bytes, *header: object
    ) -> Iterator[list[Any]]:
        data, digest, offset = self._file(name, *header)
        before, kind = NOTHING, ""
        assert len(data) == length
        for index, frame in enumerate(self._frames(data, offset)):
            packed = msgpack.unpackb(zlib.decompress(frame.plaintext))
            assert packed[:3] == [index, before, b"" if index else digest]
            assert (frame.key_id, kind != "end") == (key_id, True)
            before, kind = frame.tag, packed[3]
            yield packed[3:]
        assert (kind, before) == ("end", tag)

    def _base(self, ref: list[Any], contents: Contents) -> None:
        name, key_id, length, tag, sequence, chain_tag, documents = ref
        header = (b"UMSB", int(name.rpartition("-")[2]), sequence, chain_tag)
        for kind, *fields in self._chunks(name, key_id, length, tag, *header):
            if kind == "documents":
                collection, ids, values, columns = fields
                for at, (id_, value) in enumerate(zip(ids, values, strict=True)):
                    keys = {name: column[at] for name, column in columns.items()}
                    contents.put(collection, id_, value, keys)
            else:
                counts = {name: len(ids) for name, ids in contents.documents.items()}
                assert fields == [counts]
                assert sum(counts.values()) == documents
        contents.sequence, contents.tag = sequence, chain_tag

    def _segment(self, ref: list[Any], contents: Contents) -> None:
        stream, name, key_id, length, first, last, anchor, tag = ref
        header = (b"UMSS", int(name.rpartition("-")[2]), first - 1, anchor)
        for kind, *fields in self._chunks(name, key_id, length, tag, *header):
            if kind == "entries":
                for at, content in enumerate(fields[1]):
                    contents.append(stream, fields[0] + at, content)
            else:
                assert fields == [last - first + 1]
        dropped = contents.dropped.get(stream, 0)
        assert dropped + len(contents.entries[stream]) == last

    def _journal(self, ref: list[Any], seal: list[Any], contents: Contents) -> None:
        name, key_id, generation, sequence, anchor, _ = ref
        assert (sequence, anchor) == (contents.sequence, contents.tag)
        data, digest, offset = self._file(name, b"UMSJ", generation, sequence, anchor)
        for frame in self._frames(data, offset):
            number, before, found, *transactions = msgpack.unpackb(frame.plaintext)
            assert (number, before) == (contents.sequence + 1, contents.tag)
            assert (frame.key_id, found) == (key_id, digest)
            for transaction in transactions:
                self._apply(transaction, contents)
            contents.sequence, contents.tag, digest = number, frame.tag, b""
        assert [len(data), contents.tag, contents.sequence] == seal

    def _apply(self, transaction: list[Any], contents: Contents) -> None:
        number, puts, deletions, entries = transaction
        for collection, id_ in deletions:
            del contents.documents[collection][id_]
            del contents.keys[collection][id_]
        for collection, id_, packed, keys in puts:
            contents.put(collection, id_, number.to_bytes(8, "big") + packed, keys)
        for entry in entries:
            contents.append(*entry)
