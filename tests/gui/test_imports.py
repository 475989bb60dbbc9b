"""Files of accounts, through the window: judged, imported, reported, taken back."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gui.controllers.choices import Place
from gui.controllers.desk import Desk
from gui.controllers.files import FileProblem
from gui.controllers.imports import Import, Options, read_file, report
from gui.controllers.imports_back import Reverting
from tests.gui.asking import asked
from tests.gui.driver import Driver
from tests.gui.test_bulk import search
from tests.gui.test_controllers import Told, desk, signed_in_admin
from tests.service.running import RunningService

__all__ = ["desk"]  # the fixture
Member = Callable[[str], str]


def write_csv(path: Path, names: list[str], **more: str) -> Path:
    head = ",".join(("username", "email", *more))
    rows = [",".join((n, f"{n}@example.org", *more.values())) for n in names]
    path.write_text("\n".join((head, *rows)) + "\n")
    return path


def rows_of(window: Driver) -> dict[str, str]:
    table = window.find("rows")
    rows = [table.row_at(number) for number in range(table.total)]
    return {row.cells[1]: row.cells[2] for row in rows}


def look_at(window: Driver, path: Path) -> None:
    window.click("import")
    window.program.stage.dialogs.pick_file = lambda _: str(path)
    window.click("path_find")
    window.click("look")


@pytest.fixture
def users(window: Driver) -> Any:
    window.signed_in()
    return window.go("users")


def test_a_file_is_judged_imported_reported_and_taken_back(
    window: Driver, users: Any, member: Member, shared: RunningService, tmp_path: Path
):
    member("imp-old")
    path = write_csv(
        tmp_path / "people.csv", ["imp-a", "imp-b", "imp-old", "no good name!"]
    )
    look_at(window, path)
    window.reads("4 rows: 2 new, 0 changed, 1 skipped, 1 refused.")
    assert rows_of(window)["imp-old"] == "skipped"
    search_now = asked(shared, "search_users", query="imp-a")
    assert search_now["total"] == 0, "it was only looked at"
    window.choose("which", "refused")
    assert set(rows_of(window).values()) == {"refused"}
    window.find("rows").focus_rows()
    window.until(lambda: "Row 4" in window.find("row").cget("text"))
    window.click("import")
    window.reads("What became of it")
    saved = tmp_path / "import.csv"
    window.program.stage.dialogs.pick_place = lambda _: str(saved)
    window.click("save")
    window.until(lambda: window.top.notice.text)
    with saved.open(newline="") as lines:
        verdicts = [row["verdict"] for row in csv.DictReader(lines)]
    assert verdicts == ["create", "create", "skip", "refuse"]
    assert asked(shared, "search_users", query="imp-")["total"] == 3
    window.click("revert")
    window.reads("2 accounts erased at once and for good.")
    assert asked(shared, "search_users", query="imp-")["total"] == 3, "only asked"
    window.click("doit")
    window.reads("The import is taken back")
    assert asked(shared, "search_users", query="imp-")["total"] == 1
    window.key("Escape")
    search(window, users, "imp-")
    assert users.found.total == 1


def test_an_update_shows_what_it_changes_and_an_earlier_import_is_taken_back(
    window: Driver, users: Any, member: Member, shared: RunningService, tmp_path: Path
):
    user_id = member("upd-a")
    path = tmp_path / "people.jsonl"
    row = {"username": "upd-a", "email": "upd-a@example.org", "city": "Ulm"}
    path.write_text(json.dumps(row) + "\n")
    window.click("import")
    window.type("path", str(path))
    window.choose("existing", "change its profile")
    window.click("look")
    window.reads("1 row: 0 new, 1 changed")
    window.find("rows").focus_rows()
    window.reads("City: (empty) → Ulm")
    window.click("import")
    window.reads("What became of it")
    window.key("Escape")

    def city() -> str:
        return str(asked(shared, "get_user", user_id=user_id)["user"]["city"])

    assert city() == "Ulm"
    window.click("import")
    window.click("earlier")
    window.until(lambda: window.find("batches").selected)
    window.click("revert")
    window.reads("1 account given back what was changed.")
    window.click("doit")
    window.reads("The import is taken back")
    assert city() == ""


def test_a_file_that_is_none_is_told_beside_its_name(
    window: Driver, users: Any, tmp_path: Path
):
    path = tmp_path / "people.csv"
    path.write_text('username,email\n"a,b\n')
    look_at(window, path)
    window.until(lambda: "cannot be read" in window.find("form").field("path").fault)
    path.write_bytes(b"\xff\xfe\x00")
    window.click("look")
    window.until(lambda: "UTF-8" in window.find("form").field("path").fault)


def test_names_that_are_twice_in_the_file_are_found_across_batches(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = write_csv(tmp_path / "p.csv", [f"twice{n}" for n in range(101)])
    with path.open("a") as file:
        file.write("TWICE0,other@example.org\n")
    signed_in_admin(desk)
    work, told = Import(desk, Options(str(path))), Told()
    work.read(lambda: told.then("read"), told.problems.append)
    assert told.value == "read"
    work.judge(
        lambda: None, lambda: told.then("tried"), told.problems.append, dry_run=True
    )
    assert told.value == "tried"
    assert (work.count("create"), work.count("refuse")) == (101, 1)
    assert "row 1, too" in work.verdicts[-1].text
    assert "row 1, too" in report(work.verdicts)


def test_batches_are_taken_back_together(desk: Desk, tmp_path: Path):
    path = write_csv(tmp_path / "p.csv", [f"batch{n}" for n in range(102)])
    signed_in_admin(desk)
    work, told = Import(desk, Options(str(path))), Told()
    work.read(lambda: None, told.problems.append)
    work.judge(
        lambda: None, lambda: told.then("done"), told.problems.append, dry_run=False
    )
    assert len(work.import_ids) == 2
    back = Reverting(desk, work.import_ids)
    for dry_run in (True, False):
        back.run(lambda: told.then("back"), told.problems.append, dry_run=dry_run)
        assert (back.erased, back.left) == (102, [])
    assert not told.problems


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("x.txt", "a", "should end with"),
        ("x.json", "{}", "list of objects"),
        ("x.csv", "username\n", "no rows"),
        ("x.jsonl", "[1]", "should be an object"),
    ],
)
def test_what_is_no_file_of_accounts_is_a_problem(
    tmp_path: Path, name: str, text: str, why: str
):
    (tmp_path / name).write_text(text)
    with pytest.raises(FileProblem, match=why):
        read_file(str(tmp_path / name))
    with pytest.raises(FileProblem, match="cannot be read"):
        read_file(str(tmp_path / "missing.csv"))


def test_the_command_quotes_the_file():
    class Where:
        place = Place()

    work = Import(Where(), Options("my people.csv", "update", True))  # type: ignore[arg-type]
    assert work.command() == (
        "python -m ums_client import-users 'my people.csv' "
        "--on-existing update --send-invitations"
    )
