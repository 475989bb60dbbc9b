"""What a power cut may leave: enumeration of crash states from the log of a MemoryDisk.

The fault model, for files: of what was not flushed since the last successful flush, any
subset of the writes and truncations may be lost; a write may be torn at any 512-byte
sector of the file and, where it extends the file, at any byte; the length may have
grown while sectors below it are still zero. For directories: any subset of the names
made, replaced or removed since the last flush of the directory may be lost, and a
flushed file says nothing about its name. What was flushed stays.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from random import Random

from tests.storage.memory_disk import (
    ROOT,
    Created,
    DirectorySynced,
    Image,
    Lost,
    MadeDirectory,
    Mark,
    MemoryDisk,
    Operation,
    Renamed,
    Synced,
    Truncated,
    Unlinked,
    Written,
)

SECTOR_BYTES = 512
ALL_SUBSETS_UP_TO = 4

FileOperation = Written | Truncated
NameOperation = Created | MadeDirectory | Renamed | Unlinked
Names = dict[str, int]
LostSectors = frozenset[tuple[int, int]]  # (index of the write, sector of the file)


class Replay:
    """What is durable, and what is not yet, at one point of a log."""

    def __init__(self, disk: MemoryDisk) -> None:
        machine = disk.machine
        self.files = dict(machine.files)
        self.names = {number: dict(names) for number, names in machine.names.items()}
        self.pending: dict[int, list[FileOperation]] = defaultdict(list)
        self.pending_names: dict[int, list[NameOperation]] = defaultdict(list)

    def advance(self, operation: Operation) -> None:
        match operation:
            case Written(inode) | Truncated(inode):
                self.pending[inode].append(operation)
            case Synced(inode):
                self.files[inode] = apply(
                    self.files[inode], self.pending.pop(inode, [])
                )
            case Lost(inode):
                self.pending.pop(inode, None)
            case DirectorySynced(directory):
                changes = self.pending_names.pop(directory, [])
                self.names[directory] = apply_names(self.names[directory], changes)
            case Mark():
                pass
            case _:
                if isinstance(operation, Created):
                    self.files[operation.inode] = b""
                if isinstance(operation, MadeDirectory):
                    self.names[operation.inode] = {}
                self.pending_names[operation.directory].append(operation)

    @property
    def settled(self) -> bool:
        """True when a power cut can leave one state only."""
        return not self.pending and not self.pending_names

    def durable(self) -> Image:
        """Everything that is not flushed is lost."""
        return self._image({}, self.names)

    def states(self, random: Random, limit: int) -> Iterator[Image]:
        """Up to about `limit` states; the telling ones first, not all distinct."""
        contents = {
            inode: list(contents_of(self.files[inode], changes, random, limit))
            for inode, changes in self.pending.items()
        }
        listings = {
            directory: list(listings_of(self.names[directory], changes, random))
            for directory, changes in self.pending_names.items()
        }
        yield from itertools.islice(self._systematic(contents, listings), limit)
        for _ in range(limit // 4 if len(contents) + len(listings) > 1 else 0):
            yield self._image(
                {inode: random.choice(some) for inode, some in contents.items()},
                self.names | {d: random.choice(some) for d, some in listings.items()},
            )

    def _systematic(
        self, contents: dict[int, list[bytes]], listings: dict[int, list[Names]]
    ) -> Iterator[Image]:
        """Nothing lost, all lost, and every variant of one thing with those two."""
        whole = {inode: some[0] for inode, some in contents.items()}
        named = self.names | {d: some[0] for d, some in listings.items()}
        yield self._image(whole, named)
        yield self.durable()
        yield self._image(whole, self.names)
        yield self._image({}, named)
        for directory, variants in listings.items():
            for names in variants[1:]:
                yield self._image(whole, named | {directory: names})
                yield self._image({}, named | {directory: names})
        longest = max(map(len, contents.values()), default=0)
        for turn in range(1, longest):
            for inode, some in contents.items():
                if turn < len(some):
                    yield self._image({**whole, inode: some[turn]}, named)

    def _image(self, files: dict[int, bytes], names: dict[int, Names]) -> Image:
        def directory(number: int) -> Image:
            return {
                name: directory(inode)
                if inode in names
                else files.get(inode, self.files.get(inode, b""))
                for name, inode in names[number].items()
            }

        return directory(ROOT)


def apply(
    data: bytes, changes: list[FileOperation], lost: LostSectors = frozenset()
) -> bytes:
    """A file after `changes`; a lost sector keeps what was below, or zeros."""
    result = bytearray(data)
    for index, change in enumerate(changes):
        if isinstance(change, Truncated):
            del result[change.length :]
            result.extend(bytes(change.length - len(result)))
            continue
        end = change.offset + len(change.data)
        result.extend(bytes(max(0, end - len(result))))
        for sector, begin, stop in pieces(change):
            if (index, sector) not in lost:
                piece = change.data[begin - change.offset : stop - change.offset]
                result[begin:stop] = piece
    return bytes(result)


def pieces(write: Written) -> Iterator[tuple[int, int, int]]:
    """The sectors of a write: number, first byte in the file, end in the file."""
    begin, end = write.offset, write.offset + len(write.data)
    while begin < end:
        stop = min(end, begin - begin % SECTOR_BYTES + SECTOR_BYTES)
        yield begin // SECTOR_BYTES, begin, stop
        begin = stop


def apply_names(names: Names, changes: list[NameOperation]) -> Names:
    """A directory after `changes`."""
    result = dict(names)
    for change in changes:
        match change:
            case Unlinked(_, name):
                result.pop(name, None)
            case Renamed(_, source, target, inode):
                result.pop(source, None)
                result[target] = inode
            case Created(_, name, inode) | MadeDirectory(_, name, inode):
                result[name] = inode
    return result


def contents_of(
    data: bytes, changes: list[FileOperation], random: Random, limit: int
) -> Iterator[bytes]:
    """What may be left of a file: first with all changes, then with none, then more."""
    whole = apply(data, changes)
    yield whole
    yield data
    for kept in subsets(len(changes), random):
        yield apply(data, [changes[index] for index in kept])
    sectors = [
        (index, sector)
        for index, change in enumerate(changes)
        if isinstance(change, Written)
        for sector, _, _ in pieces(change)
    ]
    for lost in lost_sectors(sectors, random, limit // 3):
        torn = apply(data, changes, lost)
        yield torn
        if len(torn) > len(data):
            yield torn[: random.randrange(len(data), len(torn))]
    grown = range(len(data) + 1, len(whole))
    for length in random.sample(grown, min(len(grown), limit // 2)):
        yield whole[:length]


def lost_sectors(
    sectors: list[tuple[int, int]], random: Random, limit: int
) -> Iterator[LostSectors]:
    """All sectors, all from one on, each alone, all but one, some at random."""
    yield frozenset(sectors)
    if len(sectors) == 1:
        return
    some = sectors if len(sectors) <= limit else random.sample(sectors, limit)
    for sector in some:
        at = sectors.index(sector)
        yield frozenset(sectors[at:])
        yield frozenset([sector])
        yield frozenset(sectors) - {sector}
    for _ in range(min(limit, 2 ** len(sectors)) if len(sectors) > 2 else 0):
        yield frozenset(sector for sector in sectors if random.random() < 0.5)


def listings_of(
    names: Names, changes: list[NameOperation], random: Random
) -> Iterator[Names]:
    """What may be left of a directory: first with all changes, then with none."""
    yield apply_names(names, changes)
    yield names
    for kept in subsets(len(changes), random):
        yield apply_names(names, [changes[index] for index in kept])


def subsets(count: int, random: Random) -> Iterator[tuple[int, ...]]:
    """Proper, non-empty subsets of `count` changes; of many only a selection."""
    if count <= ALL_SUBSETS_UP_TO:
        for size in range(1, count):
            yield from itertools.combinations(range(count), size)
        return
    for size in range(1, count):
        yield tuple(range(size))
        yield tuple(range(count - size, count))
    for missing in range(count):
        yield tuple(index for index in range(count) if index != missing)
    for _ in range(2 * count):
        yield tuple(index for index in range(count) if random.random() < 0.5)


def fingerprint(image: Image) -> bytes:
    """Equal for equal states only."""
    digest = hashlib.blake2b(digest_size=16)
    for name, content in sorted(image.items()):
        inner = _digest(content) if isinstance(content, bytes) else fingerprint(content)
        digest.update(f"{name}\0{type(content).__name__}\0".encode() + inner)
    return digest.digest()


@lru_cache(maxsize=256)
def _digest(content: bytes) -> bytes:
    """Most files of a state are the same objects as in the one before."""
    return hashlib.blake2b(content, digest_size=16).digest()


def durable_image(disk: MemoryDisk) -> Image:
    """What is left when a power cut takes everything that was not flushed."""
    replay = Replay(disk)
    for operation in disk.log:
        replay.advance(operation)
    return replay.durable()
