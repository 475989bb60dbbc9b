"""The labs of one account, and what it has there, through the window."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.gui.asking import asked
from tests.gui.driver import Driver
from tests.gui.test_administration import found
from tests.gui.test_labs import make
from tests.service.running import RunningService

Member = Callable[[str], str]
LABS = 2


@pytest.fixture
def tab(window: Driver) -> Callable[[str], Any]:
    """A function that shows the labs of somebody."""

    def show(name: str) -> Any:
        window.signed_in()
        page = window.go("users")
        found(window, name)
        page.person.tabs.select(LABS)
        return window.find("labstab")

    return show


def lines(pane: Any) -> dict[str, tuple[str, ...]]:
    return {item.cells[0]: item.cells[1:] for item in pane.items.values()}


def test_somebody_joins_a_lab_becomes_another_there_and_leaves_it(
    window: Driver, tab: Any, member: Member, shared: RunningService
):
    make(shared, "Bakery", "BAKE")
    member("bastian")
    labs = tab("bastian")
    window.reads("In no lab")
    window.click("join")
    window.type("lab", "NONE")
    window.click("ok")
    window.until(lambda: window.top.form.field("lab").fault)
    window.type("lab", "BAKE")
    window.click("ok")
    window.until(lambda: "Bakery" in lines(labs.list))
    labs.list.table.focus_rows()
    window.click("changelab")
    window.choose("role", "viewer")
    window.click("active")
    window.click("ok")
    window.until(lambda: lines(labs.list)["Bakery"][1:3] == ("viewer", "inactive"))
    labs.list.table.focus_rows()
    window.click("leave")
    window.reads("without what it was given")
    window.click("ok")
    window.until(lambda: not labs.list.items)
    window.click("undo")
    window.until(lambda: lines(labs.list).get("Bakery", ("", ""))[1] == "viewer")


def test_attributes_are_given_taken_back_and_given_again(
    window: Driver, tab: Any, member: Member, shared: RunningService
):
    lab_id = make(shared, "Brewery", "BREW")
    user_id = member("berta")
    asked(shared, "add_lab_member", lab_id=lab_id, user_id=user_id, role="viewer")
    labs = tab("berta")
    window.until(lambda: labs.list.items)
    labs.list.table.focus_rows()
    window.until(lambda: labs.given.items)
    assert {how for how, _ in lines(labs.given).values()} == {"its role"}
    window.until(lambda: labs._names)
    name = next(n for n in labs._names if n not in lines(labs.given))
    window.click("grant")
    window.choose("attribute", name)
    window.type("days", "30")
    window.click("ok")
    window.until(lambda: name in lines(labs.given))
    how, until = lines(labs.given)[name]
    assert how == "given"
    labs.given.table.select_key(name)
    window.click("revoke")
    window.click("ok")
    window.until(lambda: name not in lines(labs.given))
    window.click("undo")
    window.until(lambda: lines(labs.given).get(name) == ("given", until))
