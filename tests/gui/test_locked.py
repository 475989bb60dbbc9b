"""Accounts that nobody gets into, although their status says otherwise."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gui.controllers.finding import Search
from gui.controllers.wording import state_of
from tests.gui.driver import Driver
from tests.service.harness import GOOD
from tests.service.running import RunningService, login_as_admin, running_service

Open = Callable[..., Driver]
FAILURES = 5
"""So many lock an account as the service comes."""


@pytest.fixture
def locked(tmp_path: Path) -> Iterator[RunningService]:
    """A service of which one account is locked, and one is not."""
    with running_service(tmp_path / "data") as service:
        token = login_as_admin(service)
        for name in ("lotte", "otto"):
            data = {"username": name, "email": f"{name}@example.org", "password": GOOD}
            made = service.ask(
                action="create_user", session_token=token, user_data=data
            )
            assert made["status"] == "success", made
        for _ in range(FAILURES):
            service.ask(
                action="login", credentials={"username": "lotte", "password": "not it"}
            )
        yield service


def states(page: Any) -> dict[str, str]:
    rows = [page.table.source.row(n) for n in range(page.found.total)]
    return {row.cells[0]: row.cells[4] for row in rows if row is not None}


def show(window: Driver, page: Any, name: str) -> None:
    window.type("query", name)
    window.until(lambda: page.search.query == name)
    window.settled()
    page.table.focus_rows()
    window.until(
        lambda: page.person.person and page.person.person.values["username"] == name
    )


def test_a_locked_account_says_so_in_the_list_and_in_full(
    open_window: Open, locked: RunningService
):
    window = open_window(locked.endpoint)
    window.signed_in()
    page = window.go("users")
    wanted = {"admin": "active", "lotte": "active, locked", "otto": "active"}
    window.until(lambda: states(page) == wanted, lambda: states(page))
    tree = page.table.tree
    window.until(
        lambda: "active, locked" in {tree.set(s, "status") for s in page.table._slots}
    )
    window.choose("state", "locked")
    window.until(lambda: states(page) == {"lotte": "active, locked"})
    window.click("showall")
    show(window, page, "lotte")
    label = window.find("status", page.person)
    assert label.cget("text") == "active, locked"
    assert str(label.cget("style")).startswith("warning")
    window.type("city", "Graz")
    window.click("save")
    window.until(lambda: "lotte is saved" in window.toast)
    assert window.find("status", page.person).cget("text") == "active, locked"
    window.find("unlock").focus_force()
    window.key("space")
    window.until(lambda: "was locked" in window.toast)
    window.until(lambda: window.find("status", page.person).cget("text") == "active")
    window.until(lambda: states(page) == {"lotte": "active"})
    show(window, page, "otto")
    assert window.find("status", page.person).cget("text") == "active"


def test_locked_is_found_as_the_service_wants_it_asked():
    assert Search(status="locked").conditions() == {"locked": True}
    assert Search(status="active").conditions() == {"status": "active"}


def test_a_state_has_all_that_keeps_people_out():
    assert state_of("active") == "active"
    assert state_of("suspended", locked=True) == "suspended, locked"
    assert state_of("active", locked_down=True) == "active, locked down"
