"""The keyring: three errors, two copies, one password change."""

from __future__ import annotations

import asyncio

import pytest

from storage import ForeignKeyring, KeyringCorrupt, RealDisk, StoreTooNew, WrongPassword
from storage.kdf import BadKdfParameters, KdfParameters, derive_master_key
from storage.keyring import COPY_BYTES, new_keyring, read_keyring, write_keyring
from storage.passwords import change_master_password
from tests.storage.samples import (
    CHEAP_KDF,
    MASTER,
    PEOPLE,
    Person,
    create,
    put,
    reopen,
    start,
)

STORE = b"s" * 16


@pytest.fixture
def disk(tmp_path):
    return RealDisk(tmp_path / "store")


def made(disk: RealDisk):
    ring = new_keyring(MASTER, STORE, b"n" * 16, CHEAP_KDF, 5)
    write_keyring(disk, ring)
    return ring


def damage(disk: RealDisk, *offsets: int) -> None:
    path = disk.root / "keyring"
    data = bytearray(path.read_bytes())
    for offset in offsets:
        data[offset] ^= 1
    path.write_bytes(data)


def test_the_right_password_gives_the_same_keys(disk):
    ring = made(disk)
    assert read_keyring(disk, STORE).unlock(MASTER) == ring
    assert ring.keys[0].created == 5


def test_a_wrong_password_is_no_damage(disk):
    made(disk)
    with pytest.raises(WrongPassword):
        read_keyring(disk, STORE).unlock(b"guess")


def test_a_foreign_keyring_is_told_before_any_password(disk):
    made(disk)
    with pytest.raises(ForeignKeyring):
        read_keyring(disk, b"t" * 16)


@pytest.mark.parametrize(("at", "copy"), [(60, "A"), (COPY_BYTES + 60, "B"), (9, "A")])
def test_one_damaged_copy_is_named_and_the_other_used(disk, at, copy):
    ring = made(disk)
    damage(disk, at)
    stored = read_keyring(disk, STORE)
    assert stored.damaged == copy
    assert stored.unlock(MASTER) == ring


def test_two_damaged_copies_are_corrupt(disk):
    made(disk)
    damage(disk, 60, COPY_BYTES + 60)
    with pytest.raises(KeyringCorrupt):
        read_keyring(disk, STORE)


def test_a_newer_format_in_both_copies_is_too_new(disk):
    made(disk)
    damage(disk, 8, COPY_BYTES + 8)
    with pytest.raises(StoreTooNew):
        read_keyring(disk, STORE)


def test_opening_repairs_a_damaged_copy_and_reports_it(disk):
    asyncio.run(create(disk).close())
    damage(disk, 60)
    store = reopen(disk)
    assert store.recovery.keyring_repaired == "A"
    asyncio.run(store.close())
    data = (disk.root / "keyring").read_bytes()
    assert data[:COPY_BYTES] == data[COPY_BYTES:]


def test_a_changed_password_opens_and_the_old_one_does_not(disk):
    asyncio.run(create(disk).close())
    change_master_password(disk, MASTER, b"new", kdf=CHEAP_KDF, owner="test")
    with pytest.raises(WrongPassword):
        reopen(disk)
    asyncio.run(reopen(disk, master=b"new").close())


def test_a_rotated_key_seals_everything_and_the_old_one_is_forgotten(disk):
    async def scenario():
        store = start(create(disk))
        await put(store, Person("1", "ann"))
        await store.rotate_key(now=9)
        await put(store, Person("2", "bob"))
        await store.close()

    asyncio.run(scenario())
    store_id = (disk.root / "MANIFEST").read_bytes()[12:28]
    keys = read_keyring(disk, store_id).unlock(MASTER).keys
    assert [(key.key_id, key.created) for key in keys] == [(2, 9)]
    store = reopen(disk)
    assert [store.find(PEOPLE, "name", name) for name in ("ann", "bob")] == ["1", "2"]
    asyncio.run(store.close())


@pytest.mark.parametrize(
    "costs", [(17, 65536, 4), (3, 2**21, 4), (3, 65536, 17), (0, 64, 1), (1, 4, 1)]
)
def test_costs_out_of_bounds_are_never_computed(costs):
    with pytest.raises(BadKdfParameters):
        KdfParameters(*costs)


def test_files_are_private(disk):
    asyncio.run(create(disk).close())
    modes = {path.stat().st_mode & 0o777 for path in disk.root.iterdir()}
    assert modes == {0o600}
    assert disk.root.stat().st_mode & 0o777 == 0o700


def test_making_a_store_and_opening_one_derive_its_key_once_each(disk, monkeypatch):
    derived = []

    def counted(*arguments):
        derived.append(arguments)
        return derive_master_key(*arguments)

    monkeypatch.setattr("storage.keyring.derive_master_key", counted)
    store = create(disk)
    assert len(derived) == 1
    asyncio.run(store.close())
    asyncio.run(reopen(disk).close())
    assert len(derived) == 2
    assert derived[0] == derived[1]
