"""Filters, columns and what is picked of the list of accounts."""

from collections.abc import Callable
from typing import Any

import pytest

from gui.controllers import picked
from gui.controllers.choices import Choices, Look, load_choices, save_choices
from gui.controllers.desk import Desk
from gui.controllers.finding import Search
from gui.controllers.picked import Gathering, Pick, Picked
from tests.gui.asking import asked
from tests.gui.driver import Driver
from tests.gui.test_bulk import search
from tests.gui.test_controllers import Later, Told, desk, signed_in_admin
from tests.gui.test_labs import make
from tests.service.running import RunningService

__all__ = ["desk"]  # the fixture
Member = Callable[[str], str]


def gathered(desk: Desk, first: int = 0, last: int | None = None) -> list[str]:
    told = Told()
    Gathering(
        desk,
        Search(query="gather"),
        told=lambda _: None,
        then=told.then,
        failed=told.problems.append,
    ).begin(first, last)
    return [pick.username for pick in told.value]


def test_all_that_are_found_are_gathered_or_some_by_their_numbers(
    desk: Desk, member: Member, monkeypatch: pytest.MonkeyPatch
):
    for number in range(7):
        member(f"gather{number}")
    signed_in_admin(desk)
    monkeypatch.setattr(picked, "PAGE_SIZE", 2)
    monkeypatch.setattr(picked, "PAGES_AT_ONCE", 2)
    assert gathered(desk) == [f"gather{n}" for n in range(7)]
    assert gathered(desk, 3, 5) == ["gather3", "gather4", "gather5"]
    assert gathered(desk, 5, 6) == ["gather5", "gather6"]


def test_a_gathering_that_was_stopped_tells_nothing(
    desk: Desk, member: Member, monkeypatch: pytest.MonkeyPatch
):
    for number in range(3):
        member(f"stopped{number}")
    signed_in_admin(desk)
    monkeypatch.setattr(picked, "PAGE_SIZE", 1)
    monkeypatch.setattr(picked, "PAGES_AT_ONCE", 1)
    desk.runner = later = Later()
    told = Told()
    gathering = Gathering(
        desk,
        Search(query="stopped"),
        told=lambda _: gathering.cancel(),
        then=told.then,
        failed=told.problems.append,
    )
    gathering.begin()
    later.settle()
    assert told.values == []


def test_what_is_picked_twice_is_dropped_and_order_is_kept():
    some = Picked()
    for name in "cab":
        some.toggle(Pick(name, name))
    some.toggle(Pick("a", "a"))
    some.add([Pick("c", "c"), Pick("d", "d")])
    assert [pick.user_id for pick in some] == ["c", "b", "d"]
    assert "a" not in some
    assert len(some) == 3


def test_conditions_are_fields_of_a_request():
    assert Search().conditions() == {}
    wanted = Search("x ", "active", "admin", "lab", False, True, True)
    assert wanted.conditions() == {
        "query": "x",
        "status": "active",
        "role": "admin",
        "lab_id": "lab",
        "email_verified": False,
        "mfa_enabled": True,
        "never_logged_in": True,
    }
    assert Search(role="librarian").conditions() == {"has_role": "librarian"}


def test_lists_are_narrowed_by_filters(
    window: Driver, member: Member, shared: RunningService
):
    lab_id = make(shared, "Filtered", "FILT")
    ids = [member(f"filter-{letter}") for letter in "abc"]
    asked(shared, "add_lab_member", lab_id=lab_id, user_id=ids[0], role="member")
    asked(shared, "set_user_status", user_id=ids[1], status="inactive")
    window.signed_in()
    users = window.go("users")
    search(window, users, "filter-")
    window.until(lambda: users.found.total == 3)
    window.choose("state", "inactive")
    window.until(lambda: users.found.total == 1)
    window.click("showall")
    window.until(lambda: users.found.total == 3)
    window.until(lambda: "FILT  Filtered" in users.filters.lab.cget("values"))
    window.choose("lab", "FILT  Filtered")
    window.until(lambda: users.found.total == 1)
    window.choose("signedin", "signed in")
    window.until(lambda: users.found.total == 0)
    window.reads("No account is like that")
    assert window.seen("showall")


def test_columns_and_their_widths_are_remembered(
    open_window: Callable[..., Driver], tmp_path: Any
):
    window = open_window()
    window.signed_in()
    users = window.go("users")
    window.click("columns")
    window.click("full_name")
    window.click("city")
    window.click("ok")
    shown = list(users.table.tree["displaycolumns"])
    assert "city" in shown
    assert "full_name" not in shown
    tree = users.table.tree
    tree.column("username", width=333)
    users.table._dragging = True
    tree.event_generate("<ButtonRelease-1>", x=5, y=5)
    window.pump()
    assert users.table.meant["username"] > 300
    window.close()
    look = load_choices(tmp_path / "desktop.json").looks["users"]
    assert "city" in look.columns
    assert look.widths["username"] > 300


def test_a_damaged_look_is_as_at_the_first_start(tmp_path: Any):
    path = tmp_path / "desktop.json"
    save_choices(path, Choices(looks={"users": Look(("city",), {"city": 90})}))
    assert load_choices(path).looks["users"] == Look(("city",), {"city": 90})
    path.write_text(path.read_text().replace("90", '"wide"'))
    assert load_choices(path) == Choices()
