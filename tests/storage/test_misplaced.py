"""Frames and files that are whole but out of place: every one is refused.

Removed, swapped, repeated, forged, taken from another store, generation or continuation;
whole files exchanged, deleted, or older than the rest.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator

import pytest

from storage.errors import (
    ForeignKeyring,
    KeyringCorrupt,
    StoreCorrupt,
)
from storage.frames import encode_frame
from storage.keyring import KEYRING_NAME
from storage.manifest import MANIFEST_NAME
from storage.store import Store
from tests.storage.damage import (
    ALL,
    FILES,
    LATE,
    MANIFEST_FRAME_AT,
    STEPS,
    flipped,
    forged,
    frames_of,
    name_in,
    numbered_commit,
    one_bit_per_byte,
    pieces_of,
    small_store,
    verdict,
)
from tests.storage.doubles import MemoryDisk
from tests.storage.memory_disk import Image
from tests.storage.model import (
    Append,
    Checkpoint,
    Commit,
    History,
    Restart,
    Step,
    commit,
    open_store,
    run,
)
from tests.storage.session import Session

# Frames out of place


Rearranged = Iterator[tuple[str, list[bytes]]]


def removed(pieces: list[bytes]) -> Rearranged:
    for at in range(1, len(pieces) - 1):
        yield f"frame {at} removed", pieces[:at] + pieces[at + 1 :]


def swapped(pieces: list[bytes]) -> Rearranged:
    for one, two in itertools.combinations(range(1, len(pieces)), 2):
        changed = pieces.copy()
        changed[one], changed[two] = changed[two], changed[one]
        yield f"frames {one} and {two} swapped", changed


def repeated(pieces: list[bytes]) -> Rearranged:
    for frame, at in itertools.product(
        range(1, len(pieces)), range(1, len(pieces) + 1)
    ):
        yield (
            f"frame {frame} again at {at}",
            [*pieces[:at], pieces[frame], *pieces[at:]],
        )


def taken_from(strange: list[bytes]) -> Callable[[list[bytes]], Rearranged]:
    def taken(pieces: list[bytes]) -> Rearranged:
        for frame in strange[1:]:
            for at in range(1, len(pieces) + 1):
                yield f"a strange frame at {at}", [*pieces[:at], frame, *pieces[at:]]
                if at < len(pieces):
                    replaced = [*pieces[:at], frame, *pieces[at + 1 :]]
                    yield f"a strange frame instead of {at}", replaced

    return taken


def strange_frames() -> dict[str, list[bytes]]:
    other = small_store(clean=True, other=True)
    small = small_store(clean=False)
    older = next(name for name in sorted(small.kept) if name.startswith("journal-"))
    return {
        "another store": pieces_of(other.content(other.journal)),
        "an older generation": pieces_of(small.content(older)),
        "the sealed journal": pieces_of(small.content(small.sealed)),
        "the base": pieces_of(small.content(small.base)),
        "the MANIFEST": [b"", small.content(MANIFEST_NAME)[MANIFEST_FRAME_AT:]],
    }


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "unclean"])
@pytest.mark.parametrize("file", ["journal", "sealed", "base", "segment"])
def test_frames_removed_swapped_repeated_or_strange_are_refused(
    file: str, clean: bool
) -> None:
    small = small_store(clean=clean)
    name = name_in(small, file)
    pieces = pieces_of(small.content(name))
    ways = [removed, swapped, repeated, *map(taken_from, strange_frames().values())]
    tried = 0
    for way in ways:
        for what, changed in way(pieces):
            if changed != pieces:
                tried += 1
                found = verdict(small.image | {name: b"".join(changed)})
                late = file == "segment" and found == LATE
                assert late or found is StoreCorrupt, f"{what}: {found}"
    assert tried > 10


def test_the_newest_frame_removed_after_a_clean_stop_is_refused() -> None:
    small = small_store(clean=True)
    pieces = pieces_of(small.content(small.journal))
    cut = b"".join(pieces[:-1])
    assert verdict(small.image | {small.journal: cut}) is StoreCorrupt


def test_a_header_of_another_generation_or_store_is_refused() -> None:
    small = small_store(clean=False)
    header, *frames = pieces_of(small.content(small.journal))
    for strange, *_ in strange_frames().values():
        if strange and strange != header:
            bad = b"".join([strange, *frames])
            assert verdict(small.image | {small.journal: bad}) is StoreCorrupt


# Forged frames: whoever forges them can compute every CRC, but has no key


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "unclean"])
def test_a_body_changed_together_with_its_crc_is_refused(clean: bool) -> None:
    small = small_store(clean=clean)
    content = small.content(small.journal)
    for frame in frames_of(content):
        body = frame.body
        last_bits = range(8 * len(body) - 48, 8 * len(body))
        bits = [*one_bit_per_byte(body), *last_bits]
        false = [flipped(body, bit) for bit in bits]
        false += [body + b"\n", body + b"=", body + body, body[:-1], b"\n" + body, b""]
        for changed in false:
            bad = forged(content, frame, changed)
            assert verdict(small.image | {small.journal: bad}) is StoreCorrupt


def test_a_frame_under_another_key_id_is_refused() -> None:
    small = small_store(clean=False)
    content = small.content(small.journal)
    for frame in frames_of(content):
        false = encode_frame(frame.key_id + 1, frame.body)
        bad = content[: frame.offset] + false + content[frame.end :]
        assert verdict(small.image | {small.journal: bad}) is StoreCorrupt


def test_a_frame_of_another_continuation_of_the_same_journal_is_refused() -> None:
    """Same store, same file, same sequence, same key: only the chain tells."""

    async def continued(text: str) -> Image:
        disk = MemoryDisk(small.image)
        store = open_store(disk)
        store.start(asyncio.get_running_loop())
        for number in (ALL + 1, ALL + 2):
            await commit(store, Commit((Append({"commit": number, "text": text}),)))
        image = disk.image()
        await store.close()
        return image

    small = small_store(clean=True)
    one, two = run(continued("one")), run(continued("two"))
    mine, strange = one[small.journal], two[small.journal]
    assert isinstance(mine, bytes)
    assert isinstance(strange, bytes)
    spliced = [*pieces_of(mine)[:-1], pieces_of(strange)[-1]]
    assert len(b"".join(spliced)) == len(mine)
    assert verdict(one | {small.journal: b"".join(spliced)}) is StoreCorrupt


# Whole files out of place


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "unclean"])
def test_files_with_swapped_contents_are_refused(clean: bool) -> None:
    small = small_store(clean=clean)
    names = sorted({*small.files, *small.kept})
    for one, two in itertools.combinations(names, 2):
        if {one, two} <= small.kept:
            continue
        found = verdict(
            small.image | {one: small.content(two), two: small.content(one)}
        )
        assert isinstance(found, type), f"{one} and {two}: {found}"


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "unclean"])
def test_a_deleted_file_is_refused(clean: bool) -> None:
    small = small_store(clean=clean)
    for name in sorted({*small.files, *small.kept}):
        rest = {other: small.image[other] for other in small.image if other != name}
        wanted = KeyringCorrupt if name == KEYRING_NAME else StoreCorrupt
        assert verdict(rest) is wanted, name


@pytest.mark.parametrize("clean", [True, False], ids=["clean", "unclean"])
def test_a_file_of_another_store_is_refused(clean: bool) -> None:
    small, other = small_store(clean=clean), small_store(clean=clean, other=True)
    for file in FILES:
        strange = other.content(name_in(other, file))
        found = verdict(small.image | {name_in(small, file): strange})
        foreign = file in {"keyring", "MANIFEST"}
        assert found is (ForeignKeyring if foreign else StoreCorrupt), file


def test_an_older_manifest_is_refused_or_gives_the_newest_state(
    capsys: pytest.CaptureFixture[str],
) -> None:
    manifests: list[bytes] = []

    def collect(store: Store | None = None) -> bool:
        content = session.disk.image().get(MANIFEST_NAME)
        if isinstance(content, bytes):
            manifests.append(content)
        return False

    steps: list[Step] = [
        *STEPS,
        Restart(),
        numbered_commit(6),
        Checkpoint(),
        Checkpoint(),
        numbered_commit(7),
        Restart(),
    ]
    history = History.of(steps)
    session = Session(steps, enough=collect)
    run(session.play())
    image = session.disk.image()
    found: set[object] = set()
    for manifest in manifests:
        disk = MemoryDisk(image | {MANIFEST_NAME: manifest})
        try:
            position = history.position(open_store(disk))
        except StoreCorrupt as error:
            found.add(type(error))
            continue
        found.add(position)
        assert position == len(history.states) - 1
    assert StoreCorrupt in found
    with capsys.disabled():
        print(f"\n  older MANIFESTs: {len(set(manifests))}")
