"""Is a stream whole: every chunk and frame authentic, in its place, none missing.

Reads what is durable from its first entry to the newest, beside a running store. It
knows entry numbers; it must not know what an entry says.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from storage.errors import StoreCorrupt
from storage.files import Files
from storage.frames import Damage
from storage.journal import JournalFrame
from storage.loading import journal_start, require_continues
from storage.manifest import JournalRef, SegmentRef
from storage.records import decode_transaction
from storage.segments import read_blocks
from storage.state import Head
from storage.streams import DurableView

_ATTEMPTS: Final = 5


class Progress(NamedTuple):
    """How far a check has come: the entries up to number `last` are good."""

    file: str
    last: int


class Checked(NamedTuple):
    """What a check has found: the entries from `first` to `last` are good.

    Those before `first` were dropped. `fault` is why there are no more behind `last`;
    `head` is that of the commits that were read.
    """

    first: int
    last: int
    head: Head
    fault: StoreCorrupt | None = None

    @property
    def entries(self) -> int:
        """How many are good."""
        return self.last - self.first + 1

    @property
    def first_bad(self) -> int:
        """The number of the first entry that is lost, where there is a fault."""
        return self.last + 1


def check_stream(
    files: Files,
    view: Callable[[], DurableView],
    stream: str,
    step: Callable[[Progress], None],
) -> Checked:
    """Read a whole stream; `step` is called after each piece. Raises OSError.

    If a file is removed under it, by a checkpoint or because its entries are dropped, it
    begins again.
    """
    attempt = 0
    while True:
        attempt += 1
        check = _Check(files, view(), stream, step)
        try:
            return check.run()
        except FileNotFoundError:
            if attempt == _ATTEMPTS:
                raise


class _Check:
    def __init__(
        self,
        files: Files,
        view: DurableView,
        stream: str,
        step: Callable[[Progress], None],
    ) -> None:
        self._files = files
        self._view = view
        self._stream = stream
        self._step = step
        begins = view.manifest.beginning(stream)
        self._first = begins.last + 1
        self._last = begins.last
        self._anchor = begins.tag
        self._end = journal_start(view.manifest)

    def run(self) -> Checked:
        manifest, fault = self._view.manifest, None
        try:
            for segment in manifest.segments_of(self._stream):
                self._segment(segment)
            for journal in manifest.journals:
                self._journal(journal)
        except StoreCorrupt as error:
            fault = error
        end = self._end
        head = Head(manifest.store_id, manifest.epoch, end.sequence, end.tag)
        return Checked(self._first, self._last, head, fault)

    def _segment(self, ref: SegmentRef) -> None:
        if (ref.first, ref.anchor) != (self._last + 1, self._anchor):
            raise StoreCorrupt(ref.name, 0, None, "the segment is out of order")
        files = self._files
        cipher = files.cipher(ref.name, ref.key_id)
        with files.reading(ref.name) as file:
            for block in read_blocks(file, files.store_id, ref, cipher):
                self._last = block.first + len(block.packed) - 1
                self._step(Progress(ref.name, self._last))
        self._anchor = ref.tag

    def _journal(self, ref: JournalRef) -> None:
        end = self._view.end if ref.seal is None else ref.seal
        require_continues(ref, self._end)
        with self._files.reading(ref.name) as file:
            reader = self._files.journal_reader(file, ref)
            try:
                for frame in reader.frames(end.length):
                    self._frame(ref, frame)
            except Damage as damage:
                raise reader.corrupt(damage.offset, damage.reason) from damage
            if reader.end != end:
                raise reader.corrupt(reader.end.length, "the end is missing")
        self._end = end

    def _frame(self, ref: JournalRef, frame: JournalFrame) -> None:
        for fields in frame.transactions:
            for entry in decode_transaction(fields).entries:
                if entry.stream == self._stream:
                    self._number(ref, frame.offset, entry.sequence)
        self._end = frame.end
        self._step(Progress(ref.name, self._last))

    def _number(self, ref: JournalRef, offset: int, number: int) -> None:
        if number != self._last + 1:
            sequence = self._end.sequence
            reason = f"entry {self._last + 1} is missing"
            raise StoreCorrupt(ref.name, offset, sequence, reason)
        self._last = number
