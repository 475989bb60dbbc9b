"""Compaction: old base + sealed journals -> new base and segments.

Works on immutable files only, never on the live tables, and in small steps with a pause
between, so that the loop's thread is not kept from the interpreter lock. Whatever it
writes is read back and verified before the MANIFEST names it.
"""

from __future__ import annotations

import errno
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, final

from storage.base import BaseWriter, base_header, base_name, read_base
from storage.chunks import CHUNK_BYTES, ChunkWriter
from storage.collection import Stream
from storage.durable import discard
from storage.errors import OutcomeUnknown
from storage.files import Files
from storage.headers import NO_TAG
from storage.journal_state import JournalState
from storage.manifest import (
    BaseRef,
    JournalRef,
    KeptFile,
    Manifest,
    Seal,
    SegmentRef,
)
from storage.records import decode_transaction
from storage.segment_index import IndexBuilder, index_name, write_index
from storage.segments import (
    PackedEntry,
    SegmentWriter,
    read_blocks,
    read_segment,
    segment_name,
    segment_number,
)
from storage.state import StoreOptions

FREE_SPACE_FACTOR: Final = 1.2
_BREATH_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction has made, verified and flushed, not yet in force."""

    base: BaseRef
    segments: tuple[SegmentRef, ...]
    next_transaction: int


@final
class Compaction:
    """One compaction; `run` is called once, in a thread of its own."""

    def __init__(
        self,
        files: Files,
        key_fields: dict[str, tuple[str, ...]],
        streams: Sequence[Stream],
        options: StoreOptions,
    ) -> None:
        """`key_fields` gives the unique and grouped fields of each collection."""
        self._files = files
        self._key_fields = key_fields
        self._indexed = {stream.name: stream for stream in streams if stream.indexed}
        self._options = options
        self._manifest = files.manifest
        self._sealed = self._manifest.journals[:-1]
        self._made: list[str] = []

    def run(self) -> None:
        """The new files are in force, durable, and unneeded ones gone on return.

        Raises OSError or StoreCorrupt with the old files in force and the new ones
        removed, OutcomeUnknown when either may be in force.
        """
        if self._nothing_to_do():
            self._put_in_force(None)
            return
        self._require_space()
        try:
            compacted = self._compact()
            self._put_in_force(compacted)
        except OutcomeUnknown:
            raise  # the MANIFEST on disk may name the new files
        except Exception:
            if self._files.manifest is self._manifest:
                self._remove_made()
            raise

    def _nothing_to_do(self) -> bool:
        active = self._files.ciphers.active_id
        old = any(ref.key_id != active for ref in self._manifest.segments)
        base = self._manifest.base
        return not self._sealed and not old and (base is None or base.key_id == active)

    def _require_space(self) -> None:
        base = self._manifest.base
        grown = sum(ref.seal.length for ref in self._sealed if ref.seal)
        wanted = FREE_SPACE_FACTOR * ((base.length if base else 0) + grown)
        if self._files.disk.free_bytes() < wanted:
            raise OSError(errno.ENOSPC, f"compaction needs {wanted:.0f} bytes of room")

    def _compact(self) -> Compacted:
        state = JournalState(self._key_fields)
        for ref in self._sealed:
            self._read_journal(ref, state)
        base = self._write_base(state)
        segments = self._write_segments(state)
        self._files.disk.fsync_directory()
        self._verify_base(base)
        for segment in segments:
            if segment.name in self._made:
                self._verify_segment(segment)
        number = max(self._manifest.next_transaction, state.last_transaction + 1)
        return Compacted(base, segments, number)

    def _read_journal(self, ref: JournalRef, state: JournalState) -> None:
        assert ref.seal is not None
        rested = 0
        with self._files.reading(ref.name) as file:
            reader = self._files.journal_reader(file, ref)
            for frame in reader.sealed_frames(ref.seal):
                for fields in frame.transactions:
                    state.apply(decode_transaction(fields))
                if frame.end.length - rested >= _BREATH_BYTES:
                    rested = frame.end.length
                    self._breathe()

    def _write_base(self, state: JournalState) -> BaseRef:
        files, manifest = self._files, self._manifest
        end = self._end()
        name = base_name(manifest.generation)
        header = base_header(
            manifest.store_id, manifest.generation, end.sequence, end.tag
        )
        key_id = files.ciphers.active_id
        self._made.append(name)
        chunks = ChunkWriter(files.disk, name, header, key_id, files.ciphers.active)
        try:
            writer = BaseWriter(chunks)
            self._stream_old_base(state, writer)
            for collection, changes in state.documents.items():
                for columns in changes.remaining(collection, CHUNK_BYTES):
                    writer.write(columns)
                    self._breathe()
            finished, documents = writer.finish()
        finally:
            chunks.close()
        return BaseRef(
            name,
            key_id,
            finished.length,
            finished.tag,
            end.sequence,
            end.tag,
            documents,
        )

    def _stream_old_base(self, state: JournalState, writer: BaseWriter) -> None:
        ref = self._manifest.base
        if ref is None:
            return
        cipher = self._files.cipher(ref.name, ref.key_id)
        with self._files.reading(ref.name) as file:
            for columns in read_base(file, self._manifest.store_id, ref, cipher):
                writer.write(state.documents[columns.collection].merge(columns))
                self._breathe()

    def _write_segments(self, state: JournalState) -> tuple[SegmentRef, ...]:
        streams = dict.fromkeys(ref.stream for ref in self._manifest.segments)
        streams |= dict.fromkeys(state.entries)
        segments: list[SegmentRef] = []
        for stream in streams:
            segments += self._write_stream(stream, state.entries.get(stream, []))
        return tuple(segments)

    def _write_stream(self, stream: str, entries: list[bytes]) -> Iterator[SegmentRef]:
        """The segments of a stream: kept ones, then re-written ones, then new."""
        old = self._manifest.segments_of(stream)
        kept = self._count_kept(old)
        yield from old[:kept]
        last = old[kept - 1] if kept else None
        stale = list(old[kept:])
        joined = bool(entries) and bool(stale) and self._is_small(stale[-1])
        for index, ref in enumerate(stale):
            tail = entries if joined and index == len(stale) - 1 else []
            source = self._entries_of(ref, tail)
            last = self._write_segment(stream, ref.first, last, old, source)
            yield last
        if entries and not joined:
            first = (old[-1].last if old else 0) + 1
            source = _numbered(first, entries)
            yield self._write_segment(stream, first, last, old, source)

    def _count_kept(self, segments: Sequence[SegmentRef]) -> int:
        """How many stay as they are: sealed under the active key, and full."""
        active = self._files.ciphers.active_id
        for index, ref in enumerate(segments):
            newest = index == len(segments) - 1
            if ref.key_id != active or (newest and self._is_small(ref)):
                return index
        return len(segments)

    def _is_small(self, ref: SegmentRef) -> bool:
        return ref.length < self._options.segment_bytes

    def _entries_of(self, ref: SegmentRef, tail: list[bytes]) -> Iterator[PackedEntry]:
        cipher = self._files.cipher(ref.name, ref.key_id)
        with self._files.reading(ref.name) as file:
            for chunk in read_segment(file, self._manifest.store_id, ref, cipher):
                yield from chunk
        yield from _numbered(ref.last + 1, tail)

    def _write_segment(
        self,
        stream: str,
        first: int,
        before: SegmentRef | None,
        old: Sequence[SegmentRef],
        entries: Iterator[PackedEntry],
    ) -> SegmentRef:
        highest = max((segment_number(ref.name) for ref in old), default=0)
        made = sum(name.rpartition("-")[0] == stream for name in self._made)
        plan = SegmentRef(
            stream=stream,
            name=segment_name(stream, highest + made + 1),
            key_id=self._files.ciphers.active_id,
            length=0,
            first=first,
            last=first - 1,
            anchor=(before or self._manifest.beginning(stream)).tag,
            tag=NO_TAG,
        )
        self._made.append(plan.name)
        cipher = self._files.ciphers.active
        discard(self._files.disk, plan.name)
        writer = SegmentWriter(self._files.disk, self._manifest.store_id, plan, cipher)
        try:
            for _ in writer.write(entries):
                self._breathe()
            return writer.finish()
        finally:
            writer.close()

    def _verify_base(self, base: BaseRef) -> None:
        """Read the new base back. Raises StoreCorrupt."""
        files, store_id = self._files, self._manifest.store_id
        with files.reading(base.name) as file:
            file.drop_cache()
            for _ in read_base(file, store_id, base, files.ciphers.active):
                self._breathe()

    def _verify_segment(self, segment: SegmentRef) -> None:
        """Read a new segment back, and index it on the way. Raises StoreCorrupt."""
        files, store_id = self._files, self._manifest.store_id
        stream = self._indexed.get(segment.stream)
        builder = None if stream is None else IndexBuilder(stream, segment)
        with files.reading(segment.name) as file:
            file.drop_cache()
            for block in read_blocks(file, store_id, segment, files.ciphers.active):
                if builder is not None:
                    builder.add(block)
                self._breathe()
        if builder is not None:
            self._write_index(segment, builder)

    def _write_index(self, segment: SegmentRef, builder: IndexBuilder) -> None:
        """Without an index a search takes longer: that must not fail a checkpoint."""
        parts = []
        for part in builder.encode(self._manifest.store_id, self._files.ciphers.active):
            parts.append(part)
            self._breathe()
        with suppress(OSError, OutcomeUnknown):
            write_index(self._files.disk, segment.name, b"".join(parts))

    def _put_in_force(self, compacted: Compacted | None) -> None:
        before = self._manifest

        def change(current: Manifest) -> Manifest:
            if compacted is None:
                return replace(current, previous=())
            return replace(
                current,
                base=compacted.base,
                segments=compacted.segments,
                journals=current.journals[len(self._sealed) :],
                next_transaction=compacted.next_transaction,
                previous=_replaced_files(before, self._sealed, compacted),
            )

        after = self._files.update(change)
        for name in sorted(before.files() - after.files()):
            self._discard(name)
        used = after.key_ids()
        self._files.update_keyring(lambda keyring: keyring.without_unused(used))

    def _remove_made(self) -> None:
        for name in self._made:
            self._discard(name)

    def _discard(self, name: str) -> None:
        if name.rpartition("-")[0] in self._indexed:
            discard(self._files.disk, index_name(name))
        discard(self._files.disk, name)

    def _end(self) -> Seal:
        """What the new base stands for."""
        if self._sealed:
            seal = self._sealed[-1].seal
            assert seal is not None
            return seal
        base = self._manifest.base
        if base is None:
            return Seal(0, NO_TAG, 0)
        return Seal(0, base.chain_tag, base.sequence)

    def _breathe(self) -> None:
        time.sleep(self._options.pause_s)


def _numbered(first: int, entries: list[bytes]) -> Iterator[PackedEntry]:
    for at, entry in enumerate(entries):
        yield PackedEntry(first + at, entry)


def _replaced_files(
    before: Manifest, sealed: Sequence[JournalRef], compacted: Compacted
) -> tuple[KeptFile, ...]:
    """The files that the new ones stand for, kept until the next checkpoint."""
    kept = [KeptFile(ref.name, ref.key_id) for ref in sealed]
    if before.base is not None:
        kept.append(KeptFile(before.base.name, before.base.key_id))
    names = {ref.name for ref in compacted.segments}
    kept += [
        KeptFile(ref.name, ref.key_id)
        for ref in before.segments
        if ref.name not in names
    ]
    return tuple(kept)
