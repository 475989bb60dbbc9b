"""A walk through what everybody has, for pictures of it."""

from typing import Any

import pyotp

from gui.controllers.security_keys import UsbKeys
from tests.gui.driver import Driver
from tests.gui.plugged_in import PluggedIn
from tests.service.harness import ADMIN_PASSWORD


def own_pages(window: Driver, camera: Any) -> None:
    """Profile, notifications, factors, sessions, keys, data, what happened."""
    window.signed_in()
    window.go("profile")
    camera.take("profile")
    _notifications(window, camera)
    _factors(window, camera)
    window.go("sessions")
    camera.take("sessions")
    keys = window.go("keys")
    keys.list.table.focus_rows()
    window.pump()
    camera.take("keys")
    window.click("new")
    window.type("scopes", "user")
    window.key("Down")
    window.key("space")
    camera.take("new-key")
    window.key("Escape")
    window.go("privacy")
    camera.take("my-data")
    window.click("export")
    assert window.sheet
    camera.take("my-data-export")
    window.key("Escape")
    activity = window.go("activity")
    activity.list.table.focus_rows()
    window.pump()
    camera.take("activity")
    window.root.event_generate("<Control-k>")
    window.type("page", "lo")
    camera.take("go-to")
    window.key("Escape")
    window.click("settings")
    assert window.sheet
    camera.take("settings")
    window.key("Escape")


def _notifications(window: Driver, camera: Any) -> None:
    page = window.go("notifications")
    page.list.table.focus_rows()
    window.key("Down")
    window.settled()
    window.until(lambda: not page.spinner.running)
    camera.take("notifications")
    window.click("preferences")
    window.type("quiet_hours_start", "22:00")
    window.type("quiet_hours_end", "07:00")
    camera.take("preferences")
    window.key("Escape")


def _factors(window: Driver, camera: Any) -> None:
    """Add two factors, then remove them: whoever signs in next needs none."""
    window.program.desk.keys = UsbKeys(lambda: [PluggedIn(finger=True)])
    page = window.go("security")
    camera.take("security")
    window.click("add")
    assert window.sheet
    camera.take("add-factor")
    window.click("ok")
    window.type("name", "my phone")
    window.type("password", ADMIN_PASSWORD)
    window.click("ok")
    window.reads("Scan this")
    secret = window.find("secret").get("1.0", "end-1c")
    camera.take("scan")
    window.type("code", pyotp.TOTP(secret).now())
    window.click("ok")
    window.reads("Backup codes")
    codes = window.find("secret").get("1.0", "end-1c").split()
    camera.take("backup-codes")
    window.click("cancel")
    window.until(lambda: page.factors.items)
    window.click("add")
    window.choose("kind", "Passkey")
    window.click("ok")
    window.type("name", "blue key")
    camera.take("add-passkey")
    window.type("password", ADMIN_PASSWORD)
    window.type("code", codes[0])
    window.click("ok")
    window.until(lambda: len(page.factors.items) > 1)
    window.settled()
    window.program.stage.toasts.hide()
    camera.take("factors")
    for code in codes[1:3]:
        page.factors.table.focus_rows()
        left = len(page.factors.items) - 1
        window.click("remove")
        window.type("password", ADMIN_PASSWORD)
        window.type("code", code)
        window.click("ok")
        window.until(lambda left=left: len(page.factors.items) == left)
        window.settled()
        page.factors.table.clear_selection()


def signed_out(window: Driver, camera: Any) -> None:
    """The way in with a key."""
    window.click("signout")
    window.reads("Nobody is signed in")
    window.click("link3")
    window.reads("Sign in with a passkey")
    camera.take("passkey")
