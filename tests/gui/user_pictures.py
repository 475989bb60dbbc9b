"""A walk through what is done with many accounts, for pictures of it."""

from typing import Any

from tests.gui.driver import Driver


def many_accounts(window: Driver, camera: Any) -> None:
    """Pick, try, do, take back."""
    users = window.go("users")
    window.type("query", "")
    window.until(lambda: not users.search.query)
    window.choose("state", "active")
    window.settled()
    window.key("Down")
    window.key("Down")
    for _ in range(3):
        window.key("Down")
        window.key("space")
    window.until(lambda: users.person.person)
    window.find("tabs")
    camera.take("users-picked")
    window.click("change")
    window.choose("what", "Suspend")
    window.type("reason", "Nobody has used them for a year")
    camera.take("bulk")
    window.click("try")
    window.find("doit")
    camera.take("bulk-trial")
    window.click("doit")
    window.reads("3 accounts are suspended")
    camera.take("bulk-done")
    window.click("undo")
    window.reads("3 accounts are as before")
    window.key("Escape")
    window.click("showall")
    window.settled()
