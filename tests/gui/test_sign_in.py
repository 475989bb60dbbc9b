"""The way to a session, through the window."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gui.driver import Driver
from tests.service.harness import ADMIN_PASSWORD, GOOD
from tests.service.running import RunningService, login_as_admin, running_service

Open = Callable[..., Driver]
Member = Callable[[str], str]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_signing_in_by_keyboard_alone(open_window: Open, member: Member, theme: str):
    member(f"kim{theme}")
    window = open_window(theme=theme)
    window.reads("Sign in")
    window.signed_in(f"kim{theme}", GOOD)
    window.reads(f"Signed in as kim{theme}")
    window.reads("My profile")
    window.settled()


def test_a_wrong_password_is_told_and_the_name_stays(window: Driver, member: Member):
    member("lena")
    window.sign_in("lena", "wrong")
    window.reads("do not go together")
    assert window.find("username").get() == "lena"
    window.signed_in("lena", GOOD)


NEW = "another long winter-walk"


def test_registering_opens_the_account(window: Driver):
    window.click("link0")
    window.type("username", "marta")
    window.type("email", "marta@example.org")
    window.type("password", GOOD)
    window.reads("■")  # how strong it is
    window.click("ok")
    window.reads("Signed in as marta")


def test_a_name_that_is_taken_is_told_beside_its_field(window: Driver, member: Member):
    member("otto")
    window.click("link0")
    window.type("username", "otto")
    window.type("email", "otto2@example.org")
    window.type("password", GOOD)
    window.click("ok")
    form = window.program.sign_in.form  # type: ignore[union-attr]
    window.until(lambda: form.field("username").fault)
    assert window.find("email").get() == "otto2@example.org"


def test_a_password_is_reset_with_a_code(
    window: Driver, shared: RunningService, member: Member
):
    user_id = member("paula")
    link = shared.ask(
        action="issue_link",
        session_token=shared.admin_token,  # type: ignore[attr-defined]
        user_id=user_id,
        purpose="reset",
        password=ADMIN_PASSWORD,
    )
    window.click("link1")  # forgot
    window.click("link0")  # I have a code
    window.type("code", "not this one")
    window.type("new", NEW)
    window.type("repeat", NEW + "x")
    window.click("ok")
    window.reads("The two are not the same")
    window.type("repeat", NEW)
    window.click("ok")
    window.reads("unknown, used or too old")
    window.type("code", link["token"])
    window.click("ok")
    window.reads("Your new password counts")
    window.signed_in("paula", NEW)


def test_a_forced_change_leads_to_the_session(
    window: Driver, shared: RunningService, member: Member
):
    shared.ask(
        action="force_password_change",
        session_token=shared.admin_token,  # type: ignore[attr-defined]
        user_id=member("quirin"),
    )
    window.sign_in("quirin", GOOD)
    window.reads("must be changed")
    window.type("new", NEW)
    window.type("repeat", NEW)
    window.key("Return")
    window.reads("Signed in as quirin")


@pytest.fixture
def mortal(tmp_path: Path):
    """A service that a test may kill."""
    with running_service(tmp_path / "data") as service:
        yield service


def test_a_dead_service_is_told_and_nothing_typed_is_lost(
    open_window: Open, mortal: RunningService
):
    login_as_admin(mortal)
    port = mortal.port
    window = open_window(mortal.endpoint, deadline_s=3.0)
    window.reads("connected")
    mortal.kill()
    window.sign_in("admin", ADMIN_PASSWORD)
    window.reads("Try again")
    assert window.find("username").get() == "admin"
    assert window.find("password").get() == ADMIN_PASSWORD
    with running_service(mortal.data, port=port):
        window.click("action")
        window.reads("Signed in as admin")


def test_after_a_restart_the_page_stays_as_it_was(
    open_window: Open, mortal: RunningService
):
    login_as_admin(mortal)
    port = mortal.port
    window = open_window(mortal.endpoint)
    window.signed_in()
    window.go("profile")
    window.type("city", "Kassel")
    mortal.stop()
    with running_service(mortal.data, port=port):
        window.click("save")
        assert "session has ended" in window.texts or window.sheet
        window.reads("Your session has ended. The page stays as it is.")
        window.type("password", ADMIN_PASSWORD)
        window.key("Return")
        window.until(lambda: "Signed in again" in window.toast)
        assert window.find("city").get() == "Kassel"
        window.click("save")
        window.until(lambda: window.toast == "Saved.")


def test_the_window_works_while_the_service_is_silent(
    open_window: Open, mortal: RunningService
):
    login_as_admin(mortal)
    window = open_window(mortal.endpoint)
    window.reads("connected")
    mortal.process.send_signal(19)  # stopped: it answers nothing, the connection stays
    try:
        window.sign_in("admin", ADMIN_PASSWORD)
        beats = []

        def beat() -> None:
            beats.append(True)
            window.root.after(5, beat)

        beat()
        window.until(lambda: len(beats) > 20)
        assert window.program.sign_in.spinner.running  # type: ignore[union-attr]
    finally:
        mortal.process.send_signal(18)
    window.reads("Signed in as admin")


def test_another_connection_is_chosen_in_a_dialog(
    open_window: Open, shared: RunningService, tmp_path: Path
):
    window = open_window(f"ipc://{tmp_path}/nobody-there")
    window.click("connection")
    sheet = window.sheet
    window.type("endpoint", "127.0.0.1")
    window.key("Return")
    assert "begins with tcp://" in sheet.form.field("endpoint").fault
    window.type("endpoint", shared.endpoint)
    window.type("name", "The good one")
    window.key("Return")
    window.reads("The good one: connected")
    window.signed_in()
    assert [p.name for p in window.program.choices.places] == ["The good one", "Test"]
