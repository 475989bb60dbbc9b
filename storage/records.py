"""Transactions <-> bytes, as they lie inside a journal frame.

    transaction = [number, [put...], [deletion...], [entry...]]
    put         = [collection, id, packed document, {key field: value or values}]
    deletion    = [collection, id]
    entry       = [stream, sequence, packed entry]

Documents and entries are packed once and pass through here, the journal, the base and
memory as the same bytes. It knows nothing of frames or keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgpack

# A frame body is at most 16 MiB; the rest is for the frame's own fields, the cipher,
# and the columns of the base chunk that will carry the same documents.
MAX_TRANSACTION_BYTES = 16 * 1024 * 1024 - 64 * 1024

REVISION_BYTES = 8

GroupValue = str | list[str] | tuple[str, ...] | None
"""The group of a document, or several of them; None for no group."""


class PutRecord(NamedTuple):
    """A document as of one transaction."""

    collection: str
    id: str
    packed: bytes
    keys: dict[str, GroupValue]


class DeleteRecord(NamedTuple):
    """The end of a document."""

    collection: str
    id: str


class EntryRecord(NamedTuple):
    """An entry of a stream."""

    stream: str
    sequence: int
    packed: bytes


class TransactionRecord(NamedTuple):
    """All changes of one transaction."""

    number: int
    puts: list[PutRecord]
    deletions: list[DeleteRecord]
    entries: list[EntryRecord]


def decode_transaction(fields: list[Any]) -> TransactionRecord:
    """From unpacked msgpack. Raises ValueError or TypeError for another shape."""
    number, puts, deletions, entries = fields
    return TransactionRecord(
        number,
        [PutRecord(*put) for put in puts],
        [DeleteRecord(*deletion) for deletion in deletions],
        [EntryRecord(*entry) for entry in entries],
    )


def value_of(number: int, packed: bytes) -> bytes:
    """A document as memory and bases keep it: revision, then msgpack."""
    return number.to_bytes(REVISION_BYTES, "big") + packed


def revision_of(value: bytes | None) -> int:
    """The transaction that wrote the value; 0 for an absent document."""
    return 0 if value is None else int.from_bytes(value[:REVISION_BYTES], "big")


def document_of(value: bytes) -> dict[str, Any]:
    """The document inside a value, unpacked anew for every caller."""
    document: dict[str, Any] = msgpack.unpackb(
        value[REVISION_BYTES:], strict_map_key=False
    )
    return document


def unique_values(
    document: Mapping[str, Any], fields: tuple[str, ...]
) -> dict[str, str | None]:
    """The values of unique fields. Raises TypeError for one that is no text."""
    values = {}
    for field in fields:
        value = document.get(field)
        if value is not None and type(value) is not str:
            raise TypeError(f"field {field} must be a string or None")
        values[field] = value
    return values


def key_values(
    document: Mapping[str, Any], fields: tuple[str, ...]
) -> dict[str, GroupValue]:
    """The values of unique or grouped fields.

    Raises TypeError for one that is neither text nor distinct texts.
    """
    return {field: _key_value(document.get(field), field) for field in fields}


def _key_value(value: object, field: str) -> GroupValue:
    if value is None or type(value) is str:
        return value
    if not isinstance(value, list | tuple) or any(
        type(one) is not str for one in value
    ):
        raise TypeError(f"field {field} must be a string, strings or None")
    if len(set(value)) != len(value):
        raise TypeError(f"field {field} must not name a group twice")
    return tuple(value)


def groups_in(value: GroupValue) -> list[str] | tuple[str, ...]:
    """The groups that a value of a grouped field stands for."""
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value
