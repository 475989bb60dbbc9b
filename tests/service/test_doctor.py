"""The examination of an installation finds what is wrong with it."""

import errno
import json
import os
import re
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.service.running import running_service
from tests.service.smtp_server import smtp_server
from ums_service.cli import cli
from ums_service.commands.examination import Grade

Findings = dict[str, tuple[str, str]]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that was used."""
    for name in [name for name in os.environ if name.startswith("UMS_")]:
        monkeypatch.delenv(name)
    old_umask = os.umask(0o077)
    monkeypatch.setenv("UMS_ARGON2_MEMORY_KIB", "8")

    with running_service(tmp_path / "ums-data"):
        pass
    os.umask(old_umask)
    return tmp_path / "ums-data"


def examined(data: Path, *, status: int) -> Findings:
    result = CliRunner().invoke(cli, ["doctor", "--json", "--data", str(data)])
    assert result.exit_code == status, result.output
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    return {line["about"]: (line["grade"], line["text"]) for line in lines}


def changes_of(data: Path) -> dict[str, tuple[int, int]]:
    """When each file was last written or changed; reading may be noted, too."""
    seen = {path.name: path.stat() for path in data.iterdir()}
    return {name: (one.st_mtime_ns, one.st_ctime_ns) for name, one in seen.items()}


def test_a_sound_installation_has_nothing_wrong(data: Path):
    before = changes_of(data)
    found = examined(data, status=0)
    assert found["store"][0] == found["master key"][0] == Grade.GOOD
    assert changes_of(data) == before
    assert set(found) == {
        "libraries",
        "profile",
        "endpoint",
        "store",
        "master key",
        "audit log",
        "disk",
        "flush",
        "clock",
        "open files",
        "passwords",
        "mail",
    }


def test_it_tells_how_far_back_the_audit_log_goes_and_how_long_it_is_kept(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    grade, text = examined(data, status=0)["audit log"]
    assert grade == Grade.GOOD
    assert re.fullmatch(r"goes back to 20\S+, entry 1; kept 2555 days", text)
    monkeypatch.setenv("UMS_AUDIT_HOLD", "true")
    assert "audit_hold" in examined(data, status=0)["audit log"][1]


def test_before_the_first_start_nothing_is_made(tmp_path: Path):
    examined(tmp_path / "ums-data", status=0)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_others_can_read_is_found(data: Path):
    (data / "keyring").chmod(0o644)
    grade, text = examined(data, status=1)["store"]
    assert grade == Grade.WRONG
    assert "keyring" in text


def test_a_damaged_file_is_found(data: Path):
    journal = max(data.glob("journal-*"))
    damaged = bytearray(journal.read_bytes())
    damaged[-1] ^= 1
    journal.write_bytes(damaged)
    grade, text = examined(data, status=1)["store"]
    assert grade == Grade.WRONG
    assert journal.name in text


def test_a_key_that_is_gone_is_found(data: Path):
    data.with_name("ums-data.key").unlink()
    assert examined(data, status=1)["master key"][0] == Grade.WRONG


def test_a_clock_behind_the_data_is_found(data: Path):
    late = (data / "keyring").stat().st_mtime + 10_000
    os.utime(data / "keyring", (late, late))
    grade, text = examined(data, status=1)["clock"]
    assert grade == Grade.WRONG
    assert "behind" in text


def test_a_full_disk_is_found_and_the_other_checks_go_on(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fdatasync", full)
    found = examined(data, status=1)
    assert found["flush"][0] == Grade.WRONG
    assert "No space left" in found["flush"][1]
    assert found["mail"][0] == Grade.GOOD


def test_an_open_endpoint_without_keys_is_found(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("UMS_BIND", "tcp://0.0.0.0:5556")
    assert examined(data, status=1)["endpoint"][0] == Grade.WRONG


def test_compat_is_doubtful_and_changed_policies_are_listed(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("UMS_PROFILE", "compat")
    assert examined(data, status=0)["profile"][0] == Grade.DOUBTFUL
    monkeypatch.setenv("UMS_PROFILE", "standard")
    monkeypatch.setenv("UMS_POLICY__FAILURES_MAX", "50")
    assert "failures_max = 50 (not 5)" in examined(data, status=0)["profile"][1]


def test_a_mail_server_that_does_not_answer_is_found(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    monkeypatch.setenv("UMS_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("UMS_SMTP_PORT", str(port))
    monkeypatch.setenv("UMS_SMTP_SECURITY", "plain")
    assert "mail_from" in examined(data, status=1)["mail"][1]
    monkeypatch.setenv("UMS_MAIL_FROM", "ums@example.org")
    grade, text = examined(data, status=1)["mail"]
    assert grade == Grade.WRONG
    assert "refused" in text
    with smtp_server() as (_, port):
        monkeypatch.setenv("UMS_SMTP_PORT", str(port))
        assert examined(data, status=0)["mail"][0] == Grade.GOOD


def test_a_pepper_that_cannot_be_read_is_found(
    data: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("UMS_PEPPER_FILE", str(data / "nothing"))
    assert examined(data, status=1)["passwords"][0] == Grade.WRONG


def test_people_get_one_line_for_each(data: Path):
    result = CliRunner().invoke(cli, ["doctor", "--data", str(data)])
    assert result.exit_code == 0
    assert all(
        line.startswith(("ok ", "doubt ")) for line in result.stdout.splitlines()
    )
