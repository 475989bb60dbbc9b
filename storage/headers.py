"""The plain header of journals, bases, segments and their indexes.

    magic 4 | version u16 | min reader u16 | store id 16 | generation u64
    | base sequence u64 | anchor 32 | CRC-32 of all before

It is readable without a key; the first frame of the file contains its SHA-256, so it is
authentic as soon as that frame is. It knows nothing of what the frames carry.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from storage.errors import StoreTooNew

FORMAT_VERSION: Final = 2  # the newest that is understood
_FILE_VERSION: Final = 1  # of headers; those of version 2 would be the same
JOURNAL_MAGIC: Final = b"UMSJ"
BASE_MAGIC: Final = b"UMSB"
SEGMENT_MAGIC: Final = b"UMSS"
INDEX_MAGIC: Final = b"UMSI"
NO_TAG: Final = bytes(32)

_FIELDS = struct.Struct(">4sHH16sQQ32s")
_CRC = struct.Struct(">I")
HEADER_BYTES: Final = _FIELDS.size + _CRC.size


class BadHeader(Exception):
    """The header does not verify or belongs elsewhere."""


@dataclass(frozen=True, slots=True)
class FileHeader:
    """What a file says of itself before any key is needed."""

    magic: bytes
    store_id: bytes
    generation: int
    base_sequence: int
    anchor: bytes  # tag of what the file continues
    version: int = field(default=_FILE_VERSION, compare=False)
    min_reader: int = field(default=_FILE_VERSION, compare=False)

    def encode(self) -> bytes:
        fields = _FIELDS.pack(
            self.magic,
            self.version,
            self.min_reader,
            self.store_id,
            self.generation,
            self.base_sequence,
            self.anchor,
        )
        return fields + _CRC.pack(crc32(fields))

    def digest(self) -> bytes:
        """SHA-256 of the encoded header, kept in the first frame."""
        return hashlib.sha256(self.encode()).digest()


def decode_header(file: str, data: bytes) -> FileHeader:
    """Raises BadHeader, or StoreTooNew when a newer reader is demanded."""
    if len(data) < HEADER_BYTES:
        raise BadHeader("the header is cut short")
    fields = data[: _FIELDS.size]
    if _CRC.unpack_from(data, _FIELDS.size)[0] != crc32(fields):
        raise BadHeader("the header does not verify")
    magic, version, min_reader, store_id, generation, base, anchor = _FIELDS.unpack(
        fields
    )
    if min_reader > FORMAT_VERSION:
        raise StoreTooNew(file, min_reader, FORMAT_VERSION)
    return FileHeader(magic, store_id, generation, base, anchor, version, min_reader)
