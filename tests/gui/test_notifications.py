"""What one was told, and how one wants to be told, through the window."""

from collections.abc import Callable
from typing import Any

from gui.controllers.preferences import time_fault
from tests.gui.driver import Driver
from tests.service.harness import GOOD
from tests.service.running import RunningService

Member = Callable[[str], str]


def tell(service: RunningService, user_id: str, title: str, **more: Any) -> None:
    reply = service.ask(
        action="send_notification",
        session_token=service.admin_token,  # type: ignore[attr-defined]
        user_ids=[user_id],
        title=title,
        body="Save your work.",
        **more,
    )
    assert reply["status"] == "success", reply


def rail(window: Driver) -> str:
    return str(window.seen("notifications", window.program.shell.rail).cget("text"))


def told_of(window: Driver, *titles: str) -> Any:
    """The page, when it has these."""
    page = window.go("notifications")

    def there() -> bool:
        if not page.spinner.running:
            page.open()
        shown = [item.cells[1] for item in page.inbox.fetched]
        return all(title in shown for title in titles)

    window.until(there)
    window.settled()
    return page


def test_notifications_are_counted_in_the_rail_and_read_when_selected(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("verena")
    tell(shared, user_id, "The first"), tell(shared, user_id, "The second")
    window.signed_in("verena", GOOD)
    page = told_of(window, "The first", "The second")
    window.until(lambda: rail(window) == "Notifications (2)")
    page.list.table.focus_rows()
    window.reads("Save your work.")
    window.until(lambda: rail(window) == "Notifications (1)")
    window.settled()

    window.click("unread")
    window.until(lambda: rail(window) == "Notifications (2)")
    window.settled()
    window.click("all_read")
    window.reads("2 notifications count as read")
    window.click("ok")
    window.until(lambda: rail(window) == "Notifications")
    window.settled()
    assert len(page.list.items) == 2  # they stay as the history
    window.click("only")
    window.reads("Nothing to read")


def test_wishes_and_quiet_hours_are_kept_and_tried_out(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("viola")
    window.signed_in("viola", GOOD)
    page = window.go("notifications")
    window.click("preferences")
    window.type("quiet_hours_start", "25:00")
    window.click("ok")
    window.reads("A time such as 22:00")
    window.type("quiet_hours_start", "22:00")
    window.click("ok")
    window.reads("a beginning and an end")
    window.type("quiet_hours_end", "07:30")
    window.click("email_notifications")
    window.click("shell")
    shown = window.find("command").get("1.0", "end").split()
    assert "--no-email-notifications" in shown
    assert "--timezone" not in shown  # only what was changed is sent
    window.click("ok")
    window.until(lambda: "wishes count" in window.toast)
    kept = shared.ask(
        action="get_preferences",
        session_token=shared.admin_token,  # type: ignore[attr-defined]
        user_id=user_id,
    )["preferences"]
    assert (kept["quiet_hours_start"], kept["quiet_hours_end"]) == ("22:00", "07:30")
    assert kept["email_notifications"] is False
    assert kept["in_app_notifications"] is True

    window.click("undo")  # the button of the toast: send a test
    window.reads("A notification to yourself")
    window.click("ok")
    window.until(lambda: page.list.items)
    window.settled()


def test_times_of_the_day():
    assert [t for t in ("7:00", "24:00", "12:60", "noon") if not time_fault(t)] == []
    assert not time_fault("23:59")
