"""Reading the entries of a stream: segments first, then the journals.

Reads files only, never memory, so any thread may read while the store runs. A
checkpoint may remove a file between two reads; the reader then looks at the MANIFEST
again and continues behind the last entry it has given. It knows entry numbers; it must
not know what an entry says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import msgpack

from storage.collection import Entry
from storage.files import Files
from storage.manifest import JournalRef, Manifest, Seal
from storage.records import decode_transaction
from storage.segments import PackedEntry, read_segment


class DurableView(NamedTuple):
    """A consistent set of files, and how far the open journal is durable."""

    manifest: Manifest
    end: Seal


def read_entries(
    files: Files, view: Callable[[], DurableView], stream: str, after: int
) -> Iterator[Entry]:
    """The durable entries behind number `after`. Raises StoreCorrupt or OSError."""
    complete = False
    while not complete:
        try:
            for entry in _read(files, view(), stream, after):
                after = entry.sequence
                yield Entry(after, msgpack.unpackb(entry.packed, strict_map_key=False))
            complete = True
        except FileNotFoundError as error:
            if str(error.filename).rpartition("/")[2] in view().manifest.files():
                raise


def _read(
    files: Files, view: DurableView, stream: str, after: int
) -> Iterator[PackedEntry]:
    for segment in view.manifest.segments_of(stream):
        if segment.last <= after:
            continue
        cipher = files.cipher(segment.name, segment.key_id)
        with files.reading(segment.name) as file:
            for chunk in read_segment(file, files.store_id, segment, cipher):
                yield from (entry for entry in chunk if entry.sequence > after)
    for journal in view.manifest.journals:
        end = view.end if journal.seal is None else journal.seal
        yield from _read_journal(files, journal, end, stream, after)


def _read_journal(
    files: Files, ref: JournalRef, end: Seal, stream: str, after: int
) -> Iterator[PackedEntry]:
    with files.reading(ref.name) as file:
        reader = files.journal_reader(file, ref)
        for frame in reader.frames(end.length):
            for fields in frame.transactions:
                for entry in decode_transaction(fields).entries:
                    if entry.stream == stream and entry.sequence > after:
                        yield PackedEntry(entry.sequence, entry.packed)
