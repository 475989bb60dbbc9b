"""Finding entries of a stream, the newest first, by reading a few chunks of many.

    tail (journals) -> segments, each by its index -> chunk -> entry compared

Runs in any thread while the store runs; a lock guards what threads share. An index that
is missing or does not verify is made anew from its segment. It knows terms and numbers;
it must not know what an entry says.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Final, NamedTuple, final

from storage.collection import Entry, Stream
from storage.errors import OutcomeUnknown
from storage.files import Files
from storage.manifest import SegmentRef
from storage.segment_index import (
    BadIndex,
    IndexBuilder,
    IndexedBlock,
    SegmentIndex,
    index_name,
    write_index,
)
from storage.segments import read_block, read_blocks
from storage.streams import DurableView
from storage.tail import Tail, TailBlock
from storage.terms import Search, matching, numbered, term

NEWEST: Final = 2**53
"""Above the number of any entry; what every JSON reader represents exactly."""
_POSTING_BYTES: Final = 4096  # what a look into one index counts for


class Page(NamedTuple):
    """What one search has found, the newest first.

    `below` is where to go on, None at the end. A page may be empty and not the last:
    then what it was allowed to read was used up.
    """

    entries: list[Entry]
    below: int | None


class _Run(NamedTuple):
    """Some entries that were looked at, packed."""

    first: int
    packed: list[bytes]


class _Gathering:
    """One search on its way: what was found, how far it is, what it may still read."""

    def __init__(
        self,
        search: Search,
        stream: Stream,
        below: int,
        limit: int,
        read_bytes_max: int,
    ) -> None:
        self.search = search
        self.terms = [
            [term(pair) for pair in clause]
            for clause in search.clauses
            if all(field in stream.indexed for field, _ in clause)
        ]
        self.below = below
        self.found: list[Entry] = []
        self._timed = stream.timed
        self._needles = search.needles()
        self._limit = limit
        self._left = read_bytes_max

    def spend(self, count: int) -> bool:
        """Count bytes that were read; whether more may be."""
        self._left -= count
        return self._left > 0

    def may_go_on(self) -> bool:
        """Whether neither the page is full nor the allowance used up."""
        return len(self.found) < self._limit and self._left > 0

    def take(self, run: _Run) -> None:
        """Add what is wanted of a run, the newest first."""
        for entry in numbered(run.first, run.packed):
            if entry.sequence >= self.below:
                continue
            data = matching(self.search, self._needles, entry.packed, self._timed)
            if data is not None:
                self.found.append(Entry(entry.sequence, data))
                if len(self.found) == self._limit:
                    self.below = entry.sequence
                    return
        self.below = min(self.below, run.first)

    def page(self) -> Page:
        """What was found, and where to go on."""
        return Page(self.found, None if self.below <= 1 else self.below)


@final
class Searcher:
    """Searches one stream. Any thread may use it."""

    def __init__(
        self,
        files: Files,
        view: Callable[[], DurableView],
        stream: Stream,
        pause_s: float,
    ) -> None:
        self._files = files
        self._view = view
        self._stream = stream
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._tail = Tail(files, stream)
        self._indexes: dict[str, SegmentIndex] = {}

    def search(
        self, search: Search, *, below: int, limit: int, read_bytes_max: int
    ) -> Page:
        """Up to `limit` entries with a number under `below`.

        Raises StoreCorrupt or OSError.
        """
        gathering = _Gathering(search, self._stream, below, limit, read_bytes_max)
        while True:
            try:
                for run in self._runs(gathering):
                    gathering.take(run)
                    if not gathering.may_go_on():
                        return gathering.page()
            except FileNotFoundError as error:
                # A checkpoint may have removed it; its entries are elsewhere then.
                if _name(error) in self._view().manifest.files():
                    raise
            else:
                return Page(gathering.found, None)

    def _runs(self, want: _Gathering) -> Iterator[_Run]:
        """Runs of entries that may be wanted, the newest first; some are empty."""
        with self._lock:
            view = self._view()
            segments = view.manifest.segments_of(self._stream.name)
            sealed = segments[-1].last if segments else 0
            complete, blocks = True, list[TailBlock]()
            if want.below > sealed + 1:
                complete = self._tail.catch_up(view, want.spend, self._rest)
                blocks = self._tail.blocks()
        if not complete:
            yield _Run(want.below, [])
        for block in blocks:
            timely = block.span is None or want.search.meets(block.span)
            if not timely or block.first >= want.below or block.last <= sealed:
                continue
            if all(any(map(block.may_hold, any_of)) for any_of in want.terms):
                want.spend(len(block.content))
                yield _Run(block.first, block.packed())
        for segment in reversed(segments):
            if segment.first < want.below:
                yield from self._of_segment(segment, want)

    def _of_segment(self, ref: SegmentRef, want: _Gathering) -> Iterator[_Run]:
        try:
            yield from self._by_index(ref, self._index(ref, want), want)
        except BadIndex:
            with self._lock:
                self._indexes.pop(ref.name, None)
                index = self._make(ref, want)
            yield from self._by_index(ref, index, want)
        yield _Run(ref.first, [])

    def _by_index(
        self, ref: SegmentRef, index: SegmentIndex, want: _Gathering
    ) -> Iterator[_Run]:
        """Raises BadIndex when it leads to anything but the chunks it tells of."""
        numbers = self._chosen(index, want)
        want.spend(_POSTING_BYTES * (1 + len(want.terms)))
        cipher = self._files.cipher(ref.name, ref.key_id)
        with self._files.reading(ref.name) as file:
            for number in numbers:
                place, first, _ = index.blocks[number]
                try:
                    block = read_block(file, ref, cipher, place)
                except ValueError as error:
                    raise BadIndex(str(error)) from error
                want.spend(place.length)
                self._rest()
                yield _Run(first, block.packed)

    def _chosen(self, index: SegmentIndex, want: _Gathering) -> list[int]:
        """The chunks to be read, the newest first."""

        def timely(block: IndexedBlock) -> bool:
            return block.first < want.below and want.search.meets(block.span)

        chosen = {at for at, block in enumerate(index.blocks) if timely(block)}
        for any_of in want.terms:
            if not chosen:
                break
            chosen &= set[int]().union(*map(index.blocks_with, any_of))
        return sorted(chosen, reverse=True)

    def _index(self, ref: SegmentRef, want: _Gathering) -> SegmentIndex:
        """The index of a segment, made if there is none that verifies."""
        with self._lock:
            index = self._indexes.get(ref.name)
            if index is None:
                try:
                    index = self._load(ref)
                    want.spend(index.length)
                except BadIndex:
                    return self._make(ref, want)
                self._keep(ref, index)
            return index

    def _load(self, ref: SegmentRef) -> SegmentIndex:
        name, files = index_name(ref.name), self._files

        def read(offset: int, length: int) -> bytes:
            try:
                with files.reading(name) as file:
                    return file.read_at(offset, length)
            except OSError as error:
                raise BadIndex(f"it cannot be read: {error}") from error

        return self._open(read, ref)

    def _make(self, ref: SegmentRef, want: _Gathering) -> SegmentIndex:
        """Read the whole segment. The index is kept in memory if not on disk."""
        want.spend(ref.length)
        files, builder = self._files, IndexBuilder(self._stream, ref)
        cipher = files.cipher(ref.name, ref.key_id)
        with files.reading(ref.name) as file:
            for block in read_blocks(file, files.store_id, ref, cipher):
                builder.add(block)
                self._rest()
        data = b"".join(builder.encode(files.store_id, cipher))
        index = self._open(lambda at, length: data[at : at + length], ref)
        with suppress(OSError, OutcomeUnknown, BadIndex):
            write_index(files.disk, ref.name, data)
            index = self._load(ref)
        self._keep(ref, index)
        return index

    def _open(self, read: Callable[[int, int], bytes], ref: SegmentRef) -> SegmentIndex:
        cipher = self._files.cipher(ref.name, ref.key_id)
        return SegmentIndex(read, self._files.store_id, self._stream, ref, cipher)

    def _keep(self, ref: SegmentRef, index: SegmentIndex) -> None:
        """Remember an index, and forget those of segments that are gone."""
        self._indexes[ref.name] = index
        segments = self._view().manifest.segments_of(self._stream.name)
        for name in self._indexes.keys() - {segment.name for segment in segments}:
            del self._indexes[name]

    def _rest(self) -> None:
        """Leave the interpreter to the loop for a moment."""
        time.sleep(self._pause_s)


def _name(error: OSError) -> str:
    return str(error.filename).rpartition("/")[2]
