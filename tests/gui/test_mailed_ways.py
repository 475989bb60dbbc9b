"""Ways to a session that need a mail, or a password that is over, through the window."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.gui.driver import Driver
from tests.gui.mailing import Mailing, mailing_service
from tests.service.harness import GOOD, creation, login
from tests.service.running import RunningService, running_service, wait_until

Open = Callable[..., Driver]
NEW = "another long winter-walk"
CAREFUL = '{"recent_login_s": 4, "email_change": "verified"}'
IMPATIENT = '{"password_expires_s": 5, "password_warning_s": 1}'


@pytest.fixture(scope="module")
def mailing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailing]:
    data = tmp_path_factory.mktemp("mailing") / "data"
    with mailing_service(data, UMS_POLICY=CAREFUL) as mailing:
        yield mailing


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    """A service whose passwords are soon too old; that of `greta` is on the way there."""
    data = tmp_path_factory.mktemp("impatient") / "data"
    with running_service(data, env={"UMS_POLICY": IMPATIENT}) as service:
        service.ask(**creation("greta"))
        yield service


@pytest.fixture
def at_mailing(open_window: Open, impatient: object, mailing: Mailing) -> Driver:
    return open_window(mailing.service.endpoint)


def came(window: Driver, look: Callable[[], Any]) -> str:
    return str(window.until(look, "a mail"))


def test_codes_by_mail_are_set_up_and_signed_in_with(
    at_mailing: Driver, mailing: Mailing
):
    window = at_mailing
    mailing.member("berta")
    window.signed_in("berta", GOOD)
    window.go("security")
    window.click("add")
    window.choose("kind", "Mail")
    window.click("ok")
    window.type("password", GOOD)
    window.click("ok")
    window.reads("A code was sent")
    window.type("code", came(window, lambda: mailing.code("berta", "code")))
    window.click("ok")
    window.reads("Backup codes")
    window.click("cancel")
    window.until(lambda: window.page.factors.items)

    window.click("signout")
    window.sign_in("berta", GOOD)
    window.reads("Have a code sent")
    window.click("link0")
    window.reads("A code is on its way to b")
    window.type("code", came(window, lambda: mailing.code("berta", "code", number=2)))
    window.click("ok")
    window.reads("Signed in as berta")


def test_a_locked_down_account_is_led_back_to_a_session(
    at_mailing: Driver, mailing: Mailing
):
    window = at_mailing
    mailing.member("clara")
    window.signed_in("clara", GOOD)
    window.settled()
    window.go("activity")
    window.click("notme")
    window.type("password", GOOD)
    window.click("ok")
    window.reads("Nobody is signed in")
    assert "locked down" in window.toast

    window.sign_in("clara", GOOD)
    window.reads("This account is locked down")
    window.type("code", came(window, lambda: mailing.link("clara", "")))
    window.type("new", NEW)
    window.type("repeat", NEW)
    window.click("ok")
    window.reads("Your new password counts")
    window.signed_in("clara", NEW)


def test_an_address_is_changed_by_the_code_that_is_mailed_to_it(
    at_mailing: Driver, mailing: Mailing
):
    window = at_mailing
    mailing.member("dora")
    window.signed_in("dora", GOOD)
    window.settled()
    window.type("email", "dora2@example.org")
    window.click("save")
    window.until(lambda: "A mail went to dora2@example.org" in window.toast)
    window.click("undo")  # the button of the toast: enter the code
    window.type("code", "not this one")
    window.click("ok")
    window.reads("unknown, used or too old")
    code = came(window, lambda: mailing.link("dora2", ""))
    window.type("code", code)
    window.click("ok")
    window.until(lambda: window.toast == "dora2@example.org is your verified address.")
    window.settled()
    assert window.find("email").get() == "dora2@example.org"
    window.click("verify")
    window.click("extra")
    window.reads("A mail is on its way")
    window.key("Escape")


def proof_is_old(window: Driver, service: RunningService) -> bool:
    """Whether the session of the window would be asked who it is, once more."""
    line = window.program.desk._line
    assert line is not None
    asked = service.ask(
        action="rotate_api_key",
        session_token=line.get().client.session_token,
        key_id="0" * 16,
    )
    return bool(asked["code"] == "REAUTHENTICATION_REQUIRED")


def test_a_proof_that_is_old_is_asked_for_before_what_needs_it(
    at_mailing: Driver, mailing: Mailing
):
    window = at_mailing
    mailing.member("frida")
    window.signed_in("frida", GOOD)
    page = window.go("keys")
    window.click("new")
    window.type("name", "nightly run")
    window.type("scopes", "users.read")
    window.key("Down")
    window.key("space")
    looks = itertools.count()  # the service counts how often it is asked
    window.until(
        lambda: next(looks) % 40 == 0 and proof_is_old(window, mailing.service)
    )
    window.click("ok")
    window.reads("Is it still you?")
    window.key("Escape")  # not now: what was typed stays
    window.reads("Prove once more that it is you")
    assert window.find("name").get() == "nightly run"
    window.click("ok")
    window.reads("Is it still you?")
    window.type("password", "wrong")
    window.click("ok")
    window.until(lambda: window.sheet.form.field("password").fault)
    window.type("password", GOOD)
    window.key("Return")
    window.reads("Your new key")
    window.click("cancel")
    window.until(lambda: page.list.items)


def test_a_password_that_is_too_old_is_replaced_on_the_way_in(
    open_window: Open, impatient: RunningService
):
    def over() -> bool:
        return bool(impatient.ask(**login("greta"))["code"] == "PASSWORD_EXPIRED")

    wait_until(over)
    window = open_window(impatient.endpoint)
    window.sign_in("greta", GOOD)
    window.reads("Your password is too old")
    window.type("new", NEW)
    window.type("repeat", NEW)
    window.click("ok")
    window.reads("Signed in as greta")
