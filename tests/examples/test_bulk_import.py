"""A file of accounts goes in as a whole, or not at all."""

import json
from pathlib import Path

import pytest

from examples.bulk_import import Import
from tests.examples.live import Live, logged_in, run_example
from tests.service.harness import ADMIN_PASSWORD
from ums_client import Client, errors
from ums_client.protocol.imports import ImportUsers, ListImports

ROWS = 250
"""Three batches."""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(ADMIN_PASSWORD + "\n")
    return path


def people(path: Path, prefix: str, count: int = ROWS, *more: str) -> Path:
    rows = [f"{prefix}{n},{prefix}{n}@example.org" for n in range(count)]
    path.write_text("\n".join(["username,email", *rows, *more]) + "\n")
    return path


def exists(live: Live, name: str) -> bool:
    """Whether the name is taken."""
    taken = {
        "username": name,
        "email": f"{name}@example.net",
        "password": "long-enough-9",
    }
    reply = live.service.ask(action="create_user", user_data=taken)
    return reply.get("code") == "CONFLICT"


def test_a_file_goes_in(live: Live, tmp_path: Path, secret: Path):
    file = people(tmp_path / "people.csv", "ann")
    given = (file, "--service", live.endpoint, "--password-file", secret)
    looked = run_example("bulk_import", *given, "--dry-run")
    assert (looked.returncode, looked.stderr) == (0, "")
    assert json.loads(looked.stdout)["created"] == ROWS
    with live.admin() as admin:
        assert admin.call(ListImports()).total == 0
    done = run_example("bulk_import", *given)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["created"] == ROWS
    assert exists(live, "ann0")
    assert exists(live, f"ann{ROWS - 1}")


def test_with_one_bad_row_nothing_goes_in(live: Live, tmp_path: Path, secret: Path):
    file = people(tmp_path / "people.csv", "ben", ROWS, "x,no address")
    given = (file, "--service", live.endpoint, "--password-file", secret)
    done = run_example("bulk_import", *given)
    assert done.returncode == 1
    assert f"row {ROWS + 1} (x)" in done.stderr
    assert "nothing was imported" in done.stderr
    assert not exists(live, "ben0")


def test_when_a_batch_fails_those_before_it_are_taken_back(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    file = people(tmp_path / "people.csv", "cid")
    call, batches = Client.call, []

    def failing(client: Client, request: object, **more: object) -> object:
        if isinstance(request, ImportUsers):
            batches.append(request)
            if len(batches) == 3:
                raise errors.StorageFull("the disk is full")
        return call(client, request, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Client, "call", failing)
    with logged_in(live.endpoint, "admin", ADMIN_PASSWORD) as admin:
        with pytest.raises(errors.StorageFull):
            Import(admin, file, "csv").carry_out()
        newest = admin.call(ListImports()).imports[:2]
    assert [bool(one.reverted_at) for one in newest] == [True, True]
    assert not exists(live, "cid0")


def test_a_name_that_was_taken_meanwhile_takes_all_back(live: Live, tmp_path: Path):
    file = people(tmp_path / "people.csv", "dot", 3, "x,no address")
    with logged_in(live.endpoint, "admin", ADMIN_PASSWORD) as admin:
        done = Import(admin, file, "csv").carry_out()
    assert (done.created, done.refused) == (3, 1)
    assert not exists(live, "dot0")


def test_its_errors_are_one_line(live: Live, tmp_path: Path, secret: Path):
    file = people(tmp_path / "people.csv", "eve", 1)
    wrong = tmp_path / "wrong"
    wrong.write_text("not it")
    for arguments in (
        (tmp_path / "none.csv", "--service", live.endpoint, "--password-file", secret),
        (file, "--service", live.endpoint, "--password-file", wrong),
        (wrong, "--service", live.endpoint, "--password-file", secret),
        (file, "--service", "nowhere", "--password-file", secret),
    ):
        done = run_example("bulk_import", *arguments)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
    done = run_example("bulk_import", "--help")
    assert (done.returncode, "--dry-run" in done.stdout) == (0, True)
