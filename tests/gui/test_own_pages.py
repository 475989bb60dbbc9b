"""What people do with their own account, through the window."""

import platform
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pyotp
import pytest

from tests.gui.driver import Driver
from tests.service.harness import GOOD, creation, login
from tests.service.running import RunningService, running_service

Open = Callable[..., Driver]
Member = Callable[[str], str]
NEW = "another long winter-walk"


def test_a_profile_is_changed_and_its_faults_stand_beside_the_fields(
    window: Driver, member: Member
):
    member("anna"), member("bruno")
    window.signed_in("anna", GOOD)
    window.settled()
    page = window.page
    assert page.save.instate(["disabled"])
    window.type("city", "Bremen")
    window.type("notes", "Two lines")
    window.reads("2 changes are not saved")
    window.click("save")
    window.until(lambda: window.toast == "Saved.")
    assert page.form.changes() == {}
    window.type("username", "bruno")
    window.click("save")
    window.until(lambda: page.form.field("username").fault)
    window.click("undo")
    assert window.find("username").get() == "anna"
    window.type("username", "")
    window.key("Return")
    window.reads("User name is needed")


def test_what_was_typed_stays_when_one_looks_at_another_page(
    window: Driver, member: Member
):
    member("carla")
    window.signed_in("carla", GOOD)
    window.settled()
    window.type("city", "Ulm")
    window.go("keys")
    window.go("profile")
    assert window.find("city").get() == "Ulm"


def test_a_password_is_changed_and_judged_while_it_is_typed(
    window: Driver, member: Member
):
    member("doris")
    window.signed_in("doris", GOOD)
    page = window.go("security")
    window.type("new", "password")
    window.reads("weak")
    window.type("current", GOOD)
    window.type("new", NEW)
    window.reads("strong")
    window.type("repeat", NEW)
    window.click("change")
    window.until(lambda: "The new password counts" in window.toast)
    assert page.form.values() == {"current": "", "new": "", "repeat": ""}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_authenticator_is_added_used_and_removed(
    open_window: Open, member: Member, theme: str, tmp_path: Path
):
    name = f"emil{theme}"
    member(name)
    window = open_window(theme=theme)
    window.signed_in(name, GOOD)
    page = window.go("security")
    window.reads("No second factor")
    window.click("add")
    window.click("ok")  # an authenticator app is the first kind
    window.type("name", "my phone")
    window.type("password", GOOD)
    window.key("Return")
    window.reads("Scan this")
    secret = window.find("secret").get("1.0", "end-1c")
    window.click("copy")
    assert window.root.clipboard_get() == secret
    phone = pyotp.TOTP(secret)
    window.type("code", phone.now())
    window.click("ok")
    window.reads("Backup codes")
    codes = window.find("secret").get("1.0", "end-1c").split()
    assert len(codes) >= 5
    window.program.stage.dialogs.save_text = (  # the file dialog is not ours
        lambda name, text: str((tmp_path / name).write_text(text) and tmp_path / name)
    )
    window.click("save")
    window.reads("Saved to")
    assert (tmp_path / "ums-backup-codes.txt").read_text().split() == codes
    window.click("cancel")
    window.until(lambda: page.factors.items)
    window.reads("backup codes are left")

    window.click("signout")
    window.sign_in(name, GOOD)
    window.reads("Second factor")
    window.type("code", "000000")
    window.click("ok")
    window.reads("That code is not right")
    window.type("code", codes[0])
    window.click("ok")
    window.reads(f"Signed in as {name}")

    page = window.go("security")
    page.factors.table.focus_rows()
    window.click("remove")
    window.type("password", GOOD)
    window.type("code", codes[1])
    window.click("ok")
    window.reads("No second factor")


def test_sessions_are_seen_and_ended(
    window: Driver, shared: RunningService, member: Member
):
    member("fritz")
    login = {"username": "fritz", "password": GOOD}
    token = shared.ask(action="login", credentials=login)["session_token"]
    window.signed_in("fritz", GOOD)
    page = window.go("sessions")
    assert len(page.sessions.items) == 2
    window.click("others")
    window.reads("1 session end")
    window.click("ok")
    window.until(lambda: len(page.sessions.items) == 1)
    reply = shared.ask(action="verify_session", session_token=token)
    assert reply["status"] == "error"


@pytest.fixture
def impatient(tmp_path: Path) -> Iterator[RunningService]:
    """A service that shuts an account after three failures; `hanna` has one."""
    env = {"UMS_POLICY": '{"failures_max": 3}'}
    with running_service(tmp_path / "data", env=env) as service:
        service.ask(**creation("hanna"))
        yield service


def test_a_computer_is_remembered_known_again_and_forgotten(
    open_window: Open, impatient: RunningService, tmp_path: Path
):
    window = open_window(impatient.endpoint)
    window.type("username", "hanna")
    window.type("password", GOOD)
    window.click("remember")
    window.click("ok")
    window.until(lambda: window.program.shell)
    page = window.go("sessions")
    window.until(lambda: page.devices.items, "the device of this computer")
    (device,) = page.devices.items.values()
    assert device.cells[0] == platform.node()
    kept = tmp_path / "devices.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    window.close()

    for _ in range(3):  # others fail until the account is shut for them
        impatient.ask(**login("hanna", "not her password"))
    assert impatient.ask(**login("hanna"))["status"] == "error"
    window = open_window(impatient.endpoint)
    window.signed_in("hanna", GOOD)
    page = window.go("sessions")
    assert len(page.devices.items) == 1  # known again, not a second one
    page.devices.table.focus_rows()
    window.click("forget")
    window.click("shell")
    assert "forget-device --device-id" in window.find("command").get("1.0", "end")
    window.click("ok")
    window.reads("No known device")


def works(service: RunningService, key: str) -> bool:
    return bool(service.ask(action="get_user", api_key=key)["status"] == "success")


def test_an_api_key_is_shown_once_replaced_and_ended(
    window: Driver, shared: RunningService, member: Member
):
    member("gerda")
    window.signed_in("gerda", GOOD)
    page = window.go("keys")
    window.click("new")
    window.type("name", "nightly run")
    window.type("days", "never")
    window.click("ok")
    window.reads("What it may do is needed")
    window.reads("A number of days")
    window.type("scopes", "users.read")
    window.key("Down")
    window.key("space")
    window.type("days", "30")
    window.type("addresses", "127.0.0.0/8, ::1")
    window.click("shell")
    command = window.find("command").get("1.0", "end")
    assert "--scopes users.read --expires-in-days 30" in command
    window.click("ok")
    window.reads("Your new key")
    key = window.find("secret").get("1.0", "end-1c")
    window.click("copy")
    assert window.root.clipboard_get() == key
    window.click("cancel")
    window.until(lambda: page.list.items)
    assert works(shared, key)
    page.list.table.focus_rows()
    window.reads("127.0.0.0/8, ::1")

    window.click("rotate")
    window.reads("The old key ends now")
    window.click("ok")
    window.reads("Your new key")
    newer = window.find("secret").get("1.0", "end-1c")
    window.click("cancel")
    window.settled()
    assert (works(shared, key), works(shared, newer)) == (False, True)

    page.list.table.focus_rows()
    window.click("revoke")
    window.click("ok")
    window.reads("No API key")
    assert not works(shared, newer)


def test_the_end_of_an_account_takes_the_password(window: Driver, member: Member):
    member("heinz")
    window.signed_in("heinz", GOOD)
    window.settled()
    window.click("delete")
    window.type("password", "wrong")
    window.click("ok")
    window.until(lambda: window.sheet.form.field("password").fault)
    window.type("password", GOOD)
    window.click("ok")
    window.reads("Nobody is signed in")
    assert window.toast == "Your account is deleted."


def test_a_lock_down_that_needs_mail_says_so(window: Driver, member: Member):
    member("ingo")
    window.signed_in("ingo", GOOD)
    window.settled()
    window.click("lockdown")
    window.reads("Every session ends now")
    window.type("password", GOOD)
    window.click("ok")
    window.reads("not set up for this")
