"""Labs and their members, through the window."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.gui.asking import asked
from tests.gui.driver import Driver
from tests.service.running import RunningService

Member = Callable[[str], str]


@pytest.fixture
def labs(window: Driver) -> Any:
    window.signed_in()
    return window.go("labs")


def make(shared: RunningService, name: str, code: str) -> str:
    return str(asked(shared, "create_lab", name=name, code=code)["lab"]["lab_id"])


def look_for(window: Driver, labs: Any, query: str) -> None:
    """Type into the search and select the first that is found."""
    window.type("query", query)
    window.until(lambda: labs.found.query == query)
    window.settled()
    labs.table.focus_rows()
    window.until(lambda: labs.lab.lab and labs.lab.lab.lab_id in labs.table.selected)


def test_a_lab_is_made_with_its_administrator(
    window: Driver, labs: Any, member: Member
):
    member("mira")
    window.key("Control-n")
    assert window.sheet
    window.type("name", "Lab of Mira")
    window.type("code", "MIRA")
    window.type("account", "mira")
    window.key("Return")
    window.until(lambda: labs.lab.lab and labs.lab.lab.code == "MIRA")
    window.reads("1 member, 1 active (1 admin)")
    window.until(lambda: labs.lab.list.items)
    assert [i.cells[0] for i in labs.lab.list.items.values()] == ["mira"]


def test_a_code_that_is_taken_is_told_and_nothing_is_lost(
    window: Driver, labs: Any, shared: RunningService
):
    make(shared, "First of its code", "TAKEN")
    window.click("new")
    window.type("name", "Second of its code")
    window.type("code", "TAKEN")
    window.click("ok")
    window.reads("Lab code already exists")
    assert window.find("name").get() == "Second of its code"


def test_members_are_added_changed_and_removed(
    window: Driver, labs: Any, member: Member, shared: RunningService
):
    make(shared, "Glass house", "GLASS")
    user_id = member("gus")
    look_for(window, labs, "glass")
    window.reads("No member")
    window.click("add")
    window.type("account", "nobody.of.that.name")
    window.click("ok")
    window.until(
        lambda: window.top.form.field("account").fault or window.top.notice.text
    )
    window.type("account", "gus@example.org")
    window.key("Return")
    window.until(lambda: user_id in labs.lab.list.items)
    labs.lab.list.table.focus_rows()
    window.click("change")
    window.choose("role", "viewer")
    window.click("ok")
    window.until(lambda: labs.lab.list.items[user_id].cells[2] == "viewer")
    labs.lab.list.table.focus_rows()
    window.click("remove")
    window.reads("The account itself stays")
    window.click("ok")
    window.until(lambda: not labs.lab.list.items)


def test_a_lab_is_deleted_only_with_its_code(
    window: Driver, labs: Any, shared: RunningService
):
    make(shared, "Short lived", "SHORT")
    look_for(window, labs, "short")
    window.click("delete")
    window.reads("It cannot be undone")
    window.type("confirm_code", "OTHER")
    window.click("ok")
    window.until(lambda: not window.top.spinner.running)
    assert window.sheet, "it is still asked"
    window.type("confirm_code", "SHORT")
    window.click("ok")
    window.until(lambda: labs.found.total == 0)
    window.reads("No lab is like that")


def test_an_inactive_lab_is_found_only_when_wanted(
    window: Driver, labs: Any, shared: RunningService
):
    make(shared, "Sleeping beauty", "SLEEP")
    look_for(window, labs, "sleeping")
    window.click("state")
    window.reads("nothing that was granted in it counts")
    window.click("ok")
    window.until(lambda: labs.found.total == 0)
    window.reads("Activate…")
    window.reads("Code SLEEP, not active")
    window.click("inactive")
    window.until(lambda: labs.found.total == 1)
    asked(shared, "list_labs", search="sleeping", include_inactive=True)
