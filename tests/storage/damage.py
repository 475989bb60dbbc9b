"""A small store to be damaged, and the verdict on what is left of it."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Final, NamedTuple

from storage.disk import LOCK_NAME
from storage.errors import CannotOpen, StoreCorrupt
from storage.frames import Frame, encode_frame, read_frames
from storage.headers import HEADER_BYTES
from storage.keyring import KEYRING_NAME
from storage.loading import stored_keyring, unlock_files
from storage.manifest import MANIFEST_NAME
from storage.store import Store
from tests.storage.doubles import MemoryDisk
from tests.storage.memory_disk import Image
from tests.storage.model import (
    AUDIT,
    MASTER,
    NOTES,
    USERS,
    Append,
    Checkpoint,
    Commit,
    History,
    PowerCut,
    Put,
    Step,
    commit,
    contents_of_store,
    open_store,
    run,
    user,
)
from tests.storage.session import Session


def numbered_commit(number: int) -> Commit:
    note = Put(NOTES.name, {"id": "c", "n": number})
    person = Put(USERS.name, user(number, number, f"name-{number}", 8))
    return Commit((person, note, Append({"commit": number})))


STEPS: list[Step] = [
    numbered_commit(1),
    Checkpoint(),
    numbered_commit(2),
    PowerCut(),
    numbered_commit(3),
    numbered_commit(4),
    numbered_commit(5),
]
HISTORY = History.of(STEPS)
ALL = len(HISTORY.states) - 1
MANIFEST_FRAME_AT = 32  # behind its plain header
BEFORE_OPEN_JOURNAL = 2  # commits that the base and the sealed journal hold


class Small(NamedTuple):
    """A small store and the names of its files."""

    image: Image
    journal: str  # the open one
    sealed: str
    base: str
    segment: str
    kept: frozenset[str]  # only for repair

    def content(self, name: str) -> bytes:
        content = self.image[name]
        assert isinstance(content, bytes)
        return content

    @property
    def files(self) -> list[str]:
        """All files whose bytes matter: an index is made anew when it is bad."""
        indexes = {name for name in self.image if name.endswith(".index")}
        others = {LOCK_NAME, *self.kept, *indexes}
        return [
            name
            for name, content in self.image.items()
            if isinstance(content, bytes) and name not in others
        ]


@cache
def small_store(*, clean: bool, other: bool = False) -> Small:
    """`other` is a second store with the same commits under the same password."""
    del other  # distinguishes the cached stores only

    async def scenario() -> Image:
        session = Session([*STEPS])
        session.enough = lambda: session.step == len(STEPS) and not clean
        session._create()
        for step in STEPS:
            await session._step(step)
        running = session.disk.image()
        assert session.store is not None
        await session.store.close()
        return session.disk.image() if clean else running

    return describe(run(scenario()))


def describe(image: Image) -> Small:
    disk = MemoryDisk(image)
    manifest = unlock_files(disk, stored_keyring(disk), MASTER).manifest
    assert manifest.base is not None
    return Small(
        image,
        journal=manifest.journals[-1].name,
        sealed=manifest.journals[0].name,
        base=manifest.base.name,
        segment=manifest.segments[0].name,
        kept=frozenset(file.name for file in manifest.previous),
    )


LATE: Final = -1
Verdict = type[CannotOpen] | int
"""The error that refuses a store; LATE for one that opens, but refuses to give entries;
or how many commits the opened store contains."""


def verdict(image: Image) -> Verdict:
    """Open a corrupted store. A refusal must modify nothing, success tell the truth."""
    disk = MemoryDisk(image)
    try:
        store = open_store(disk)
    except CannotOpen as error:
        assert without_lock(disk.image()) == without_lock(image), "a refusal modified"
        return type(error)
    try:
        contents = contents_of_store(store)
    except StoreCorrupt as error:
        # What is inside a segment is verified when it is read, not at the start.
        return LATE if error.file.startswith(f"{AUDIT.name}-") else ALL + 1
    position = HISTORY.position(store)
    assert position is not None, "the documents are of no state that ever was"
    same = HISTORY.shows(contents, position)
    assert same, "the contents are of no state that ever was"
    return position


def without_lock(image: Image) -> Image:
    return {name: content for name, content in image.items() if name != LOCK_NAME}


def mended(image: Image, position: int) -> Store:
    """A corrupted store that opens, writes again and is read back."""

    async def scenario() -> None:
        store.start(asyncio.get_running_loop())
        for change in (numbered_commit(ALL + 1), numbered_commit(ALL + 2)):
            await commit(store, change)
        await store.close()

    disk = MemoryDisk(image)
    store = open_store(disk)
    run(scenario())
    wanted = (
        HISTORY.states[position]
        .after(numbered_commit(ALL + 1))
        .after(numbered_commit(ALL + 2))
    )
    again = open_store(disk)
    assert again.recovery.clean
    assert again.recovery.keyring_repaired is None
    found = contents_of_store(again)
    assert found == wanted.without(found.dropped)
    return store


FILES = ("keyring", "MANIFEST", "journal", "sealed", "base", "segment")


def name_in(small: Small, file: str) -> str:
    return {
        "keyring": KEYRING_NAME,
        "MANIFEST": MANIFEST_NAME,
        "journal": small.journal,
        "sealed": small.sealed,
        "base": small.base,
        "segment": small.segment,
    }[file]


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def one_bit_per_byte(content: bytes) -> range:
    """Every bit position in turn, for where all bits were flipped elsewhere."""
    return range(0, 8 * len(content), 9)


def frames_of(content: bytes) -> list[Frame]:
    def read(offset: int, length: int) -> bytes:
        return content[offset : offset + length]

    return list(read_frames(read, HEADER_BYTES, len(content)))


def pieces_of(content: bytes) -> list[bytes]:
    """The header of a file, then its frames."""
    frames = [content[frame.offset : frame.end] for frame in frames_of(content)]
    return [content[:HEADER_BYTES], *frames]


def forged(content: bytes, frame: Frame, body: bytes) -> bytes:
    """The file with another body in one frame, all CRCs right."""
    false = encode_frame(frame.key_id, body)
    return content[: frame.offset] + false + content[frame.end :]
