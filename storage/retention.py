"""Dropping the oldest entries of a stream, a whole segment at a time.

    find    the leading segments of which every entry is old, each read and verified
    copy    into an archive, if there is one
    drop    a MANIFEST without them, that says where the stream begins: the commit point
            then their files are removed

The newest segment always stays. What was dropped leaves its last number and the tag that
it ended with: the first segment that stays continues that tag. It knows the text that
grows with time; it must not know what an entry says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, NamedTuple

import msgpack

from storage.archive import archive_segment
from storage.collection import Stream
from storage.disk import Disk
from storage.durable import discard
from storage.errors import Misuse
from storage.files import Files
from storage.manifest import Dropped, Manifest, SegmentRef
from storage.segment_index import index_name
from storage.segments import read_blocks

READ_BYTES_MAX: Final = 256 * 1024 * 1024
"""What one look reads, but for its last segment."""


class Expired(NamedTuple):
    """Whole segments that are old: entries up to number `through`.

    `entries` is how many they are, `newest` the greatest text of their timed field.
    """

    through: int
    entries: int
    newest: str


def find_expired(
    files: Files, stream: Stream, before: str, rest: Callable[[], None]
) -> Expired | None:
    """The leading segments with nothing but times under `before`; None for none.

    An entry without a time is not old. `rest` is called after each chunk. Raises
    StoreCorrupt for a segment that does not verify, and OSError, FileNotFoundError where
    a checkpoint has just removed one.
    """
    timed, manifest = stream.timed, files.manifest
    if timed is None:
        raise Misuse(f"the entries of {stream.name} have no age")
    read, through, newest = 0, 0, ""
    for ref in manifest.segments_of(stream.name)[:-1]:
        greatest = _greatest_time(files, timed, ref, before, rest)
        if greatest is None:
            break
        through, newest = ref.last, max(newest, greatest)
        read += ref.length
        if read >= READ_BYTES_MAX:
            break
    begin = manifest.beginning(stream.name).last
    return Expired(through, through - begin, newest) if through else None


def drop_through(
    files: Files, stream: str, through: int, archive: Disk | None = None
) -> None:
    """Drop the segments up to entry `through`, durable on return.

    With an `archive` copies are there before. Raises OSError with nothing dropped,
    OutcomeUnknown when it may be.
    """
    old = _leading(files.manifest, stream, through)
    if not old:
        return
    if archive is not None:
        for ref in old:
            archive_segment(files, ref, archive)
    after = files.update(lambda manifest: _without(manifest, stream, through))
    for ref in old:
        if ref.name not in after.files():
            discard(files.disk, index_name(ref.name))
            discard(files.disk, ref.name)


def _greatest_time(
    files: Files, timed: str, ref: SegmentRef, before: str, rest: Callable[[], None]
) -> str | None:
    """Of a segment that is old altogether; None for another, mostly told at once."""
    greatest = ""
    cipher = files.cipher(ref.name, ref.key_id)
    with files.reading(ref.name) as file:
        for block in read_blocks(file, files.store_id, ref, cipher):
            for packed in block.packed:
                entry: dict[str, Any] = msgpack.unpackb(packed, strict_map_key=False)
                at = entry.get(timed)
                if type(at) is not str or at >= before:
                    return None
                greatest = max(greatest, at)
            rest()
    return greatest


def _leading(manifest: Manifest, stream: str, through: int) -> tuple[SegmentRef, ...]:
    segments = manifest.segments_of(stream)[:-1]
    return tuple(ref for ref in segments if ref.last <= through)


def _without(manifest: Manifest, stream: str, through: int) -> Manifest:
    old = _leading(manifest, stream, through)
    begins = Dropped(stream, old[-1].last, old[-1].tag)
    others = [one for one in manifest.dropped if one.stream != stream]
    return replace(
        manifest,
        segments=tuple(ref for ref in manifest.segments if ref not in old),
        dropped=(*others, begins),
    )
