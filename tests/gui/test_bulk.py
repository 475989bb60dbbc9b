"""Many accounts at once, through the window: picked, tried, changed, taken back."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gui.asking import asked
from tests.gui.driver import Driver
from tests.gui.test_administration import status
from tests.gui.test_labs import make
from tests.service.harness import ADMIN_PASSWORD
from tests.service.running import RunningService

Member = Callable[[str], str]


@pytest.fixture
def users(window: Driver) -> Any:
    window.signed_in()
    return window.go("users")


def search(window: Driver, users: Any, text: str) -> None:
    window.type("query", text)
    window.until(lambda: users.search.query == text)
    window.settled()


def click_row(
    window: Driver, users: Any, number: int, *, column: int = 1, state: int = 0
) -> None:
    tree = users.table.tree
    slot = users.table._slots[number - users.table.top]
    x, y, width, height = tree.bbox(slot, f"#{column}")
    tree.event_generate("<Button-1>", x=x + width // 2, y=y + height // 2, state=state)
    window.pump()


def names(users: Any) -> list[str]:
    return sorted(pick.username for pick in users.picks.picked)


def pick_all(window: Driver, users: Any, number: int) -> None:
    users.table.tree.focus_force()
    window.key("Control-a")
    window.until(lambda: len(users.picks.picked) == number)


def to_the_trial(window: Driver, what: str, **fields: str) -> None:
    window.click("change")
    window.choose("what", what)
    for name, text in fields.items():
        if name in ("role", "lab_role"):
            window.choose(name, text)
        else:
            window.type(name, text)
    window.click("try")


def results(window: Driver) -> dict[str, str]:
    table = window.find("results")
    rows = [table.row_at(number) for number in range(table.total)]
    return {row.cells[0]: row.cells[1] for row in rows}


def test_picked_accounts_stay_picked_while_one_looks_around(
    window: Driver, users: Any, member: Member
):
    for name in ("pick-a", "pick-b", "pick-c", "pick-d"):
        member(name)
    search(window, users, "pick-")
    click_row(window, users, 1)
    assert users.person.person is None, "a box shows nobody in full"
    click_row(window, users, 3, column=2, state=0x4)
    assert names(users) == ["pick-b", "pick-d"]
    window.reads("2 accounts selected")
    users.table._sort(users.table.columns[1])
    window.settled()
    window.until(lambda: users.found.item(0).cells[0] == "pick-d")
    click_row(window, users, 0, column=3)
    window.until(lambda: users.person.person)
    assert names(users) == ["pick-b", "pick-d"]
    search(window, users, "pick-c")
    window.key("Down")
    window.key("space")
    assert names(users) == ["pick-b", "pick-c", "pick-d"]
    search(window, users, "pick-")
    click_row(window, users, 0)
    click_row(window, users, 0)
    click_row(window, users, 2, state=0x1)
    assert names(users) == ["pick-b", "pick-c", "pick-d"]
    window.click("drop")
    assert not users.picks.picked
    assert not window.seen("picks")


def test_many_are_suspended_with_a_trial_and_taken_back(
    window: Driver,
    users: Any,
    member: Member,
    shared: RunningService,
    tmp_path: Path,
):
    ids = {name: member(name) for name in ("many-a", "many-b", "many-c")}
    asked(shared, "set_user_status", user_id=ids["many-c"], status="inactive")
    search(window, users, "many-")
    pick_all(window, users, 3)
    to_the_trial(window, "Suspend", reason="A review")
    window.reads("It can be done to 3 accounts")
    assert set(results(window).values()) == {"would be done"}
    assert status(shared, ids["many-a"]) == "active", "it was only tried"
    window.click("doit")
    window.reads("3 accounts are suspended, 0 left out.")
    assert {status(shared, i) for i in ids.values()} == {"suspended"}
    file = tmp_path / "results.csv"
    window.program.stage.dialogs.pick_place = lambda _: str(file)
    window.click("save")
    window.until(lambda: window.top.notice.text)
    with file.open(newline="") as lines:
        assert [row["done"] for row in csv.DictReader(lines)] == ["yes"] * 3
    assert file.stat().st_mode & 0o777 == 0o600
    window.click("undo")
    window.reads("2 accounts are as before")
    assert [status(shared, ids[n]) for n in sorted(ids)] == [
        "active",
        "active",
        "suspended",
    ], "who was inactive would have to be active in between"
    window.key("Escape")
    assert not users.picks.picked


def test_who_has_a_role_already_keeps_it_when_it_is_taken_back(
    window: Driver, users: Any, member: Member, shared: RunningService
):
    ids = {name: member(name) for name in ("role-a", "role-b")}
    asked(shared, "save_role", name="librarian", permissions=[])
    asked(shared, "assign_role", user_ids=[ids["role-a"]], roles=["librarian"])
    users.open()
    window.until(lambda: "librarian" in users.filters.roles)
    search(window, users, "role-")
    pick_all(window, users, 2)
    to_the_trial(window, "Give a role", role="librarian")
    window.reads("It has that role already")
    window.click("doit")
    window.reads("1 account is given the role")
    window.click("undo")
    window.reads("1 account is as before")
    window.key("Escape")
    window.choose("role", "librarian")
    window.settled()
    window.until(lambda: users.found.total == 1)
    assert users.found.item(0).cells[0] == "role-a"


def test_members_leave_a_lab_and_come_back_as_what_they_were(
    window: Driver, users: Any, member: Member, shared: RunningService
):
    lab_id = make(shared, "Bulk lab", "BULK")
    ids = {name: member(name) for name in ("lab-a", "lab-b")}
    asked(shared, "add_lab_member", lab_id=lab_id, user_id=ids["lab-a"], role="viewer")
    search(window, users, "lab-")
    pick_all(window, users, 2)
    to_the_trial(window, "Take out of a lab", lab="NOWHERE")
    window.until(lambda: window.top.winfo_exists() and "lab" in window.texts)
    window.until(lambda: window.find("lab") and "No such lab" in window.texts)
    window.type("lab", "BULK")
    window.click("try")
    window.reads("It is no member there")
    window.click("doit")
    window.reads("1 account is out of the lab")
    window.click("undo")
    window.reads("1 account is as before")
    window.key("Escape")
    member_of = asked(shared, "list_lab_members", lab_id=lab_id)["members"]
    roles = {m["username"]: m["role"] for m in member_of}
    assert roles["lab-a"] == "viewer"
    assert "lab-b" not in roles


def test_a_wrong_password_deletes_nobody_and_a_right_one_can_be_taken_back(
    window: Driver, users: Any, member: Member, shared: RunningService
):
    ids = [member(name) for name in ("gone-a", "gone-b")]
    search(window, users, "gone-")
    pick_all(window, users, 2)
    to_the_trial(window, "Delete", password="not mine")
    window.click("stophere")
    window.click("back")
    window.type("password", ADMIN_PASSWORD)
    window.click("try")
    window.click("doit")
    window.reads("2 accounts are deleted")
    window.until(lambda: users.found.total == 0)
    window.click("undo")
    window.reads("2 accounts are as before")
    assert {status(shared, user_id) for user_id in ids} == {"active"}


def test_deleted_accounts_are_brought_back_under_another_name_or_erased(
    window: Driver, users: Any, member: Member, shared: RunningService
):
    ids = {name: member(name) for name in ("dead-a", "dead-b", "dead-c")}
    for user_id in ids.values():
        asked(shared, "delete_user", user_id=user_id, password=ADMIN_PASSWORD)
    member("dead-a")
    window.click("deleted")

    def choose(name: str) -> None:
        table = window.find("deletedusers")
        window.until(lambda: table.total)
        table.select_key(ids[name])
        window.pump()
        assert table.selected == {ids[name]}

    choose("dead-a")
    window.click("restore")
    window.click("ok")
    window.until(lambda: window.top.form.field("username").fault)
    window.type("username", "dead-a-again")
    window.type("email", "dead-a-again@example.org")
    window.click("ok")
    window.reads("dead-a-again is back.")
    assert status(shared, ids["dead-a"]) == "active"
    choose("dead-b")
    window.click("erase")
    window.type("password", ADMIN_PASSWORD)
    window.click("ok")
    window.reads("1 account is erased")
    window.click("others")
    window.find("restore")
    choose("dead-c")
    table = window.find("deletedusers")
    assert ids["dead-b"] not in {
        table.row_at(number).key for number in range(table.total)
    }
