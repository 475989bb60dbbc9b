"""Accounts as a file: whole, private, or not there at all."""

import csv
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gui.controllers import exports
from gui.controllers.desk import Desk
from gui.controllers.exports import Export, Wanted
from gui.controllers.files import DraftFile, FileProblem
from gui.controllers.picked import Pick
from tests.gui.driver import Driver
from tests.gui.test_bulk import click_row, pick_all, search
from tests.gui.test_controllers import Later, Told, desk, signed_in_admin
from tests.service.running import RunningService

__all__ = ["desk"]  # the fixture
Member = Callable[[str], str]


def names_in(path: Path) -> list[str]:
    text = path.read_text()
    if path.suffix == ".csv":
        with path.open(newline="") as lines:
            return [row["username"] for row in csv.DictReader(lines)]
    if path.suffix == ".json":
        return [user["username"] for user in json.loads(text)]
    return [json.loads(line)["username"] for line in text.splitlines()]


def leftovers(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.endswith(".part")]


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl"])
def test_named_accounts_are_one_file_however_many_pages(
    desk: Desk,
    member: Member,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: Any,
):
    monkeypatch.setattr(exports, "EXPORT_PAGE_MAX", 2)
    names = [f"{kind}-{number}" for number in range(5)]
    picks = [Pick(member(name), name) for name in names]
    signed_in_admin(desk)
    path, told = tmp_path / f"accounts.{kind}", Told()
    export = Export(
        desk,
        Wanted("a good reason", kind, picks=picks),
        path,
        told=lambda: None,
        ended=told.then,
        failed=told.problems.append,
    )
    export.go_on()
    assert told.values
    assert not told.problems
    assert names_in(path) == names
    assert export.count == 5
    assert path.stat().st_mode & 0o777 == 0o600
    assert export.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert not leftovers(tmp_path)


def test_an_export_that_is_given_up_leaves_nothing(
    desk: Desk, member: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(exports, "EXPORT_PAGE_MAX", 1)
    picks = [Pick(member(name), name) for name in ("half-a", "half-b")]
    signed_in_admin(desk)
    desk.runner = later = Later()
    path, told = tmp_path / "accounts.csv", Told()
    path.write_text("what was there before")

    def stop() -> None:
        export.give_up()

    export = Export(
        desk,
        Wanted("a good reason", picks=picks),
        path,
        told=stop,
        ended=told.then,
        failed=told.problems.append,
    )
    export.go_on()
    later.settle()
    assert (told.values, told.problems) == ([], [])
    assert path.read_text() == "what was there before"
    assert not leftovers(tmp_path)


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path):
    with pytest.raises(FileProblem, match="cannot be written"):
        DraftFile(tmp_path / "no such folder" / "x.csv")
    draft = DraftFile(tmp_path / "x.csv")
    draft.drop()
    with pytest.raises(FileProblem):
        draft.write("more")
    with pytest.raises(FileProblem):
        draft.keep()
    assert list(tmp_path.iterdir()) == []


def test_the_list_or_the_selection_is_saved_to_a_file(
    window: Driver, member: Member, shared: RunningService, tmp_path: Path
):
    for name in ("out-a", "out-b", "out-c"):
        member(name)
    window.signed_in()
    users = window.go("users")
    search(window, users, "out-")
    path = tmp_path / "accounts.csv"
    window.program.stage.dialogs.pick_place = lambda _: str(path)
    window.click("export")
    window.click("saveto")
    window.reads("Reason is needed")
    window.type("reason", "A list for the door")
    window.choose("which", "those that the list shows (3)")
    window.click("saveto")
    window.reads("The file is there")
    assert names_in(path) == ["out-a", "out-b", "out-c"]
    window.key("Escape")
    click_row(window, users, 1)
    window.click("export")
    window.type("reason", "A list for the door")
    window.choose("format", "JSON")
    path = tmp_path / "accounts.json"
    window.click("saveto")
    window.reads("The file is there")
    assert names_in(path) == ["out-b"]
    window.key("Escape")
    window.click("drop")
    pick_all(window, users, 3)
    window.click("export")
    assert window.find("which").get() == "those that are selected (3)"
