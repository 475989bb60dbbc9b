"""A walk through what is done with many accounts, for pictures of it."""

import tempfile
from pathlib import Path
from typing import Any

from tests.gui.driver import Driver
from tests.service.harness import ADMIN_PASSWORD


def _search_nothing(window: Driver, users: Any) -> None:
    users.query.focus_force()
    window.key("Escape")
    window.until(lambda: not users.search.query)
    window.settled()


def many_accounts(window: Driver, camera: Any) -> None:
    """Pick, try, do, take back."""
    users = window.go("users")
    _search_nothing(window, users)
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


PEOPLE_CSV = """username,email,full_name,city
lise,lise@example.org,Lise Meitner,Stockholm
chien,chien@example.org,Chien-Shiung Wu,New York
emmy,emmy@example.org,Emmy Noether,Erlangen
rnary,rnary@example.org,Mary Somerville,London
not a name!,nobody,Nobody,Nowhere
"""


def files_of_accounts(window: Driver, camera: Any) -> None:
    """Import, take back, export."""
    window.go("users")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_text(PEOPLE_CSV)
        window.click("import")
        window.type("path", "/home/ada/people.csv")
        window.choose("existing", "change its profile")
        camera.take("import")
        window.type("path", str(path))
        window.click("look")
        window.find("import")
        rows = window.find("rows")
        rows.focus_rows()
        window.key("Down")
        window.key("Down")
        window.until(lambda: "→" in window.find("row").cget("text"))
        camera.take("import-trial")
        window.click("import")
        window.reads("What became of it")
        window.click("revert")
        window.find("doit")
        camera.take("import-back")
        window.click("doit")
        window.reads("is taken back")
        window.key("Escape")
        window.settled()
    window.click("export")
    window.type("reason", "A list for the lab's door")
    camera.take("export")
    window.key("Escape")


def deleted_accounts(window: Driver, camera: Any) -> None:
    """Delete two, look at them, bring them back."""
    users = window.go("users")
    window.type("query", "example.org")
    window.until(lambda: users.search.query == "example.org")
    window.settled()
    window.key("Down")
    window.key("space")
    window.key("Down")
    window.key("space")
    window.click("change")
    window.choose("what", "Delete")
    window.type("password", ADMIN_PASSWORD)
    window.click("try")
    window.click("doit")
    window.reads("2 accounts are deleted")
    window.key("Escape")
    window.click("deleted")
    table = window.find("deletedusers")
    window.until(lambda: table.total == 2 and table.selected)
    camera.take("deleted")
    table._select_all()
    window.click("restore")
    window.reads("2 accounts are back")
    window.key("Escape")
    _search_nothing(window, users)


def labs_of_somebody(window: Driver, camera: Any) -> None:
    """What a member of a lab is and has there; comes after labs were made."""
    users = window.go("users")
    window.type("query", "alan")
    window.until(lambda: users.search.query == "alan")
    window.settled()
    window.key("Down")
    window.until(lambda: users.person.person)
    users.person.tabs.select(2)
    labs = window.find("labstab")
    window.until(lambda: labs.list.items)
    labs.list.table.focus_rows()
    window.until(lambda: labs.given.items)
    window.program.stage.toasts.hide()
    camera.take("user-labs")
    users.person.tabs.select(0)
    _search_nothing(window, users)
