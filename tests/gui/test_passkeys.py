"""Passkeys on a security key, through the window."""

from collections.abc import Callable

import pytest
from fido2.ctap import CtapError

from gui.controllers.security_keys import KeyTrouble, UsbKeys
from tests.gui.driver import Driver
from tests.gui.plugged_in import PluggedIn
from tests.service.harness import GOOD

Open = Callable[..., Driver]
Member = Callable[[str], str]


def enrol(window: Driver, name: str) -> None:
    """Add the key that is plugged in, as far as pressing the button."""
    window.go("security")
    window.click("add")
    window.choose("kind", "Passkey")
    window.click("ok")
    window.reads("Plug your security key in first")
    window.type("name", name)
    window.type("password", GOOD)
    window.click("ok")


def test_a_passkey_is_enrolled_used_as_second_factor_and_alone_and_removed(
    open_window: Open, member: Member
):
    member("petra")
    key = PluggedIn(finger=True)
    window = open_window(keys=UsbKeys(lambda: [key]))
    window.signed_in("petra", GOOD)
    enrol(window, "blue key")
    window.reads("Backup codes")
    codes = window.find("secret").get("1.0", "end-1c").split()
    window.click("cancel")
    page = window.page
    window.until(lambda: page.factors.items)
    assert [i.cells[:2] for i in page.factors.items.values()] == [
        ("Passkey", "blue key")
    ]

    window.click("signout")
    window.sign_in("petra", GOOD)
    window.reads("Plug your security key in")
    window.click("ok")
    window.until(lambda: window.program.shell)
    window.click("signout")

    window.reads("Nobody is signed in")
    window.click("link3")  # use a passkey: no name, no password
    window.reads("Sign in with a passkey")
    window.click("ok")
    window.reads("Signed in as petra")
    assert key.closed == 3  # other programs can use it

    page = window.go("security")
    page.factors.table.focus_rows()
    window.click("rename")
    assert window.find("name").get() == "blue key"
    window.type("name", "green key")
    window.click("shell")
    assert "rename-passkey" in window.find("command").get("1.0", "end")
    window.click("ok")
    window.until(
        lambda: [i.cells[1] for i in page.factors.items.values()] == ["green key"]
    )
    window.settled()
    page.factors.table.focus_rows()
    window.click("remove")
    window.type("password", GOOD)
    window.click("shell")
    command = window.find("command").get("1.0", "end")
    assert "disable-mfa --method passkey --credential-id" in command
    window.type("code", codes[0])
    window.click("ok")
    window.reads("No second factor")


def test_a_backup_code_helps_where_the_key_is_not_at_hand(
    open_window: Open, member: Member
):
    member("paul")
    key = PluggedIn()  # it has neither PIN nor finger: a second factor all the same
    window = open_window(keys=UsbKeys(lambda: [key]))
    window.signed_in("paul", GOOD)
    enrol(window, "old key")
    window.reads("Backup codes")
    codes = window.find("secret").get("1.0", "end-1c").split()
    window.click("cancel")
    window.click("signout")
    window.sign_in("paul", GOOD)
    window.reads("Plug your security key in")
    key.is_unplugged = True
    window.click("ok")
    window.reads("The key was unplugged")
    window.click("link0")  # use a code
    window.reads("Take one of your backup codes")
    window.type("code", codes[0])
    window.click("ok")
    window.reads("Signed in as paul")


def test_what_a_key_cannot_do_is_said_in_words(open_window: Open, member: Member):
    member("pia")
    plugged: list[PluggedIn] = []
    window = open_window(keys=UsbKeys(lambda: plugged))
    window.signed_in("pia", GOOD)
    enrol(window, "none")
    window.reads("No security key was found")
    plugged.append(PluggedIn(pin="2468"))
    window.click("ok")
    form = window.sheet.form
    window.until(lambda: form.field("pin").fault == "The PIN of the key is needed.")
    window.type("pin", "1111")
    window.click("ok")
    window.until(lambda: form.field("pin").fault == "The PIN is not right.")
    plugged[0].failure = CtapError.ERR.USER_ACTION_TIMEOUT
    window.click("ok")
    window.reads("not touched in time")
    plugged[0].failure = CtapError.ERR.CREDENTIAL_EXCLUDED
    window.click("ok")
    window.reads("on the key already")
    assert form.field("name").value == "none"  # nothing has to be typed again
    assert not window.page.factors.items
    plugged[0].failure = None
    window.type("pin", "2468")
    window.click("ok")
    window.reads("Backup codes")
    window.click("cancel")
    window.click("signout")
    window.reads("Nobody is signed in")
    window.click("link3")
    window.type("pin", "2468")
    window.key("Return")
    window.reads("Signed in as pia")


def test_a_key_that_the_service_does_not_know(open_window: Open):
    key = PluggedIn(finger=True)
    key.stored = b"nobody"
    window = open_window(keys=UsbKeys(lambda: [key]))
    window.click("link3")
    window.click("ok")
    window.reads("does not know this passkey")


def test_without_a_key_it_is_said_so():
    with pytest.raises(KeyTrouble, match="No security key was found"):
        UsbKeys(list).sign({"rpId": "localhost", "challenge": "AAAA"}, "")
