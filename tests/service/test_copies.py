"""Backups that are asked for over the wire, and compaction."""

import asyncio
import errno
import hashlib
from pathlib import Path

from tests.programs import run_program
from tests.service.harness import Bench, Message
from tests.service.running import login_as_admin, running_service, service_environment
from tests.service.test_keys import admin_key
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_service.deployment.backups import BackupFailed, Backups, Write

NAME = "ums-20260301T120000Z.tar"


def with_backups(bench: Bench, directory: Path, write: Write) -> Bench:
    made = Backups(directory, write)
    object.__setattr__(bench.service.facilities, "backups", made)
    return bench


async def written(file: Path) -> None:
    file.write_bytes(b"a backup")


def back_up(bench: Bench, **more: str) -> Message:
    return bench.ask(action="backup_store", **more)


def test_a_running_service_makes_a_backup_that_can_be_restored(tmp_path: Path):
    folder = tmp_path / "backups"
    folder.mkdir(mode=0o700)
    env = {"UMS_BACKUP_DIR": str(folder)}
    with running_service(tmp_path / "data", env=env) as service:
        admin = login_as_admin(service)
        ask = {"action": "backup_store", "session_token": admin}
        reply = service.ask(within_s=60, **ask)
        assert reply["status"] == "success", reply
        [file] = folder.iterdir()
        assert file.name == reply["file"]
        assert file.stat().st_size == reply["bytes"]
        assert hashlib.sha256(file.read_bytes()).hexdigest() == reply["sha256"]
        assert file.stat().st_mode & 0o777 == 0o600
        config = service.ask(action="get_config", session_token=admin)
        assert config["features"]["backups"] is True
        assert str(folder) not in str(config)
        assert str(tmp_path) not in str(reply)
    restored = tmp_path / "restored"
    words = ["restore", str(file), "--data", str(restored)]
    words += ["--key-file", str(tmp_path / "data.key")]
    done = run_program("ums_service", *words, env=service_environment())
    assert done.returncode == 0, done.stderr
    assert (restored / "MANIFEST").exists()


def test_a_backup_that_cannot_be_made_is_our_fault_and_leaves_no_file(tmp_path: Path):
    env = {"UMS_BACKUP_DIR": str(tmp_path / "nowhere")}
    with running_service(tmp_path / "data", env=env) as service:
        ask = {"action": "backup_store", "session_token": login_as_admin(service)}
        reply = service.ask(within_s=60, **ask)
        assert reply["code"] == "INTERNAL"
        assert "nowhere" not in str(reply)
        assert service.ask(action="health_check")["state"] == "ready"
    assert not (tmp_path / "nowhere").exists()


def test_no_caller_says_where_or_under_what_name(standard: Bench, tmp_path: Path):
    with_backups(standard, tmp_path, written)
    admin = standard.admin()
    for name in ("path", "file", "name", "directory"):
        reply = back_up(standard, session_token=admin, **{name: "/etc/passwd"})
        assert reply["code"] == "INVALID_REQUEST"
    assert list(tmp_path.iterdir()) == []


def test_a_backup_takes_a_permission_and_a_recent_proof(
    standard: Bench, tmp_path: Path
):
    with_backups(standard, tmp_path, written)
    alice, admin = standard.member("alice"), standard.admin()
    assert back_up(standard, session_token=alice)["code"] == "PERMISSION_DENIED"
    reading = admin_key(standard, "system.read")
    assert back_up(standard, api_key=reading)["code"] == "PERMISSION_DENIED"
    key = admin_key(standard, "system.admin")
    assert back_up(standard, api_key=key)["file"] == NAME
    standard.clock.advance(standard.profile.recent_login_s + 1)
    late = back_up(standard, session_token=admin)
    assert late["code"] == "REAUTHENTICATION_REQUIRED"


def test_a_backup_leaves_an_entry(standard: Bench, tmp_path: Path):
    with_backups(standard, tmp_path, written)
    admin = standard.admin()
    entries = standard.audited_by(lambda: back_up(standard, session_token=admin))
    [entry] = [one for one in entries if one["event"] == "store_backed_up"]
    digest = hashlib.sha256(b"a backup").hexdigest()
    assert entry["details"] == {"file": NAME, "bytes": 8, "sha256": digest}


def test_one_backup_is_made_at_a_time(standard: Bench, tmp_path: Path):
    async def slowly(file: Path) -> None:
        await asyncio.sleep(0.05)
        await written(file)

    with_backups(standard, tmp_path, slowly)
    ask = {"action": "backup_store", "session_token": standard.admin()}
    replies = standard.ask_all([ask, ask, ask])
    assert sorted(reply.get("code", "done") for reply in replies) == [
        "BUSY",
        "BUSY",
        "done",
    ]
    again = standard.ask(**ask)  # in the same second, the file is there
    assert (again["code"], again["retry_after"]) == ("BUSY", 1.0)
    standard.clock.advance(1)
    assert standard.ask(**ask)["file"] == "ums-20260301T120001Z.tar"


def test_after_one_that_failed_the_next_is_made(standard: Bench, tmp_path: Path):
    failing = [True]

    async def at_first_not(file: Path) -> None:
        if failing:
            raise BackupFailed
        await written(file)

    with_backups(standard, tmp_path, at_first_not)
    ask = {"action": "backup_store", "session_token": standard.admin()}
    assert standard.ask(**ask)["code"] == "INTERNAL"
    failing.clear()
    assert standard.ask(**ask)["file"] == NAME


def test_asked_again_with_its_key_the_same_backup_is_told(
    standard: Bench, tmp_path: Path
):
    with_backups(standard, tmp_path, written)
    ask = {"action": "backup_store", "session_token": standard.admin()}
    ask["idempotency_key"] = "nightly-2026-03-01"
    first = standard.ask(**ask)
    standard.clock.advance(5)
    assert standard.ask(**ask) == first
    assert len(list(tmp_path.iterdir())) == 1


def test_compaction_shrinks_the_journals_and_loses_nothing(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    before = standard.store.figures
    assert before.base_bytes == 0
    reply = standard.ask(action="compact_store", session_token=admin)
    assert reply["bytes_before"] == before.journal_bytes
    after = standard.store.figures
    assert after.base_bytes > 0
    assert after.journal_bytes < before.journal_bytes
    assert standard.ask(action="get_user", session_token=alice)["status"] == "success"
    standard.restart()
    assert standard.login("alice")


def test_compaction_takes_a_permission_and_a_recent_proof(standard: Bench):
    alice, admin = standard.member("alice"), standard.admin()
    ask = {"action": "compact_store"}
    assert standard.ask(**ask, session_token=alice)["code"] == "PERMISSION_DENIED"
    standard.clock.advance(standard.profile.recent_login_s + 1)
    late = standard.ask(**ask, session_token=admin)
    assert late["code"] == "REAUTHENTICATION_REQUIRED"


def test_compaction_on_a_full_disk_is_refused_as_such():
    fault = Fault(Call.WRITE, number=1_000_000_000, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        admin = bench.admin()
        fault.errno = errno.ENOSPC
        fault.number = fault.counts[Call.WRITE] + 1
        reply = bench.ask(action="compact_store", session_token=admin)
        fault.mended = True
        assert reply["code"] == "STORAGE_FULL"


def test_without_a_directory_there_are_no_backups(standard: Bench):
    reply = back_up(standard, session_token=standard.admin())
    assert reply["code"] == "NOT_CONFIGURED"
