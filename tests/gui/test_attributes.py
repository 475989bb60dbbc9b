"""Attributes through the window: defined, had by roles, given to members, taken away."""

from collections.abc import Callable

from tests.gui.asking import asked
from tests.gui.driver import Driver
from tests.service.running import RunningService

Member = Callable[[str], str]
NAME = "lab.freezer.open"


def effective(shared: RunningService, lab_id: str, user_id: str) -> list[str]:
    reply = asked(shared, "get_effective_attributes", lab_id=lab_id, user_id=user_id)
    return list(reply["attributes"])


def test_an_attribute_from_its_definition_to_its_end(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("freya")
    lab = asked(shared, "create_lab", name="Cold lab", code="COLD")["lab"]["lab_id"]
    asked(shared, "add_lab_member", lab_id=lab, user_id=user_id, role="viewer")
    window.signed_in()
    page = window.go("attributes")
    window.until(lambda: page.list.items)

    window.click("new")
    window.type("name", "Freezer")
    window.click("ok")
    window.until(lambda: window.sheet.form.field("name").fault)
    window.type("name", NAME)
    window.type("display_name", "Open the freezer")
    window.click("shell")
    assert "save-attribute" in window.find("command").get("1.0", "end")
    window.click("ok")
    window.until(lambda: window.toast == f"{NAME} is saved.")
    window.until(lambda: NAME in page.list.items)
    page.list.table.selected = {NAME}
    page.list._selected()
    window.click("edit")
    window.type("description", "For samples at -80")
    window.click("ok")
    window.until(lambda: "For samples at -80" in page.list.items[NAME].cells)

    page.tabs.select(1)
    window.settled()
    window.type("lab", "cold")
    window.until(lambda: page.roles.lab.lab_id == lab)
    window.settled()
    window.click("set")
    window.type("attribute", NAME)
    window.choose("role", "viewer")
    window.click("ok")
    window.until(lambda: page.roles.list.items.get(NAME))
    assert page.roles.list.items[NAME].cells[1] == "yes, by this lab"
    assert NAME in effective(shared, lab, user_id)
    window.click("undo")
    window.until(lambda: NAME not in effective(shared, lab, user_id))

    page.tabs.select(2)
    window.reads("No lab is named")
    window.type("lab", "nowhere")
    window.reads("No lab has the name or code nowhere")
    window.type("lab", "COLD")
    window.reads("Nothing was given")
    window.click("give")
    window.type("account", "freya")
    window.type("attribute", NAME)
    window.type("days", "soon")
    window.click("ok")
    window.until(lambda: window.sheet.form.field("days").fault)
    window.type("days", "30")
    window.click("ok")
    window.until(lambda: page.grants.list.items)
    assert NAME in effective(shared, lab, user_id)
    [given] = page.grants.list.items.values()
    page.grants.list.table.focus_rows()
    window.click("revoke")
    window.reads("Programs that ask for it in this lab refuse it at once")
    window.click("ok")
    window.until(lambda: not page.grants.list.items)
    assert NAME not in effective(shared, lab, user_id)
    window.click("undo")
    window.until(lambda: page.grants.list.items)
    [again] = page.grants.list.items.values()
    assert again.cells[3] == given.cells[3], "for as long as before"

    page.tabs.select(0)
    window.settled()
    page.list.table.selected = {NAME}
    page.list._selected()
    window.click("delete")
    window.reads("It cannot be undone")
    window.click("ok")
    window.until(lambda: NAME not in page.list.items)
    assert NAME not in effective(shared, lab, user_id)


def test_what_the_service_brings_can_only_be_put_out_of_use(window: Driver):
    window.signed_in()
    page = window.go("attributes")
    window.until(lambda: page.list.items)
    page.list.table.focus_rows()
    [item] = page.list.selected
    assert item.cells[5] == "of the service"
    window.click("delete")
    window.click("ok")
    window.until(lambda: window.sheet.notice.text)
    window.key("Escape")
    window.click("edit")
    window.click("active")
    window.click("ok")
    window.until(lambda: page.list.items[item.key].cells[4] == "counts for nothing")
    page.list.table.focus_rows()
    window.click("edit")
    window.click("active")
    window.click("ok")
    window.until(lambda: page.list.items[item.key].cells[4] == "active")
