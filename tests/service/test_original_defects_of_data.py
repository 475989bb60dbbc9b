"""Defects 15 to 24 of the original service: robustness and data; see `test_original_defects`."""

import asyncio
import json
import logging
import os
from pathlib import Path

import pytest
import zmq

from storage import RealDisk, StoreCorrupt, StoreLocked, WrongPassword
from storage.store import Store
from tests.service.harness import (
    MASTER,
    Bench,
    creation,
    login,
    pack,
    unpack,
    update,
)
from tests.service.running import (
    RunningService,
    peer,
    receive,
    run_to_end,
    running_service,
)
from ums_service.deployment.opening import COLLECTIONS, STREAMS
from ums_service.domain.users import USERS

WRONG = "Invalid username/email or password"


def all_users(bench: Bench) -> list:
    return list(bench.store.scan(USERS))


# --- robustness ---

KILLING_FRAMES = {
    "a list": [b"[]"],
    "text": [b'"x"'],
    "null": [b"null"],
    "invalid UTF-8": [b'{"action": "\xff\xfe"}'],
    "many parts": [b'{"action": "health_check"}', b"{}", b"x"],
    "logout with a list": [b'{"action": "logout", "session_token": []}'],
    "list_users with a list": [b'{"action": "list_users", "session_token": [1]}'],
}


@pytest.mark.parametrize("frames", KILLING_FRAMES.values(), ids=KILLING_FRAMES)
def test_defect_15_no_frame_ends_the_service(
    shared_standard: RunningService, shared_compat: RunningService, frames: list[bytes]
):
    for service in (shared_standard, shared_compat):
        with peer(service.endpoint, zmq.REQ) as socket:
            socket.send_multipart(frames)
            reply = json.loads(receive(socket)[-1])
            assert reply["status"] == "error"
            assert reply["message"]
            socket.send(b'{"action": "health_check"}')
            assert json.loads(receive(socket)[-1])["status"] == "healthy"
        assert service.alive


@pytest.mark.parametrize(
    "message",
    [{"session_token": [1]}, {"session_token": {"a": 1}}, {"session_token": True}],
    ids=str,
)
def test_defect_15_a_token_of_any_type_is_an_error_in_every_action(
    either: Bench, message: dict
):
    for action in ("logout", "get_user", "update_user", "delete_user", "list_users"):
        reply = unpack(either.ask_bytes(pack({"action": action, **message})))
        assert reply["message"] == "session_token: should be text"


@pytest.mark.parametrize(
    "message",
    [
        creation("x")
        | {"user_data": {"username": 5, "email": "a@b.org", "password": "x"}},
        {"action": "login", "credentials": {"username": {}, "password": "x"}},
        {"action": "login", "credentials": 7},
        {"action": {"a": 1}},
        {"action": "get_user", "session_token": {}},
    ],
    ids=lambda message: str(message)[:60],
)
def test_defect_16_no_text_of_an_exception_is_told(either: Bench, message: dict):
    text = json.dumps(either.ask(**message))
    for betrayal in ("object has no", "unhashable", "Traceback", "Error", "NoneType"):
        assert betrayal not in text


def test_defect_16_a_fault_of_ours_is_told_as_a_number(
    either: Bench, caplog: pytest.LogCaptureFixture
):
    secret = "canary"

    def broken() -> str:
        raise RuntimeError(f"the user typed {secret}")

    facilities = either.service.facilities
    object.__setattr__(facilities, "new_user_id", broken)
    with caplog.at_level(logging.ERROR):
        reply = either.ask(**creation("alice"))
    assert reply["code"] == "INTERNAL"
    assert reply["message"] == "Internal error"
    assert reply["incident"] in caplog.text
    assert "RuntimeError" in caplog.text
    assert f"typed {secret}" not in caplog.text


def test_defect_17_a_login_in_its_hash_keeps_nobody_waiting(tmp_path: Path):
    slow = {"UMS_ARGON2_MEMORY_KIB": "131072", "UMS_HASHING_THREADS": "1"}
    with (
        running_service(tmp_path / "data", env=slow) as service,
        peer(service.endpoint) as socket,
    ):
        socket.send(json.dumps(login("nobody", "wrong")).encode())
        socket.send(b'{"action": "health_check"}')
        first = json.loads(receive(socket)[-1])
        second = json.loads(receive(socket)[-1])
    assert (first["status"], second["status"]) == ("healthy", "error")


@pytest.mark.parametrize(
    ("profile", "reason"), [("standard", "CURVE"), ("compat", "this machine only")]
)
def test_defect_18_what_others_can_reach_needs_keys(
    tmp_path: Path, profile: str, reason: str
):
    bind = ("--bind", "tcp://*:0")
    status, output = run_to_end(tmp_path / "data", *bind, profile=profile)
    assert status == 78
    assert reason in output


# --- data ---


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A directory with a store that holds alice."""
    data = tmp_path / "data"
    with Bench(RealDisk(data)) as bench:
        bench.register("alice")
    return data


def contents(data: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes() for path in data.iterdir() if path.name != "LOCK"
    }


def reopen(data: Path, master: bytes = MASTER) -> Store:
    return Store.open(
        RealDisk(data), master, collections=COLLECTIONS, streams=STREAMS, now=1
    )


def test_defect_19_a_wrong_master_password_changes_nothing(kept: Path):
    before = contents(kept)
    with pytest.raises(WrongPassword):
        reopen(kept, b"another")
    assert contents(kept) == before


def _cut(data: bytes) -> bytes:
    return data[:-20]


def _flip(data: bytes) -> bytes:
    return data[:-30] + bytes([data[-30] ^ 1]) + data[-29:]


@pytest.mark.parametrize("damage", [_cut, _flip], ids=["cut", "flipped"])
def test_defect_19_a_damaged_store_is_refused_and_kept(kept: Path, damage):
    [journal] = kept.glob("journal-*")
    journal.write_bytes(damage(journal.read_bytes()))
    before = contents(kept)
    with pytest.raises(StoreCorrupt):
        reopen(kept)
    assert contents(kept) == before


def test_defect_20_a_refused_change_changes_nothing(either: Bench):
    alice = either.member("alice")
    either.register("bobby")
    before = either.user("alice")
    both = update(alice, username="free", email="bobby@example.org", city="Oxford")
    assert either.ask(**both)["message"] == "Email already registered"
    assert either.user("alice") == before
    shown = either.ask(action="get_user", session_token=alice)["user"]
    assert (shown["username"], shown["city"]) == ("alice", "")


def test_defect_21_two_services_never_share_a_store(kept: Path):
    first = reopen(kept)
    with pytest.raises(StoreLocked, match=str(os.getpid())):
        reopen(kept)
    asyncio.run(first.close())


def test_defect_21_a_login_writes_little_however_many_accounts_there_are(
    tmp_path: Path,
):
    data = tmp_path / "data"
    with Bench(RealDisk(data)) as bench:
        for number in range(200):
            bench.register(f"user{number}")
        [journal] = data.glob("journal-*")
        before = journal.stat().st_size
        bench.login("user7")
        assert journal.stat().st_size - before < 2_000


def test_defect_22_two_stores_of_one_password_have_nothing_in_common(tmp_path: Path):
    rings = []
    for name in ("one", "two"):
        with Bench(RealDisk(tmp_path / name)):
            rings.append((tmp_path / name / "keyring").read_bytes())
    assert rings[0] != rings[1]


@pytest.mark.parametrize("file", ["MANIFEST", "keyring", "journal"])
def test_defect_23_an_empty_or_missing_file_is_no_empty_store(kept: Path, file: str):
    [path] = kept.glob(f"{file}*")
    for spoil in (lambda: path.write_bytes(b""), path.unlink):
        spoil()
        left = contents(kept)
        status, output = run_to_end(kept, env={"UMS_MASTER_PASSWORD": MASTER.decode()})
        assert status != 0, output
        assert contents(kept) == left


def test_defect_24_a_start_that_is_refused_leaves_the_files_as_they_were(kept: Path):
    before = contents(kept)
    status, output = run_to_end(kept, env={"UMS_MASTER_PASSWORD": "another"})
    assert status == 78, output
    assert contents(kept) == before
    status, _ = run_to_end(kept)  # no key at all
    assert status == 78
    assert contents(kept) == before
