"""The operator's commands, each as it is typed."""

import asyncio
import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from storage import RealDisk, StoreOptions
from tests.service.harness import login
from tests.service.original import original_file, record
from tests.service.running import running_service
from ums_service.cli import cli
from ums_service.commands.offline import open_offline
from ums_service.deployment.settings import Settings
from ums_service.domain.audit import AUDIT


class Shell:
    """Runs commands on one store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"

    def run(self, *words: str | Path, status: int = 0) -> Result:
        command, *rest = words
        below = command == "keys" or rest[:1] in (["verify"], ["export"])
        names = [command, rest.pop(0)] if below else [command]
        line = [*names, "--data", self.data, *rest]
        result = CliRunner().invoke(cli, [str(word) for word in line])
        assert result.exit_code == status, (line, result.output, result.exception)
        return result

    def bytes_of_files(self) -> dict[str, bytes]:
        """Every file of the store but the lock, which tells who looked last."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in self.folder.rglob("*")
            if path.is_file() and path.name != "LOCK"
        }


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """A store with two imported accounts, bob being administrator."""
    shell = Shell(tmp_path / "ums")
    shell.folder.mkdir()
    file = tmp_path / "users_encrypted.json"
    file.write_bytes(
        original_file(
            {
                "bob": record("bob", "bobs old password", role="admin"),
                "eve": record("eve", "eves old password"),
            }
        )
    )
    shell.run("import", file, "--keep-roles")
    return shell


def test_a_quick_and_a_full_check_find_a_sound_store(shell: Shell) -> None:
    assert "sound:" in shell.run("verify").stdout
    full = shell.run("verify", "--full").stdout
    assert re.search(r"\n?head [0-9a-f]{32}:\d+:\d+:[0-9a-f]{64}\n", full)


def test_a_flipped_bit_is_found_and_the_command_fails(shell: Shell) -> None:
    journal = max(shell.data.glob("journal-*"))
    damaged = bytearray(journal.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    journal.write_bytes(damaged)
    result = shell.run("verify", status=1)
    assert journal.name in result.stderr
    assert "offset" in result.stderr


def test_a_store_that_was_set_back_is_found_with_a_head_kept_elsewhere(
    shell: Shell, tmp_path: Path
) -> None:
    archive = tmp_path / "old.tar"
    shell.run("backup", archive)
    shell.run("recover-admin", "--username", "eve")
    head = _head(shell)
    shell.run("verify", "--against", head)
    for path in shell.data.iterdir():
        if path.is_file():
            path.unlink()
    (shell.data / "quarantine").rmdir() if (
        shell.data / "quarantine"
    ).exists() else None
    shell.run("restore", archive)
    assert "head" in shell.run("verify", "--against", head, status=1).stderr.lower()


def test_a_backup_restores_into_an_empty_directory_only(
    shell: Shell, tmp_path: Path
) -> None:
    archive = tmp_path / "copy.tar"
    shell.run("backup", archive)
    assert stat.S_IMODE(archive.stat().st_mode) == 0o600
    before = shell.bytes_of_files()
    shell.run("restore", archive, status=1)
    assert shell.bytes_of_files() == before
    other = Shell(tmp_path / "other")
    other.folder.mkdir()
    key = (shell.folder / "data.key").read_bytes()
    (other.folder / "data.key").write_bytes(key)
    (other.folder / "data.key").chmod(0o600)
    other.run("restore", archive)
    assert _accounts(other) == _accounts(shell)


def test_a_restore_says_what_is_missing_and_what_is_no_backup(
    shell: Shell, tmp_path: Path
) -> None:
    archive, cut, other = tmp_path / "copy.tar", tmp_path / "cut.tar", tmp_path / "new"
    shell.run("backup", archive)
    cut.write_bytes(archive.read_bytes()[:3000])
    elsewhere = Shell(other)
    other.mkdir()
    told = elsewhere.run("restore", archive, status=78).stderr
    assert "data.key is not there" in told
    assert "holds a store" not in told
    key = ("--key-file", shell.folder / "data.key")
    for file in (cut, shell.folder / "data.key"):
        result = elsewhere.run("restore", file, *key, status=1)
        assert isinstance(result.exception, SystemExit)
        assert "nothing was restored" in result.stderr
    elsewhere.run("restore", archive, *key)


def test_output_that_nobody_reads_any_more_ends_a_command_quietly(shell: Shell) -> None:
    command = [sys.executable, "-m", "ums_service", "audit", "--data", str(shell.data)]
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_restored_store_renews_no_token_and_signs_with_another_key(
    shell: Shell, tmp_path: Path
) -> None:
    with running_service(shell.data) as service:
        asked = login("eve", "eves old password")
        asked["credentials"]["tokens"] = True
        tokens = service.ask(**asked)
        [key] = service.ask(action="get_signing_keys")["keys"]
    archive = tmp_path / "copy.tar"
    shell.run("backup", archive)
    shutil.rmtree(shell.data)
    shell.run("restore", archive)
    assert "store_restored" in shell.run("audit").stdout
    with running_service(shell.data) as service:
        renewal = {"refresh_token": tokens["refresh_token"]}
        reply = service.ask(action="refresh_token", **renewal)
        assert reply["code"] == "INVALID_TOKEN"
        assert service.ask(action="get_signing_keys")["keys"] == []
        assert service.ask(**asked)["status"] == "success"
        [new] = service.ask(action="get_signing_keys")["keys"]
    assert new["kid"] != key["kid"]


def test_a_backup_can_be_taken_while_the_service_runs(
    shell: Shell, tmp_path: Path
) -> None:
    with running_service(shell.data):
        shell.run("backup", tmp_path / "copy.tar")
        shell.run("verify", "--full")
        assert "in use" in shell.run("audit", status=1).stderr


def test_a_damaged_backup_is_refused(shell: Shell, tmp_path: Path) -> None:
    archive = tmp_path / "copy.tar"
    shell.run("backup", archive)
    damaged = bytearray(archive.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    archive.write_bytes(damaged)
    other = Shell(tmp_path / "other")
    other.folder.mkdir()
    (other.folder / "data.key").write_bytes((shell.folder / "data.key").read_bytes())
    (other.folder / "data.key").chmod(0o600)
    other.run("restore", archive, status=1)


def test_after_the_master_password_changed_the_old_one_opens_nothing(
    shell: Shell, tmp_path: Path
) -> None:
    new = tmp_path / "new.key"
    new.write_text("another master password\n")
    new.chmod(0o600)
    shell.run("change-master-password", "--new-key-file", new)
    assert "password" in shell.run("verify", "--full", status=78).stderr.lower()
    shell.run("verify", "--full", "--key-file", new)


def test_rotation_leaves_the_data_and_voids_the_old_keyring(shell: Shell) -> None:
    before, keyring = _accounts(shell), (shell.data / "keyring").read_bytes()
    shell.run("rotate-key")
    assert _accounts(shell) == before
    (shell.data / "keyring").write_bytes(keyring)
    shell.run("verify", "--full", status=1)


def test_repair_cuts_copies_and_tells_what_was_lost(shell: Shell) -> None:
    shell.run("recover-admin", "--username", "eve")
    journal = max(shell.data.glob("journal-*"))
    damaged = bytearray(journal.read_bytes())
    damaged[-10] ^= 1
    journal.write_bytes(damaged)
    refused = shell.run("audit", status=1).stderr
    good = re.search(r"last good sequence is (\d+)", refused)
    assert good, refused
    shell.run("repair", "--accept-loss-after", str(int(good[1]) + 1), status=1)
    told = shell.run("repair", "--accept-loss-after", good[1]).stderr
    assert "quarantine" in told
    assert list((shell.data / "quarantine").iterdir())
    assert "store_repaired" in shell.run("audit").stdout


def test_repair_of_a_sound_store_changes_nothing(shell: Shell) -> None:
    before = shell.bytes_of_files()
    shell.run("repair", "--accept-loss-after", "0")
    assert shell.bytes_of_files() == before


def test_imported_people_log_in_with_their_old_passwords(shell: Shell) -> None:
    with running_service(shell.data) as service:
        for _ in range(2):  # the second time against the hash made at the first
            reply = service.ask(
                action="login",
                credentials={"username": "eve", "password": "eves old password"},
            )
            assert reply["status"] == "success", reply
    assert b"pbkdf2" not in (shell.run("audit").stdout).encode()


def test_a_backup_that_fails_leaves_nothing_of_itself(
    shell: Shell, tmp_path: Path
) -> None:
    """What is left of one takes room, and is as secret as a whole one."""
    target = tmp_path / "backups"
    target.mkdir()
    journal = max(shell.data.glob("journal-*"))
    damaged = bytearray(journal.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    journal.write_bytes(damaged)
    shell.run("backup", target / "copy.tar", status=1)
    assert list(target.iterdir()) == []


def test_import_judges_every_account_and_changes_nothing_on_a_dry_run(
    tmp_path: Path,
) -> None:
    shell = Shell(tmp_path / "ums")
    shell.folder.mkdir()
    file = tmp_path / "users_encrypted.json"
    records = {
        "ann": record("ann", "x"),
        "a@b.c": record("a@b.c", "x", email="other@example.org"),
        "dup": record("dup", "x", email="ann@example.org"),
        "root": record("root", "x", role="admin"),
        "odd": record(
            "odd", "x", full_name=7, metadata={"a": float("nan")}, created_at="then"
        ),
        "bad": record("bad", "x", password_hash="short"),
        "list": [],
    }
    file.write_bytes(original_file(records))
    verdicts = {}
    dry = shell.run("import", file, "--dry-run", status=3)
    for line in dry.stdout.splitlines():
        name, verdict, *_ = line.split("\t")
        verdicts[name] = verdict
    new = {"ann", "root", "odd"}
    assert verdicts == {n: "new" if n in new else "refused" for n in records}
    assert shell.bytes_of_files() == {}
    shell.run("import", file, status=3)
    again = shell.run("import", file, status=3).stdout
    assert again.count("there already") == len(new)


def test_no_account_of_an_original_keeps_the_others_from_coming(tmp_path: Path) -> None:
    """The original took any JSON that its Python read, in any field but three."""
    shell = Shell(tmp_path / "ums")
    shell.folder.mkdir()
    deep: dict[str, Any] = {}
    for _ in range(100):
        deep = {"a": deep}
    odd: list[Any] = [10**30, 10**4_000, "\ud800", {"\ud800": 1}, deep, "x" * 20_000]
    records = {
        f"m{i}": record(f"m{i}", "x", metadata={"a": v}) for i, v in enumerate(odd)
    }
    records |= {
        "long": record("long", "x", full_name="x" * 1_000_000),
        "types": record("types", "x", role=["admin"], status={}, created_at=7),
        "\ud800": record("\ud800", "x"),
        "a\x1b[2J\nb\tnew": record("a\x1b[2J\nb\tnew", "x"),
        "well": record("well", "x", metadata={"a": [1, 2.5, None, "\u00e4"]}),
    }
    file = tmp_path / "users_encrypted.json"
    file.write_bytes(original_file(records))
    told = shell.run("import", file, status=3).stdout.splitlines()
    assert len(told) == len(records)
    refused = [line.split("\t")[0] for line in told if "\trefused\t" in line]
    assert refused == ["\\ud800", "a\\x1b[2J\\nb\\tnew"]
    assert sum("metadata is left out" in line for line in told) == len(odd)
    assert "full_name is cut" in next(x for x in told if x.startswith("long"))
    shell.run("verify", "--full")


@pytest.mark.parametrize("damage", ["password", "cut", "flip", "empty"])
def test_an_original_that_cannot_be_read_changes_nothing(
    shell: Shell, tmp_path: Path, damage: str
) -> None:
    token = original_file({"zoe": record("zoe", "x")}, master="secret of the original")
    password = tmp_path / "password"
    password.write_text("wrong" if damage == "password" else "secret of the original")
    if damage == "cut":
        token = token[:-20]
    elif damage == "flip":
        token = token[:100] + (b"A" if token[100:101] != b"A" else b"B") + token[101:]
    elif damage == "empty":
        token = b""
    file = tmp_path / "damaged.json"
    file.write_bytes(token)
    before = shell.bytes_of_files()
    result = shell.run("import", file, "--password-file", password, status=1)
    assert "nothing was changed" in result.stderr
    assert shell.bytes_of_files() == before


def test_recover_admin_gives_a_first_password_that_must_be_changed(
    shell: Shell,
) -> None:
    password = shell.run("recover-admin", "--username", "eve").stdout.strip()
    with running_service(shell.data) as service:
        credentials = {"username": "eve", "password": password}
        reply = service.ask(action="login", credentials=credentials)
    assert reply["code"] == "PASSWORD_CHANGE_REQUIRED"
    shell.run("recover-admin", "--username", "nobody", status=1)


def test_the_audit_log_is_printed_as_json_lines(shell: Shell) -> None:
    entries = [json.loads(line) for line in shell.run("audit").stdout.splitlines()]
    assert [entry["number"] for entry in entries] == [1, 2]
    assert {entry["event"] for entry in entries} == {"user_imported"}
    assert all(entry["subject_name"] for entry in entries)
    assert len(shell.run("audit", "--after", "1").stdout.splitlines()) == 1


def test_dropped_entries_are_printed_from_their_archive(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "ums_service.deployment.opening.StoreOptions",
        partial(StoreOptions, segment_bytes=1),
    )
    settings, archive = Settings(data=shell.data), tmp_path / "archive"

    async def drop() -> None:
        async with open_offline(settings) as store:
            await store.checkpoint()
            async with store.transaction() as tx:
                tx.append(AUDIT, {"at": "2026", "event": "newer"})
            await store.checkpoint()
            await store.drop(AUDIT, 2, archive=RealDisk(archive))

    before = shell.run("audit").stdout.splitlines()
    asyncio.run(drop())
    assert shell.run("audit", "--archive", archive).stdout.splitlines() == before
    (left,) = shell.run("audit").stdout.splitlines()
    assert json.loads(left)["event"] == "newer"
    assert "intact: 1 entries; 2 older" in shell.run("audit", "verify").stdout
    for path in archive.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (segment,) = [path for path in archive.iterdir() if not path.suffix]
    segment.write_bytes(segment.read_bytes()[:-1])
    shell.run("audit", "--archive", archive, status=1)


def test_the_audit_log_is_verified_and_its_head_kept(
    shell: Shell, tmp_path: Path
) -> None:
    told = shell.run("audit", "verify").stdout.splitlines()
    assert told[0] == "intact: 2 entries"
    head = told[1].removeprefix("head ")
    assert head in shell.run("verify", "--full").stdout
    anchor = tmp_path / "heads"
    anchor.write_text(f"2026-01-01 {head}\n")
    assert "sound" in shell.run("verify", "--against", f"@{anchor}").stdout
    anchor.write_text("2026-01-01 nonsense\n")
    shell.run("verify", "--against", f"@{anchor}", status=1)
    shell.run("verify", "--against", "@nowhere", status=1)


def test_a_damaged_audit_log_is_told_with_its_first_bad_entry(shell: Shell) -> None:
    shell.run("rotate-key")
    (segment,) = [p for p in shell.data.glob("audit-*") if p.suffix != ".index"]
    content = bytearray(segment.read_bytes())
    content[150] ^= 1
    segment.write_bytes(content)
    assert "entry 1 is lost" in shell.run("audit", "verify", status=1).stderr
    assert segment.name in shell.run("audit", status=1).stderr


def test_the_audit_log_is_exported_in_each_format_with_its_digest(
    shell: Shell, tmp_path: Path
) -> None:
    made = {}
    for kind in ("jsonl", "csv", "pdf"):
        file = tmp_path / f"log.{kind}"
        told = shell.run("audit", "export", file, "--format", kind).stdout
        made[kind] = file.read_bytes()
        assert told == f"{hashlib.sha256(made[kind]).hexdigest()}  log.{kind}\n"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        shell.run("audit", "export", file, "--format", kind, status=1)
        assert file.read_bytes() == made[kind]
    events = [json.loads(line)["event"] for line in made["jsonl"].splitlines()]
    assert events == ["user_imported"] * 2
    assert made["csv"].decode().splitlines()[0].startswith("number,at,severity,event")
    assert len(made["csv"].splitlines()) == 3
    assert made["pdf"].startswith(b"%PDF")


def test_an_export_can_be_narrowed_and_may_be_empty(
    shell: Shell, tmp_path: Path
) -> None:
    narrowed = {
        "none": ["--event", "login"],
        "all": ["--event", "login", "--event", "user_imported"],
        "late": ["--since", "2999-01-01"],
    }
    lines = {}
    for name, words in narrowed.items():
        shell.run("audit", "export", tmp_path / name, *words)
        lines[name] = len((tmp_path / name).read_bytes().splitlines())
    assert lines == {"none": 0, "all": 2, "late": 0}
    shell.run("audit", "export", tmp_path / "bad", "--since", "soon", status=1)
    assert not (tmp_path / "bad").exists()


def test_options_before_a_command_of_the_audit_log_are_refused(shell: Shell) -> None:
    words = ["audit", "--data", str(shell.data), "verify"]
    assert CliRunner().invoke(cli, words).exit_code == 2


def test_keys_are_made_listed_and_revoked_and_never_replaced(
    shell: Shell, tmp_path: Path
) -> None:
    public = Path(shell.run("keys", "make-server").stdout.strip())
    assert "secret-key" not in public.read_text()
    secret = public.with_suffix(".key_secret")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    shell.run("keys", "make-server", status=78)
    shell.run("keys", "make-client", "portal", "--out", tmp_path / "out")
    assert shell.run("keys", "list").stdout == "portal\n"
    shell.run("keys", "make-client", "../evil", "--out", tmp_path / "out", status=78)
    shell.run("keys", "revoke", "portal")
    assert shell.run("keys", "list").stdout == ""
    shell.run("keys", "authorise", tmp_path / "out" / "portal.key")
    assert shell.run("keys", "list").stdout == "portal\n"


def test_commands_on_a_missing_store_do_not_make_one(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "ums")
    shell.folder.mkdir()
    for words in (["verify"], ["audit"], ["recover-admin"], ["rotate-key"]):
        assert "no store" in shell.run(*words, status=1).stderr
    assert shell.bytes_of_files() == {}


def _head(shell: Shell) -> str:
    found = re.search(r"head (\S+)", shell.run("verify", "--full").stdout)
    assert found
    return found[1]


def _accounts(shell: Shell) -> str:
    """How many documents a full check counts."""
    found = re.search(r"(\d+) documents", shell.run("verify", "--full").stdout)
    assert found
    return found[1]
