"""Service and mail, through the window."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from gui.controllers.health import health_of
from tests.gui.driver import Driver
from tests.service.running import RunningService, login_as_admin, running_service
from tests.service.smtp_server import HOST, free_port
from ums_client.protocol.service import HealthCheckReply, HealthDetails, HealthPart


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service whose mail goes nowhere, and that has a place for backups."""
    folder = tmp_path_factory.mktemp("upkeep")
    (folder / "backups").mkdir()
    env = {
        "UMS_SMTP_HOST": HOST,
        "UMS_SMTP_PORT": str(free_port()),
        "UMS_SMTP_SECURITY": "plain",
        "UMS_MAIL_FROM": "ums@example.org",
        "UMS_BACKUP_DIR": str(folder / "backups"),
    }
    with running_service(folder / "data", env=env) as service:
        login_as_admin(service)
        yield service


@pytest.fixture
def page(service: RunningService, open_window: Callable[..., Driver]) -> Any:
    window = open_window(service.endpoint)
    window.signed_in()
    return window, window.go("upkeep")


def test_mail_that_cannot_be_sent_is_listed_tried_again_and_dropped(page: Any):
    window, page = page
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


def test_parts_and_measurements_are_told(page: Any):
    window, page = page
    window.until(lambda: page.parts.items)
    window.reads("Accounts")
    assert page.parts.items["store"].cells[1] == "ok"
    page.tabs.select(2)
    window.until(lambda: page.measurements.items)
    assert not [key for key in page.measurements.items if "_bucket" in key]
    window.type("query", "store_writable")
    window.until(lambda: len(page.measurements.items) == 1)
    [row] = page.measurements.items.values()
    assert row.cells[2] == "1"
    window.type("query", "no such thing")
    window.reads("Nothing here is like that")


def test_a_backup_is_made_and_the_store_compacted(page: Any, service: RunningService):
    window, page = page
    window.click("backup")
    window.click("shell")
    assert "backup-store" in window.find("command").get("1.0", "end")
    window.click("ok")
    window.reads("The backup is made and verified: 0 s")
    window.reads("The backup is there")
    name, size, digest = window.find("secret").get("1.0", "end-1c").splitlines()
    data = (service.data.parent / "backups" / name).read_bytes()
    assert size == f"{len(data):,} bytes"
    assert digest == f"SHA-256 {hashlib.sha256(data).hexdigest()}"
    window.click("cancel")
    window.click("compact")
    window.click("ok")
    window.until(lambda: "The store took" in window.toast)


def test_without_a_place_for_backups_the_dialog_says_so(window: Driver):
    window.signed_in()
    window.go("upkeep")
    window.click("backup")
    window.click("ok")
    window.reads("has no directory for backups")


@pytest.mark.parametrize(
    ("state", "well", "said"),
    [
        ("ready", True, "reads and writes"),
        ("full", False, "disk of the service is full"),
        ("read_only", False, "disk of the service failed"),
        ("healthy", True, "all its parts do their work"),
        ("degraded", False, "not all of it as it should"),
        ("unhealthy", False, "cannot do all its work"),
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


def test_details_become_facts_and_parts():
    reply = HealthCheckReply(
        service="ums",
        timestamp="",
        storage="",
        active_sessions=0,
        state="degraded",
        checks=[HealthPart(name="mail", state="degraded", text="the outbox is full")],
        details=HealthDetails(
            uptime_s=86_465,
            memory_bytes=60 * 2**20,
            open_files=20,
            queues={"mail": 2, "hashing": 0},
            accounts=1_234,
            store_bytes={"base": 2**20, "journal": 2**20},
            commits=3,
            commit_median_ms=1.25,
            commit_worst_ms=9.5,
        ),
    )
    health = health_of(reply)
    facts = dict(health.facts)
    assert facts["Memory"] == "60.0 MiB"
    assert facts["Store"] == "2.0 MiB"
    assert facts["Accounts"] == "1,234"
    assert facts["Waiting"] == "mail 2"
    assert facts["Runs for"] == "1,441 min"
    assert health.parts[0].mark == "warning"
