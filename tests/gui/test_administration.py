"""What administrators do, through the window."""

from collections.abc import Callable

from tests.gui.driver import Driver
from tests.service.harness import ADMIN_PASSWORD, GOOD
from tests.service.running import RunningService

Member = Callable[[str], str]


def found(window: Driver, text: str) -> None:
    """Search for somebody and show them."""
    users = window.page
    window.type("query", text)
    window.until(lambda: users.search.query == text)
    window.settled()
    window.key("Down")
    window.until(lambda: users.person.person and text in str(users.person.person))


def status(shared: RunningService, user_id: str) -> str:
    reply = shared.ask(
        action="get_user",
        session_token=shared.admin_token,  # type: ignore[attr-defined]
        user_id=user_id,
    )
    return str(reply["user"]["status"])


def test_somebody_is_found_while_typing_and_changed(
    window: Driver, shared: RunningService, member: Member
):
    member("xaver")
    window.signed_in()
    page = window.go("users")
    found(window, "xaver")
    assert page.found.total == 1
    assert window.find("username", page.person).get() == "xaver"
    window.type("city", "Passau")
    window.click("save")
    window.until(lambda: window.toast == "xaver is saved.")
    window.until(lambda: page.person.person.values["city"] == "Passau")
    for number in range(1, 6):
        page.person.tabs.select(number)
        window.pump()
        window.until(lambda n=number: n in page.person._filled)
    assert page.person.notice.text == ""


def test_somebody_is_suspended_and_active_again(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("yvonne")
    window.signed_in()
    window.go("users")
    found(window, "yvonne")
    window.click("suspend")
    window.reads("Its sessions end at once")
    window.click("ok")
    window.reads("Reason is needed")
    window.type("reason", "A leave of absence")
    window.click("shell")
    assert "set-user-status" in window.find("command").get("1.0", "end")
    window.click("ok")
    window.until(lambda: window.toast == "yvonne is suspended.")
    assert status(shared, user_id) == "suspended"
    window.click("activate")
    window.click("ok")
    window.until(lambda: window.toast == "yvonne is active again.")
    assert status(shared, user_id) == "active"
    window.click("unlock")
    window.until(lambda: "was not locked" in window.toast)


def test_somebody_gets_a_temporary_password(
    window: Driver, shared: RunningService, member: Member
):
    member("zacharias")
    window.signed_in()
    window.go("users")
    found(window, "zacharias")
    window.click("force")
    window.choose("mode", "with a temporary password")
    window.click("ok")
    window.reads("Temporary password of zacharias")
    password = window.find("secret").get("1.0", "end-1c")
    window.click("cancel")
    login = {"username": "zacharias", "password": password}
    reply = shared.ask(action="login", credentials=login)
    assert reply["code"] == "PASSWORD_CHANGE_REQUIRED"


def test_an_account_is_made_deleted_and_brought_back(
    window: Driver, shared: RunningService
):
    window.signed_in()
    page = window.go("users")
    window.root.event_generate("<Control-n>")
    window.type("username", "wanda")
    window.type("email", "wanda@example.org")
    window.click("ok")
    window.reads("The first password of wanda")
    window.click("cancel")
    found(window, "wanda")
    user_id = page.person.person.user_id
    window.click("delete")
    window.type("password", "not mine")
    window.click("ok")
    window.until(lambda: window.sheet.form.field("password").fault)
    window.type("password", ADMIN_PASSWORD)
    window.click("ok")
    window.until(lambda: window.toast == "wanda is deleted.")
    window.until(lambda: page.found.total == 0)
    window.click("undo")
    window.until(lambda: window.toast == "wanda is back.")
    assert status(shared, user_id) == "active"


def test_the_order_is_that_of_the_heading(window: Driver, member: Member):
    for name in ("sort-a", "sort-b"):
        member(name)
    window.signed_in()
    page = window.go("users")
    found(window, "sort-a")
    window.type("query", "sort-")
    window.until(lambda: page.found.total == 2)
    first = page.found.item(0)
    assert first.cells[0] == "sort-a"
    page.table._sort(page.table.columns[1])
    window.until(lambda: (page.found.item(0) or first).cells[0] == "sort-b")


def test_members_see_no_pages_of_administrators(window: Driver, member: Member):
    member("urs")
    window.signed_in("urs", GOOD)
    entries = window.program.shell.entries  # type: ignore[union-attr]
    assert [entry.name for entry in entries if entry.permission] == []
    assert entries[0].name == "profile"


def test_the_audit_log_is_filtered_followed_and_verified(
    window: Driver, shared: RunningService, member: Member
):
    window.signed_in()
    page = window.go("audit")
    window.choose("event", "User created")
    member("vera")
    window.settled()
    window.click("follow")
    member("viktor")
    window.until(lambda: page.log.item(0) and "viktor" in page.log.item(0).cells)
    page.table.focus_rows()
    window.reads("Whose account")
    window.click("verify")
    window.reads("The log is whole")
