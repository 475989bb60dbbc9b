"""Service and mail, through the window."""

from pathlib import Path

import pytest

from gui.controllers.mail import health_of
from tests.gui.driver import Driver
from tests.service.running import login_as_admin, running_service
from tests.service.smtp_server import HOST, free_port
from ums_client.protocol.service import HealthCheckReply


def test_mail_that_cannot_be_sent_is_listed_tried_again_and_dropped(tmp_path: Path):
    env = {
        "UMS_SMTP_HOST": HOST,
        "UMS_SMTP_PORT": str(free_port()),
        "UMS_SMTP_SECURITY": "plain",
        "UMS_MAIL_FROM": "ums@example.org",
    }
    with running_service(tmp_path / "data", env=env) as service:
        login_as_admin(service)
        window = Driver(tmp_path / "desktop.json", service.endpoint)
        window.signed_in()
        page = window.go("upkeep")
        window.reads("The service is well")
        window.reads("Nothing waits")
        window.click("test")
        window.until(lambda: page.list.items)
        window.reads("1 mail waiting, 0 given up.")
        window.settled()
        page.list.table.focus_rows()
        window.click("retry")
        window.until(lambda: "is tried again" in window.toast)
        window.settled()
        page.list.table.focus_rows()
        window.click("drop")
        window.reads("It cannot be undone")
        window.click("ok")
        window.reads("Nothing waits")
        window.close()


@pytest.mark.parametrize(
    ("state", "well", "said"),
    [
        ("ready", True, "reads and writes"),
        ("full", False, "disk of the service is full"),
        ("read_only", False, "disk of the service failed"),
        ("melting", False, "says that it is melting"),
    ],
)
def test_every_state_has_its_words(state: str, well: bool, said: str):
    reply = HealthCheckReply(
        service="ums", timestamp="", storage="", active_sessions=0, state=state
    )
    health = health_of(reply)
    assert health.well is well
    assert said in health.text
