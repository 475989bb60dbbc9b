"""Verify, backup, restore and repair."""

from __future__ import annotations

import asyncio
import io
import tarfile

import pytest

from storage import (
    BadArchive,
    CannotOpen,
    Head,
    HeadMismatch,
    RealDisk,
    StoreCorrupt,
    StoreExists,
)
from storage.backup import backup, restore
from storage.repair import repair
from storage.verify import verify_full, verify_quick
from tests.storage.samples import (
    LOG,
    MASTER,
    PEOPLE,
    Person,
    create,
    put,
    reopen,
    start,
)

DECLARED = {"collections": [PEOPLE], "streams": [LOG]}


@pytest.fixture
def disk(tmp_path):
    return RealDisk(tmp_path / "store")


def fill(disk, during=None):
    """Ten people in a base, ten in the journal; `during` runs while it is open."""

    async def scenario():
        store = start(create(disk))
        for n in range(20):
            await put(store, Person(str(n), f"n{n}"))
            if n == 9:
                await store.checkpoint()
        result = during(store) if during else store.head
        await store.close()
        return result

    return asyncio.run(scenario())


def newest_journal(disk):
    names = [name for name in disk.list() if name.startswith("journal-")]
    return disk.root / max(names, key=lambda name: int(name[8:]))


def flip_in_the_middle(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def test_a_running_store_verifies_with_its_head(disk):
    def during(store):
        assert verify_quick(disk).frames > 20
        found = verify_full(disk, MASTER, **DECLARED, against=store.head)
        assert found.documents == 20
        assert found.head == store.head

    fill(disk, during)


def test_every_older_head_of_the_journal_is_accepted(disk):
    heads = []

    async def scenario():
        store = start(create(disk))
        for n in range(4):
            await put(store, Person(str(n), f"n{n}"))
            heads.append(store.head)
        await store.checkpoint()
        await put(store, Person("9", "n9"))
        await store.close()

    asyncio.run(scenario())
    for head in heads:
        verify_full(disk, MASTER, **DECLARED, against=head)
    forged = heads[-1]._replace(tag=bytes(32))
    with pytest.raises(HeadMismatch):
        verify_full(disk, MASTER, **DECLARED, against=forged)


def test_a_store_that_ends_before_the_head_is_refused(disk):
    head = fill(disk)
    later = head._replace(sequence=head.sequence + 1)
    with pytest.raises(HeadMismatch, match="newer commits are missing"):
        verify_full(disk, MASTER, **DECLARED, against=later)


def test_damage_is_found_with_and_without_a_key(disk):
    fill(disk)
    flip_in_the_middle(newest_journal(disk))
    with pytest.raises(StoreCorrupt) as quick:
        verify_quick(disk)
    with pytest.raises(StoreCorrupt) as full:
        verify_full(disk, MASTER, **DECLARED)
    # without the key nobody knows sequences, and none must be told as one to repair by
    assert quick.value.last_good_sequence is None
    assert "sequence" not in str(quick.value)
    assert full.value.last_good_sequence >= 10


def test_a_backup_taken_live_restores_into_the_next_epoch(disk, tmp_path):
    archive = io.BytesIO()

    def during(store):
        head = backup(
            disk, MASTER, archive, scratch=RealDisk(tmp_path / "scratch"), **DECLARED
        )
        assert head == store.head
        return head

    head = fill(disk, during)
    archive.seek(0)
    target = RealDisk(tmp_path / "restored")
    assert restore(archive, target, MASTER) == head._replace(epoch=2)
    store = reopen(target)
    assert store.count(PEOPLE) == 20
    assert store.head == head._replace(epoch=2)
    asyncio.run(store.close())


def test_a_restore_needs_an_empty_directory_and_a_whole_archive(disk, tmp_path):
    archive = io.BytesIO()
    fill(disk)
    backup(disk, MASTER, archive, scratch=RealDisk(tmp_path / "scratch"), **DECLARED)
    archive.seek(0)
    with pytest.raises(StoreExists):
        restore(archive, disk, MASTER)
    data = bytearray(archive.getvalue())
    data[data.index(b"UMSB") + 500] ^= 1
    with pytest.raises(BadArchive, match="checksums"):
        restore(io.BytesIO(bytes(data)), RealDisk(tmp_path / "again"), MASTER)
    assert "MANIFEST" not in RealDisk(tmp_path / "again").list()


def test_what_is_no_whole_backup_is_refused_wherever_it_was_cut_or_changed(
    disk, tmp_path
):
    archive = io.BytesIO()
    fill(disk)
    backup(disk, MASTER, archive, scratch=RealDisk(tmp_path / "scratch"), **DECLARED)
    whole = archive.getvalue()
    with tarfile.open(fileobj=io.BytesIO(whole)) as tar:
        *members, sums = tar.getmembers()
    target = RealDisk(tmp_path / "again")

    def refused(data, error=BadArchive):
        with pytest.raises(error):
            restore(io.BytesIO(data), target, MASTER)
        assert set(target.list()) <= {"LOCK"}

    for data in (b"", b"no tar", b"{}" * 5_000, bytes(20_000)):
        refused(data)
    for length in range(0, sums.offset_data + 1, 512 * 7):
        refused(whole[:length])
        refused(whole[: length + 100])
    for at in (member.offset for member in members):
        for offset in range(
            0, 512, 6
        ):  # none is the checksum's last, which tar ignores
            changed = bytearray(whole)
            changed[at + offset] ^= 0x80
            refused(bytes(changed), CannotOpen)
    restore(io.BytesIO(whole), target, MASTER)


def test_a_repair_gives_up_only_what_was_accepted(disk):
    fill(disk)
    path = newest_journal(disk)
    flip_in_the_middle(path)
    damaged = path.read_bytes()
    with pytest.raises(StoreCorrupt) as caught:
        reopen(disk)
    good = caught.value.last_good_sequence
    with pytest.raises(StoreCorrupt, match="more than accepted"):
        repair(disk, MASTER, accept_loss_after=good + 1, owner="test", **DECLARED)
    assert path.read_bytes() == damaged
    report = repair(disk, MASTER, accept_loss_after=good, owner="test", **DECLARED)
    assert report is not None
    assert report.last_sequence == good
    (copy,) = report.quarantined
    assert (disk.root / "quarantine" / copy).read_bytes() == damaged
    store = reopen(disk)
    assert store.count(PEOPLE) == good
    asyncio.run(store.close())
    assert repair(disk, MASTER, accept_loss_after=good, owner="t", **DECLARED) is None


def test_a_head_survives_being_written_down(disk):
    head = fill(disk)
    assert Head.parse(f" {head.text}\n") == head
    for bad in ("", "{}", "00:1:2:33", head.text[:-2], head.text + ":1"):
        with pytest.raises(ValueError, match=r"head|unpack|hex"):
            Head.parse(bad)
