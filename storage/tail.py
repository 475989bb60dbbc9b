"""The entries that are in no segment yet, gathered in memory as they are asked for.

    journals -> packed entries -> blocks: compressed, with their terms and times

It reads what is durable in the journals, from where it stopped the last time; commits
know nothing of it. Blocks that a checkpoint has put into a segment are forgotten. It
knows journals and terms; it must not know what an entry says.
"""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_left
from collections.abc import Callable
from typing import Final, NamedTuple, final

import msgpack

from storage.collection import Stream
from storage.files import Files
from storage.frames import Damage
from storage.headers import HEADER_BYTES
from storage.journal import JournalFrame
from storage.manifest import JournalRef, Seal
from storage.records import decode_transaction
from storage.segments import BLOCK_BYTES
from storage.streams import DurableView
from storage.terms import Span, summary

_COMPRESSION_LEVEL: Final = 1


class TailBlock(NamedTuple):
    """A run of entries; `terms` is sorted, None where nothing is known of them."""

    first: int
    last: int
    content: bytes
    terms: array[int] | None
    span: Span | None

    def packed(self) -> list[bytes]:
        """The packed entries."""
        entries: list[bytes] = msgpack.unpackb(zlib.decompress(self.content))
        return entries

    def may_hold(self, term: int) -> bool:
        """False only if no entry has the term."""
        if self.terms is None:
            return True
        at = bisect_left(self.terms, term)
        return at < len(self.terms) and self.terms[at] == term


@final
class Tail:
    """The newest entries of one stream. Used by one thread at a time."""

    def __init__(self, files: Files, stream: Stream) -> None:
        self._files = files
        self._stream = stream
        self._forget()

    def _forget(self) -> None:
        self._journal = ""
        self._end = Seal(0, b"", 0)
        self._blocks: list[TailBlock] = []
        self._open: list[bytes] = []
        self._open_bytes = 0
        self._next = 0

    def blocks(self) -> list[TailBlock]:
        """All blocks, the newest first."""
        blocks = self._blocks[::-1]
        if self._open:
            content = zlib.compress(msgpack.packb(self._open), 0)
            first = self._next - len(self._open)
            blocks.insert(0, TailBlock(first, self._next - 1, content, None, None))
        return blocks

    def catch_up(
        self, view: DurableView, spend: Callable[[int], bool], rest: Callable[[], None]
    ) -> bool:
        """Read on to the end of `view`; False if `spend`, told of bytes, forbids it.

        Raises StoreCorrupt, or OSError when a checkpoint has removed a journal.
        """
        journals = view.manifest.journals
        names = [ref.name for ref in journals]
        if self._journal not in names:
            self._forget()
            self._journal = names[0]
        self._drop_sealed(view)
        for ref in journals[names.index(self._journal) :]:
            end = view.end if ref.seal is None else ref.seal
            if ref.name != self._journal:
                self._journal, self._end = ref.name, Seal(0, b"", 0)
            if self._end.length < end.length and not self._read(ref, end, spend, rest):
                return False
        return True

    def _drop_sealed(self, view: DurableView) -> None:
        segments = view.manifest.segments_of(self._stream.name)
        last = segments[-1].last if segments else 0
        while self._blocks and self._blocks[0].last <= last:
            del self._blocks[0]
        if self._next - 1 <= last:
            self._open, self._open_bytes = [], 0

    def _read(
        self,
        ref: JournalRef,
        end: Seal,
        spend: Callable[[int], bool],
        rest: Callable[[], None],
    ) -> bool:
        with self._files.reading(ref.name) as file:
            reader = self._files.journal_reader(file, ref)
            if self._end.length > HEADER_BYTES:
                reader.end = self._end
            try:
                for frame in reader.frames(end.length):
                    if self._add_all(frame):
                        rest()
                    read = frame.end.length - self._end.length
                    self._end = frame.end
                    if not spend(read) and frame.end.length < end.length:
                        return False
            except Damage as damage:
                raise reader.corrupt(damage.offset, damage.reason) from damage
        return True

    def _add_all(self, frame: JournalFrame) -> bool:
        """Take over the entries of a frame; whether they filled a block."""
        blocks = len(self._blocks)
        for fields in frame.transactions:
            for entry in decode_transaction(fields).entries:
                if entry.stream == self._stream.name:
                    self._add(entry.sequence, entry.packed)
                    if self._open_bytes >= BLOCK_BYTES:
                        self._close_block()
        return len(self._blocks) > blocks

    def _add(self, sequence: int, packed: bytes) -> None:
        self._open.append(packed)
        self._open_bytes += len(packed)
        self._next = sequence + 1

    def _close_block(self) -> None:
        entries, self._open = self._open, []
        self._open_bytes = 0
        terms, span = summary(self._stream, entries)
        content = zlib.compress(msgpack.packb(entries), _COMPRESSION_LEVEL)
        first = self._next - len(entries)
        block = TailBlock(
            first, self._next - 1, content, array("Q", sorted(terms)), span
        )
        self._blocks.append(block)
