"""`import` of CSV, JSON and JSON lines, by the rules of `import_users`."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.service.foreign_vectors import HASHES, PASSWORD
from tests.service.harness import Bench, Message, login
from tests.service.running import running_service
from tests.service.test_commands import Shell
from ums_service.commands import import_files
from ums_service.commands.offline import open_offline
from ums_service.deployment.settings import Settings
from ums_service.domain.audit import AUDIT
from ums_service.domain.users import USERS

ROWS: list[Message] = [
    {"username": "ann", "email": "ann@example.org", "full_name": "Ann", "city": "Ely"},
    {"username": "bob", "email": "not an address"},
    {"username": "Ann", "email": "other@example.org"},
    {"username": "root", "email": "root@example.org", "role": "admin"},
    {"username": "cyd", "email": "cyd@example.org", "role": "moderator"},
]
VERDICTS = ["create", "refuse", "refuse", "refuse", "create"]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path / "ums")
    shell.folder.mkdir()
    return shell


def written(folder: Path, kind: str, rows: list[Message]) -> Path:
    file = folder / f"people.{kind}"
    if kind == "json":
        file.write_text(json.dumps(rows))
    elif kind == "jsonl":
        file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        names = sorted({name for row in rows for name in row})
        lines = [",".join(str(row.get(name, "")) for name in names) for row in rows]
        file.write_text("\n".join([",".join(names), *lines, ""]))
    return file


def told(shell: Shell, file: Path, *words: str, status: int = 3) -> list[Message]:
    kind = file.suffix[1:]
    given = ["--format", kind] if kind == "json" else []
    out = shell.run("import", file, *given, *words, status=status).stdout
    return [json.loads(line) for line in out.splitlines()]


def stored(shell: Shell) -> dict[str, Any]:
    async def read() -> dict[str, Any]:
        async with open_offline(Settings(data=shell.data)) as store:
            return {user.username: user for user in store.scan(USERS)}

    return asyncio.run(read())


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl"])
def test_each_row_gets_its_verdict_and_is_imported(
    shell: Shell, tmp_path: Path, kind: str
):
    lines = told(shell, written(tmp_path, kind, ROWS))
    assert [line["verdict"] for line in lines] == VERDICTS
    assert [line["row"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[2]["reasons"] == ["username: the same as in row 1"]
    users = stored(shell)
    assert set(users) == {"ann", "cyd"}
    assert (users["ann"].city, users["cyd"].role) == ("Ely", "moderator")


def test_the_verdicts_are_those_of_the_service(
    shell: Shell, tmp_path: Path, standard: Bench
):
    lines = told(shell, written(tmp_path, "json", ROWS))
    asked = {"action": "import_users", "session_token": standard.admin()}
    results = standard.ask(**asked, users=ROWS)["results"]
    both = ("row", "verdict", "username", "reasons", "warnings")
    assert [{n: r.get(n) for n in both} for r in lines] == [
        {n: r.get(n) for n in both} for r in results
    ]


def test_a_dry_run_changes_nothing(shell: Shell, tmp_path: Path):
    shell.run("import", written(tmp_path, "jsonl", []))
    lines = told(shell, written(tmp_path, "csv", ROWS), "--dry-run")
    assert [line["verdict"] for line in lines] == VERDICTS
    assert stored(shell) == {}
    assert "user_imported" not in shell.run("audit").stdout


def test_rows_of_different_batches_are_told_apart_in_a_dry_run_too(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(import_files, "BATCH_ROWS", 2)
    shell.run("import", written(tmp_path, "jsonl", []))
    for words in (["--dry-run"], []):
        lines = told(shell, written(tmp_path, "csv", ROWS), *words)
        assert [line["verdict"] for line in lines] == VERDICTS


def test_accounts_that_are_there_stay_or_are_updated(shell: Shell, tmp_path: Path):
    file = written(tmp_path, "csv", ROWS[:1])
    told(shell, file, status=0)
    [again] = told(shell, file, status=0)
    assert again["verdict"] == "skip"
    [refused] = told(shell, file, "--on-existing", "refuse")
    assert refused["reasons"] == ["username: there already"]
    moved = written(tmp_path, "json", [ROWS[0] | {"city": "York"}])
    [changed] = told(shell, moved, "--on-existing", "update", status=0)
    assert changed["changed"] == ["city"]
    assert stored(shell)["ann"].city == "York"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("csv", "username,email\nann\n"),
        ("json", '{"username": "ann"}'),
        ("jsonl", '{"username": "ann", "email": "a@example.org"}\nnonsense\n'),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    shell: Shell, tmp_path: Path, kind: str, text: str
):
    file = tmp_path / f"people.{kind}"
    file.write_text(text)
    result = shell.run("import", file, "--format", kind, status=1)
    assert "nothing was changed" in result.stderr
    assert not shell.data.exists()


def test_a_file_in_another_encoding_is_told_so(shell: Shell, tmp_path: Path):
    file = tmp_path / "people.csv"
    file.write_bytes("username,email\nann,ann@example.org\n".encode("utf-16"))
    assert "text in UTF-8" in shell.run("import", file, status=1).stderr


def test_flags_of_the_one_are_none_of_the_other(shell: Shell, tmp_path: Path):
    file = written(tmp_path, "csv", ROWS)
    shell.run("import", file, "--keep-roles", status=2)
    shell.run("import", file, "--format", "original", "--label", "x", status=2)


def test_people_log_in_with_their_old_passwords(shell: Shell, tmp_path: Path):
    row = ROWS[0] | {"password_hash": HASHES["django pbkdf2_sha256"]}
    told(shell, written(tmp_path, "json", [row]), "--label", "from HR", status=0)
    with running_service(shell.data) as service:
        answer = service.ask(**login("ann", PASSWORD))
    assert answer["status"] == "success", answer


def test_an_entry_says_that_nobody_in_the_service_did_it(shell: Shell, tmp_path: Path):
    told(shell, written(tmp_path, "csv", ROWS))

    async def read() -> list[Message]:
        async with open_offline(Settings(data=shell.data)) as store:
            return [entry.data for entry in store.entries(AUDIT)]

    entries = [e for e in asyncio.run(read()) if e["event"] == "user_imported"]
    assert len(entries) == 2
    assert all("actor" not in entry for entry in entries)
    assert entries[0]["details"]["import_id"]
