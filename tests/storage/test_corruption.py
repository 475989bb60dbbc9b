"""Changed bytes: refused with the right error and nothing modified, or the right state.

    scenario = a small store, stopped cleanly or not; a `corrupt` function; a verdict

Only two kinds of damage are mended silently: a torn tail after an unclean stop, and one
copy of the keyring. After those the store writes again and is read back.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage.cipher import TAG_BYTES
from storage.errors import (
    KeyringCorrupt,
    StoreCorrupt,
    WrongPassword,
)
from storage.headers import HEADER_BYTES
from storage.keyring import COPY_BYTES, KEYRING_NAME, read_keyring
from storage.manifest import read_store_id
from storage.store import Store
from storage.verify import verify_full
from tests.storage.damage import (
    ALL,
    BEFORE_OPEN_JOURNAL,
    FILES,
    HISTORY,
    LATE,
    Small,
    Verdict,
    flipped,
    frames_of,
    mended,
    name_in,
    one_bit_per_byte,
    small_store,
    verdict,
    without_lock,
)
from tests.storage.doubles import MemoryDisk
from tests.storage.memory_disk import Image
from tests.storage.model import (
    AUDIT,
    COLLECTIONS,
    MASTER,
    NOW,
    OPTIONS,
    open_store,
)


def test_the_small_store_is_whole_without_damage() -> None:
    for clean in (True, False):
        small = small_store(clean=clean)
        assert verdict(small.image) == ALL
        assert (
            len({*small.files}) == 6
        )  # keyring, MANIFEST, two journals, base, segment
        assert small.kept


# Flipped bits


@pytest.mark.parametrize("file", FILES[1:])
def test_every_flipped_bit_is_refused(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """After an unclean stop, where a torn tail would be forgiven."""
    small = small_store(clean=False)
    content = small.content(name_in(small, file))
    _require_refused(small, name_in(small, file), range(8 * len(content)))
    with capsys.disabled():
        print(f"\n  flips: {8 * len(content):,} in {name_in(small, file)}")


@pytest.mark.parametrize("file", FILES[1:])
def test_a_flip_in_every_byte_is_refused_after_a_clean_stop(file: str) -> None:
    small = small_store(clean=True)
    name = name_in(small, file)
    _require_refused(small, name, one_bit_per_byte(small.content(name)))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("file", FILES[1:])
def test_every_flipped_bit_is_refused_after_a_clean_stop(file: str) -> None:
    small = small_store(clean=True)
    content = small.content(name_in(small, file))
    _require_refused(small, name_in(small, file), range(8 * len(content)))


def _require_refused(small: Small, name: str, bits: range) -> None:
    """At the start; inside a segment, when it is read and by a full verification."""
    content = small.content(name)
    for bit in bits:
        image = small.image | {name: flipped(content, bit)}
        found, wanted = verdict(image), _wanted(small, name, bit // 8)
        assert found == wanted, f"bit {bit} of {name}: {found}"
        if wanted == LATE and bit % 8 == 0:
            with pytest.raises(StoreCorrupt):
                verify_full(
                    MemoryDisk(image), MASTER, collections=COLLECTIONS, streams=[AUDIT]
                )


def _wanted(small: Small, name: str, byte: int) -> Verdict:
    inside = HEADER_BYTES <= byte < len(small.content(name)) - TAG_BYTES
    return LATE if name == small.segment and inside else StoreCorrupt


def test_every_flipped_bit_in_use_of_the_keyring_is_mended_from_the_other_copy(
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = small_store(clean=True)
    content = small.content(KEYRING_NAME)
    used = content[:COPY_BYTES].rstrip(b"\0")
    assert content[:COPY_BYTES] == content[COPY_BYTES:]
    second = (8 * COPY_BYTES + bit for bit in one_bit_per_byte(used))
    bits = [*range(8 * len(used)), *second]
    for bit in bits:
        disk = MemoryDisk(small.image | {KEYRING_NAME: flipped(content, bit)})
        store = open_store(disk)
        copy = "A" if bit < 8 * COPY_BYTES else "B"
        assert store.recovery.keyring_repaired == copy
        assert HISTORY.position(store) == ALL
        assert read_keyring(disk, read_store_id(disk)).damaged is None
    with capsys.disabled():
        print(f"\n  flips: {len(bits):,} in the keyring")


def test_every_flipped_byte_of_the_padding_of_the_keyring_is_seen() -> None:
    """One bit of each byte; the soak takes all of them."""
    _flip_padding(bits=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_every_flipped_bit_of_the_padding_of_the_keyring_is_seen() -> None:
    _flip_padding(bits=8)


def _flip_padding(bits: int) -> None:
    small = small_store(clean=True)
    content = small.content(KEYRING_NAME)
    used = len(content[:COPY_BYTES].rstrip(b"\0"))
    disk = MemoryDisk(small.image)
    store_id = read_store_id(disk)
    for byte in range(len(content)):
        if byte % COPY_BYTES < used:
            continue
        for bit in range(bits):
            bad = flipped(content, 8 * byte + (byte + bit) % 8)
            stored = read_keyring(MemoryDisk({KEYRING_NAME: bad}), store_id)
            assert stored.damaged == ("B" if byte >= COPY_BYTES else "A")


def test_a_flip_in_both_copies_of_the_keyring_is_refused_as_corrupt() -> None:
    small = small_store(clean=True)
    bad = flipped(flipped(small.content(KEYRING_NAME), 300), 8 * COPY_BYTES + 500)
    assert verdict(small.image | {KEYRING_NAME: bad}) is KeyringCorrupt


def test_a_wrong_password_is_told_from_corruption_and_modifies_nothing() -> None:
    disk = MemoryDisk(small_store(clean=True).image)
    before = without_lock(disk.image())
    with pytest.raises(WrongPassword):
        Store.open(
            disk,
            b"wrong",
            collections=COLLECTIONS,
            streams=[AUDIT],
            options=OPTIONS,
            now=NOW,
        )
    assert without_lock(disk.image()) == before


# Cut files


def test_a_journal_cut_anywhere_after_an_unclean_stop_gives_exactly_the_prefix() -> (
    None
):
    small = small_store(clean=False)
    content = small.content(small.journal)
    ends = [frame.end for frame in frames_of(content)]
    assert len(ends) == ALL - BEFORE_OPEN_JOURNAL
    for length in range(len(content) + 1):
        found = verdict(small.image | {small.journal: content[:length]})
        whole = sum(end <= length for end in ends)
        wanted = BEFORE_OPEN_JOURNAL + whole
        assert found == (StoreCorrupt if length < HEADER_BYTES else wanted), length


def test_a_journal_cut_anywhere_after_a_clean_stop_is_refused() -> None:
    small = small_store(clean=True)
    content = small.content(small.journal)
    for length in range(len(content)):
        found = verdict(small.image | {small.journal: content[:length]})
        assert found is StoreCorrupt, length


@pytest.mark.parametrize("file", ["MANIFEST", "sealed", "base", "segment"])
def test_any_other_file_cut_anywhere_is_refused(file: str) -> None:
    small = small_store(clean=False)
    name = name_in(small, file)
    content = small.content(name)
    for length in range(len(content)):
        assert verdict(small.image | {name: content[:length]}) is StoreCorrupt, length


def test_a_keyring_cut_within_its_second_copy_is_mended_before_that_refused() -> None:
    small = small_store(clean=True)
    content = small.content(KEYRING_NAME)
    lengths = [*range(0, 2 * COPY_BYTES, 509), COPY_BYTES - 1, COPY_BYTES]
    for length in lengths:
        found = verdict(small.image | {KEYRING_NAME: content[:length]})
        assert found == (ALL if length >= COPY_BYTES else KeyringCorrupt), length


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("junk", [b"\0", b"junk", bytes(600), b"\xff" * 600])
def test_junk_behind_a_file_of_a_clean_stop_is_refused(file: str, junk: bytes) -> None:
    small = small_store(clean=True)
    name = name_in(small, file)
    found = verdict(small.image | {name: small.content(name) + junk})
    assert found is (KeyringCorrupt if file == "keyring" else StoreCorrupt)


@pytest.mark.parametrize(
    ("junk", "wanted"),
    [
        (b"\0", ALL),
        (b"junk", ALL),
        (bytes(600), ALL),
        (b"\xff" * 600, StoreCorrupt),
        (b"\xff" * 40 + bytes(1024), StoreCorrupt),
    ],
)
def test_junk_behind_the_open_journal_is_a_torn_tail_or_refused(
    junk: bytes, wanted: Verdict
) -> None:
    small = small_store(clean=False)
    content = small.content(small.journal) + junk
    assert verdict(small.image | {small.journal: content}) == wanted


# What may be mended is mended, and the store goes on


CORRUPT: dict[str, tuple[Callable[[Small], Image], int]] = {
    "half a frame": (
        lambda small: (
            small.image | {small.journal: small.content(small.journal)[:-100]}
        ),
        ALL - 1,
    ),
    "half a header": (
        lambda small: (
            small.image | {small.journal: small.content(small.journal) + b"\0\0\0"}
        ),
        ALL,
    ),
    "sectors of zeros": (
        lambda small: (
            small.image | {small.journal: small.content(small.journal) + bytes(1500)}
        ),
        ALL,
    ),
    "no frame at all": (
        lambda small: (
            small.image | {small.journal: small.content(small.journal)[:HEADER_BYTES]}
        ),
        BEFORE_OPEN_JOURNAL,
    ),
    "first copy of the keyring": (
        lambda small: (
            small.image | {KEYRING_NAME: flipped(small.content(KEYRING_NAME), 1000)}
        ),
        ALL,
    ),
    "second copy of the keyring": (
        lambda small: (
            small.image | {KEYRING_NAME: small.content(KEYRING_NAME)[:COPY_BYTES]}
        ),
        ALL,
    ),
    "no lock file": (lambda small: without_lock(small.image), ALL),
}


@pytest.mark.parametrize("name", CORRUPT)
def test_a_store_that_was_mended_writes_again_and_is_read_back(name: str) -> None:
    corrupt, position = CORRUPT[name]
    image = corrupt(small_store(clean=False))
    assert verdict(image) == position
    store = mended(image, position)
    assert not store.recovery.clean
    assert bool(store.recovery.keyring_repaired) == ("keyring" in name)


def test_a_dropped_tail_is_kept_in_quarantine_to_the_byte() -> None:
    small = small_store(clean=False)
    content = small.content(small.journal)
    disk = MemoryDisk(small.image | {small.journal: content[:-100]})
    store = open_store(disk)
    begin = frames_of(content)[-1].offset
    quarantine = disk.image()["quarantine"]
    assert isinstance(quarantine, dict)
    assert store.recovery.quarantine is not None
    assert quarantine[store.recovery.quarantine] == content[begin:-100]
    assert store.recovery.dropped_bytes == len(content) - 100 - begin
