"""Argon2id computed by two libraries, its bounds, and the pepper."""

import os
import re
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type, hash_secret

from tests.service.harness import GOOD, Bench
from ums_service.deployment.peppers import UnusablePepper, read_pepper
from ums_service.domain import argon2id
from ums_service.domain.argon2id import Argon2id, HashParameters, UnusableHash
from ums_service.domain.errors import NotConfigured
from ums_service.domain.password_hashes import PasswordHashes
from ums_service.domain.pepper import PEPPERS, MissingPepper, Pepper, parted

COST = HashParameters(passes=1, memory_kib=8)
SECRET, OTHER = b"a password", b"another password"
FIRST, SECOND = Pepper(b"1" * 32), Pepper(b"2" * 32)


def test_both_libraries_accept_each_others_hashes():
    ours, theirs = Argon2id(COST), PasswordHasher(1, 8, 1)
    assert theirs.verify(ours.hash(SECRET), SECRET)
    assert ours.verify(theirs.hash(SECRET), SECRET)
    assert not ours.verify(theirs.hash(SECRET), OTHER)
    assert not ours.is_outdated(theirs.hash(SECRET))
    assert not theirs.check_needs_rehash(ours.hash(SECRET))


@pytest.mark.parametrize("lanes", [1, 2])
def test_the_hash_of_nothing_is_like_others_and_no_secret_has_it(lanes: int):
    cost = HashParameters(passes=1, memory_kib=16, lanes=lanes)
    hashes = Argon2id(cost)
    stored, made = hashes.of_nothing(), hashes.hash(SECRET)
    assert stored.split("$")[:4] == made.split("$")[:4]
    assert len(stored) == len(made)
    assert not hashes.is_outdated(stored)
    assert not hashes.verify(stored, SECRET)
    assert hashes.of_nothing() != stored


def test_what_libsodium_can_compute_it_does(monkeypatch: pytest.MonkeyPatch):
    """argon2-cffi is not asked to compute hashes of the usual form."""

    class Refusing:
        def hash(self, _: bytes) -> str:
            raise AssertionError

        def verify(self, _: str, __: bytes) -> bool:
            raise AssertionError

    usual = Argon2id(COST)
    monkeypatch.setattr(usual, "_hasher", Refusing())
    stored = usual.hash(SECRET)
    assert usual.verify(stored, SECRET)
    assert not usual.verify(stored, OTHER)


@pytest.mark.parametrize(
    "form",
    [
        {"parallelism": 2, "memory_cost": 16},
        {"salt": b"8 bytes!"},
        {"hash_len": 64},
        {"type": Type.I},
        {"version": 16},
    ],
    ids=str,
)
def test_other_forms_are_verified_too_and_outdated(form: dict[str, object]):
    usual: dict[str, object] = {
        "salt": os.urandom(16),
        "time_cost": 1,
        "memory_cost": 8,
        "parallelism": 1,
        "hash_len": 32,
        "type": Type.ID,
    }
    stored = hash_secret(SECRET, **(usual | form)).decode()  # type: ignore[arg-type]
    ours = Argon2id(COST)
    assert ours.verify(stored, SECRET)
    assert not ours.verify(stored, OTHER)
    assert ours.is_outdated(stored)


def test_more_lanes_are_made_by_the_other_library():
    lanes = Argon2id(HashParameters(passes=1, memory_kib=16, lanes=2))
    stored = lanes.hash(SECRET)
    assert stored.startswith("$argon2id$v=19$m=16,t=1,p=2$")
    assert lanes.verify(stored, SECRET)


def test_each_hash_has_a_salt_of_its_own():
    ours = Argon2id(COST)
    assert len({ours.hash(SECRET) for _ in range(20)}) == 20


@pytest.mark.parametrize(
    ("part", "other"),
    [("m=8", "m=999999"), ("t=1", "t=11"), ("p=1", "p=9")],
)
def test_exorbitant_parameters_are_not_computed(
    monkeypatch: pytest.MonkeyPatch, part: str, other: str
):
    def computed(*_: object) -> bytes:
        raise AssertionError

    ours = Argon2id(COST)
    stored = ours.hash(SECRET).replace(part, other)
    monkeypatch.setattr(argon2id, "argon2id_bytes", computed)
    with pytest.raises(UnusableHash):
        ours.verify(stored, SECRET)


@pytest.mark.parametrize(("salt", "length"), [(7, 32), (65, 32), (16, 15), (16, 65)])
def test_odd_lengths_of_salt_and_hash_are_not_computed(salt: int, length: int):
    fill = "c29t" * 60
    salted = fill[: -(-salt * 8 // 6)]
    hashed = fill[: -(-length * 8 // 6)]
    stored = f"$argon2id$v=19$m=8,t=1,p=1${salted}${hashed}"
    with pytest.raises(UnusableHash):
        Argon2id(COST).verify(stored, SECRET)


def test_a_lack_of_memory_is_no_wrong_password(monkeypatch: pytest.MonkeyPatch):
    def failing(*_: object) -> bytes:
        raise RuntimeError

    ours = Argon2id(COST)
    stored = ours.hash(SECRET)
    monkeypatch.setattr(argon2id, "crypto_pwhash_alg", failing)
    with pytest.raises(RuntimeError):
        ours.verify(stored, SECRET)


def test_a_pepper_is_needed_and_named_but_not_shown():
    plain = PasswordHashes(COST)
    peppered = PasswordHashes(COST, pepper=FIRST)
    stored = peppered.hash("right")
    assert parted(stored)[0] == FIRST.pepper_id
    assert peppered.verify(stored, "right")
    assert not peppered.verify(stored, "wrong")
    with pytest.raises(NotConfigured):
        plain.verify(stored, "right")
    with pytest.raises(NotConfigured):
        PasswordHashes(COST, pepper=SECOND).verify(stored, "right")
    assert not plain.verify(parted(stored)[1], "right")
    assert "1111" not in repr(FIRST)
    assert b"1111" not in stored.encode()


def test_a_pepper_is_introduced_and_replaced_by_logins():
    plain = PasswordHashes(COST)
    first = PasswordHashes(COST, pepper=FIRST)
    second = PasswordHashes(COST, pepper=SECOND, old_peppers=[FIRST])
    old = plain.hash("right")
    assert first.verify(old, "right")
    assert first.is_outdated(old)
    assert not first.is_outdated(first.hash("right"))
    assert second.verify(first.hash("right"), "right")
    assert second.is_outdated(first.hash("right"))
    assert PasswordHashes(COST, old_peppers=[FIRST]).is_outdated(first.hash("right"))


def pepper_file(path: Path, secret: bytes) -> Path:
    path.write_bytes(secret)
    path.chmod(0o600)
    return path


def test_a_file_of_a_pepper_is_private_and_long_enough(tmp_path: Path):
    file = pepper_file(tmp_path / "pepper", b"\n" * 32)
    assert read_pepper(file) == Pepper(b"\n" * 32)
    file.chmod(0o640)
    with pytest.raises(UnusablePepper, match="chmod 600"):
        read_pepper(file)
    with pytest.raises(UnusablePepper, match="32 bytes"):
        read_pepper(pepper_file(tmp_path / "short", b"x" * 31))
    with pytest.raises(UnusablePepper, match="cannot be read"):
        read_pepper(tmp_path / "none")


def test_the_service_goes_from_one_pepper_to_the_next(standard: Bench, tmp_path: Path):
    one = pepper_file(tmp_path / "one", b"1" * 32)
    two = pepper_file(tmp_path / "two", b"2" * 32)
    for name in ("alice", "bobby"):
        standard.register(name)
    standard.restart(pepper_file=one)
    standard.login("alice")
    assert parted(standard.user("alice").password_hash)[0] == FIRST.pepper_id
    assert parted(standard.user("bobby").password_hash)[0] is None
    standard.restart(pepper_file=two, pepper_old_files=(one,))
    standard.login("alice")
    assert parted(standard.user("alice").password_hash)[0] == SECOND.pepper_id
    assert {used.pepper_id for used in standard.store.scan(PEPPERS)} == {
        FIRST.pepper_id,
        SECOND.pepper_id,
    }
    standard.restart(pepper_old_files=())  # nothing was made with the first any more
    assert standard.login("alice")
    assert [used.pepper_id for used in standard.store.scan(PEPPERS)] == [
        SECOND.pepper_id
    ]


def test_a_missing_pepper_is_told_at_start_and_never_a_wrong_password(
    standard: Bench, tmp_path: Path
):
    one = pepper_file(tmp_path / "one", b"1" * 32)
    standard.restart(pepper_file=one)
    standard.register("alice")
    with pytest.raises(MissingPepper, match=f"1 .*{FIRST.pepper_id}"):
        standard.restart(pepper_file=None)
    standard.restart(pepper_lost=(FIRST.pepper_id,))
    assert standard.try_login("alice")["code"] == "NOT_CONFIGURED"
    assert standard.try_login("nobody")["code"] == "INVALID_CREDENTIALS"
    assert standard.register("bobby")
    assert standard.login("bobby")
    standard.restart(pepper_file=one, pepper_lost=())
    assert standard.login("alice")


def test_hashes_of_deleted_accounts_and_of_histories_need_their_pepper(
    standard: Bench, tmp_path: Path
):
    one = pepper_file(tmp_path / "one", b"1" * 32)
    standard.restart(pepper_file=one)
    alice, bobby = standard.member("alice"), standard.member("bobby")
    standard.ask(action="delete_user", session_token=alice, password=GOOD)
    change = {"action": "change_password", "session_token": bobby}
    standard.ask(**change, current_password=GOOD, new_password="another choice 8")
    two = pepper_file(tmp_path / "two", b"2" * 32)
    standard.restart(pepper_file=two, pepper_old_files=(one,))
    standard.login("bobby", "another choice 8")
    with pytest.raises(MissingPepper, match=re.escape("2 password hashes")):
        standard.restart(pepper_old_files=())
    standard.restart(pepper_old_files=(one,))
