"""The window while the service dies, comes back, is slow, or is not there at all."""

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.gui.driver import Driver
from tests.gui.slow_link import slow_link
from tests.service.harness import ADMIN_PASSWORD
from tests.service.running import RunningService, login_as_admin, running_service

Open = Callable[..., Driver]
Member = Callable[[str], str]
ONE_WAY_S = 0.1
BEATS_MIN = 10
"""In a wait of 200 ms a window that works beats some 20 times; one that waits, once."""


@pytest.fixture
def mortal(tmp_path: Path):
    """A service that a test may kill."""
    with running_service(tmp_path / "data") as service:
        login_as_admin(service)
        yield service


def sign_in_again(window: Driver) -> None:
    window.reads("Your session has ended. The page stays as it is.")
    window.type("password", ADMIN_PASSWORD)
    window.key("Return")
    window.until(lambda: "Signed in again" in window.toast)


def test_a_killed_service_leaves_an_open_dialog_with_what_was_typed(
    open_window: Open, mortal: RunningService
):
    port = mortal.port
    window = open_window(mortal.endpoint, deadline_s=2.0)
    window.signed_in()
    window.go("users")
    window.click("new")
    window.type("username", "late")
    window.type("email", "late@example.org")
    mortal.kill()
    window.click("ok")
    dialog = window.sheet
    window.until(lambda: dialog.notice.text)
    assert not dialog.spinner.running
    with running_service(mortal.data, port=port) as again:
        window.until(lambda: window.top is not dialog or dialog.confirm())
        sign_in_again(window)
        assert window.sheet is dialog
        assert window.find("username").get() == "late"
        window.click("ok")
        window.reads("The first password of late")
        window.click("cancel")
        token = login_token(again)
        reply = again.ask(action="get_user", session_token=token, username="late")
        assert reply["user"]["email"] == "late@example.org"


def login_token(service: RunningService) -> str:
    reply = service.ask(
        action="login", credentials={"username": "admin", "password": ADMIN_PASSWORD}
    )
    return str(reply["session_token"])


def test_the_log_is_followed_on_after_a_kill(open_window: Open, mortal: RunningService):
    port = mortal.port
    window = open_window(mortal.endpoint, deadline_s=2.0)
    window.signed_in()
    page = window.go("audit")
    window.root.event_generate("<Control-l>")
    window.until(lambda: page.log.item(0))
    newest = page.log.item(0).key
    mortal.kill()
    window.reads("Try again")
    assert page.log.item(0).key == newest, "what was read stays"
    with running_service(mortal.data, port=port):
        window.until(lambda: window.top is not window.root)
        sign_in_again(window)
        window.until(
            lambda: page.log.item(0) and int(page.log.item(0).key) > int(newest)
        )


def test_the_window_is_fluid_while_every_answer_takes_long(
    open_window: Open,
    shared: RunningService,
    member: Member,
    record_property: Callable[[str, object], None],
):
    member("far-away")
    with slow_link(shared.port, ONE_WAY_S) as link:
        window = open_window(link.endpoint)
        window.signed_in()
        page = window.go("users")
        beats: list[float] = []

        def beat() -> None:
            beats.append(time.monotonic())
            window.root.after(5, beat)

        beat()
        for text in ("far", "far-a", "far-away"):
            before = len(beats)
            window.type("query", text)
            window.until(lambda t=text: page.search.query == t)
            assert page.spinner.running, "the answer is on its way"
            window.settled()
            assert len(beats) - before > BEATS_MIN
        assert page.found.item(0).cells[0] == "far-away"
        assert window.program.desk.latency_ms >= 2 * ONE_WAY_S * 1_000
        gaps = [b - a for a, b in pairwise(beats)]
        record_property("longest_gap_ms", round(max(gaps) * 1_000))
        window.close()


def test_many_answers_at_once_do_not_hold_the_window(window: Driver):
    delivered: list[int] = []
    ticks: list[int] = []
    for number in range(1_000):
        window.program.background.run(
            lambda number=number: number, lambda _: delivered.append(1)
        )

    def tick() -> None:
        ticks.append(len(delivered))
        window.root.after(1, tick)

    tick()
    window.until(lambda: len(delivered) == 1_000)
    assert len([count for count in ticks if 0 < count < 1_000]) >= 3
