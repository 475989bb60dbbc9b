"""Opening: what is repaired, what is refused, and that refusing modifies nothing."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from storage import (
    KeyringCorrupt,
    RealDisk,
    StoreCorrupt,
    StoreExists,
    StoreLocked,
    StoreMissing,
    StoreTooNew,
    UnsafePermissions,
)
from storage.cipher import TAG_BYTES
from storage.headers import HEADER_BYTES
from tests.storage.samples import LOG, PEOPLE, Person, create, log, put, reopen, start


@pytest.fixture
def root(tmp_path):
    return tmp_path / "store"


def fill(root, *, clean: bool) -> None:
    """Three commits in a base, three in the journal; a copy taken live is unclean."""

    async def scenario():
        store = start(create(RealDisk(root)))
        for n in range(6):
            await put(store, Person(str(n), f"n{n}"))
            await log(store, n=n)
            if n == 2:
                await store.checkpoint()
        if not clean:
            shutil.copytree(root, root.with_name("crashed"))
        await store.close()

    asyncio.run(scenario())
    if not clean:
        shutil.rmtree(root)
        root.with_name("crashed").rename(root)


def image(root) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in root.iterdir()
        if path.is_file() and path.name != "LOCK"
    }


def journal(root):
    paths = [path for path in root.iterdir() if path.name.startswith("journal-")]
    return max(paths, key=lambda path: int(path.name[8:]))


def ids(root) -> list[str]:
    store = reopen(RealDisk(root))
    found = [person.id for person in store.scan(PEOPLE)]
    asyncio.run(store.close())
    return found


def refuses(root, error=StoreCorrupt):
    before = image(root)
    with pytest.raises(error) as caught:
        reopen(RealDisk(root))
    assert image(root) == before
    return caught.value


def test_a_torn_tail_is_kept_cut_and_reported(root):
    fill(root, clean=False)
    path = journal(root)
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    store = reopen(RealDisk(root))
    report = store.recovery
    assert not report.clean
    assert report.dropped_bytes > 0
    kept = (root / "quarantine" / str(report.quarantine)).read_bytes()
    assert whole[:-10].endswith(kept)
    assert len(kept) == report.dropped_bytes
    asyncio.run(store.close())
    assert ids(root) == [str(n) for n in range(6)]


def test_an_unclean_start_goes_on_in_a_new_file(root):
    fill(root, clean=False)
    before = journal(root)
    data = before.read_bytes()
    assert ids(root) == [str(n) for n in range(6)]
    assert journal(root) != before
    assert before.read_bytes() == data


def test_a_torn_tail_after_a_clean_stop_is_refused(root):
    fill(root, clean=True)
    path = journal(root)
    path.write_bytes(path.read_bytes()[:-10])
    refuses(root)


@pytest.mark.parametrize("extra", [b"\0", b"x" * 100])
def test_extra_bytes_after_a_clean_stop_are_refused(root, extra):
    fill(root, clean=True)
    path = journal(root)
    path.write_bytes(path.read_bytes() + extra)
    refuses(root)


def test_damage_before_the_end_is_refused_and_located(root):
    fill(root, clean=False)
    path = journal(root)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    error = refuses(root)
    assert error.file == path.name
    assert 0 < error.offset <= len(data) // 2
    assert error.last_good_sequence >= 6


@pytest.mark.parametrize("stem", ["base-", "journal-", "log-", "keyring", "MANIFEST"])
def test_a_missing_file_is_refused(root, stem):
    fill(root, clean=True)
    path = max(path for path in root.iterdir() if path.name.startswith(stem))
    path.unlink()
    refuses(root, KeyringCorrupt if stem == "keyring" else StoreCorrupt)


def test_a_flipped_bit_inside_a_segment_is_refused_when_it_is_read(root):
    fill(root, clean=True)
    path = max(path for path in root.iterdir() if path.name.startswith("log-"))
    data = path.read_bytes()
    for at in range(HEADER_BYTES, len(data) - TAG_BYTES, 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        store = reopen(RealDisk(root))
        with pytest.raises(StoreCorrupt):
            list(store.entries(LOG))
        assert store.check(LOG, lambda _: None).fault is not None
        asyncio.run(store.close())


def test_a_segment_whose_ends_are_not_as_recorded_is_refused_at_the_start(root):
    fill(root, clean=True)
    path = max(path for path in root.iterdir() if path.name.startswith("log-"))
    data = path.read_bytes()
    ends = [*range(HEADER_BYTES), *range(len(data) - TAG_BYTES, len(data))]
    for at in ends:
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        refuses(root, (StoreCorrupt, StoreTooNew))
    for other in (data[:-1], data + b"x", b""):
        path.write_bytes(other)
        refuses(root)


def test_a_flipped_bit_in_a_base_is_refused(root):
    fill(root, clean=False)
    path = max(path for path in root.iterdir() if path.name.startswith("base-"))
    data = path.read_bytes()
    for at in range(0, len(data), 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        # A changed min-reader field may also read as a newer format.
        refuses(root, (StoreCorrupt, StoreTooNew))


def test_a_rolled_back_manifest_is_refused(root):
    async def scenario():
        store = start(create(RealDisk(root)))
        await put(store, Person("1", "ann"))
        old = (root / "MANIFEST").read_bytes()
        await store.checkpoint()
        await put(store, Person("2", "bob"))
        await store.close()
        return old

    old = asyncio.run(scenario())
    (root / "MANIFEST").write_bytes(old)
    refuses(root)


def test_leftovers_of_an_unfinished_checkpoint_are_removed(root):
    fill(root, clean=True)
    for name in ("base-9", "journal-9", "MANIFEST.tmp", "log-000009"):
        (root / name).touch(mode=0o600)
    store = reopen(RealDisk(root))
    assert {"base-9", "journal-9", "MANIFEST.tmp", "log-000009"} <= set(
        store.recovery.removed
    )
    asyncio.run(store.close())


def test_files_of_others_are_left_alone(root):
    fill(root, clean=True)
    (root / "notes.txt").touch(mode=0o600)
    ids(root)
    assert (root / "notes.txt").exists()


def test_an_empty_directory_is_missing_not_corrupt(root):
    with pytest.raises(StoreMissing):
        reopen(RealDisk(root))


def test_an_interrupted_creation_may_be_made_anew(root):
    asyncio.run(create(RealDisk(root)).close())
    (root / "MANIFEST").unlink()
    asyncio.run(create(RealDisk(root)).close())
    assert ids(root) == []


def test_data_without_a_manifest_are_never_made_anew(root):
    fill(root, clean=True)
    (root / "MANIFEST").unlink()
    before = image(root)
    with pytest.raises(StoreCorrupt):
        create(RealDisk(root))
    assert image(root) == before


def test_a_store_is_not_made_over_another_or_beside_other_files(root):
    fill(root, clean=True)
    with pytest.raises(StoreExists):
        create(RealDisk(root))
    other = root.with_name("other")
    RealDisk(other).create("notes.txt").close()
    with pytest.raises(StoreExists):
        create(RealDisk(other))


def test_a_second_owner_is_told_who_holds_the_store(root):
    store = create(RealDisk(root))
    with pytest.raises(StoreLocked, match="pid"):
        reopen(RealDisk(root))
    asyncio.run(store.close())
    asyncio.run(reopen(RealDisk(root)).close())


def test_wider_modes_are_refused_with_the_command(root):
    fill(root, clean=True)
    (root / "keyring").chmod(0o640)
    with pytest.raises(UnsafePermissions, match="chmod 600"):
        reopen(RealDisk(root))
    root.chmod(0o750)
    with pytest.raises(UnsafePermissions, match="chmod 700"):
        RealDisk(root)
