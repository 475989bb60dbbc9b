"""Signing out and quitting ask first where something typed would be lost."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.gui.driver import Driver
from tests.service.harness import ADMIN_PASSWORD, GOOD
from tests.service.running import RunningService

Member = Callable[[str], str]


def wish_to_close(window: Driver) -> None:
    """As the button of the window does; that is not held back by a dialog."""
    window.root.tk.call(
        *window.root.tk.splitlist(window.root.protocol("WM_DELETE_WINDOW"))
    )
    if not window.closed:
        window.pump()


@pytest.fixture
def typed(window: Driver) -> Any:
    """A dialog with something in it."""
    window.signed_in()
    window.go("users")
    window.click("new")
    dialog = window.sheet
    window.type("username", "halfway")
    return dialog


def end_session(shared: RunningService, window: Driver) -> None:
    """As an administrator or time would; the next question finds out."""
    client = window.program.desk._line.made.client  # type: ignore[union-attr]
    reply = shared.ask(action="logout", session_token=client.session_token)
    assert reply["status"] == "success", reply


def test_who_does_not_sign_in_again_is_asked_before_a_dialog_is_lost(
    window: Driver, typed: Any, shared: RunningService
):
    end_session(shared, window)
    window.page.find()
    window.reads("Your session has ended")
    window.click("cancel")  # it reads `Sign out`
    window.reads("would be lost")
    window.reads("New user")
    assert str(window.root.focus_get()).endswith("cancel"), "Return loses nothing"
    window.key("KeyPress-Return")
    window.reads("Your session has ended")
    window.type("password", ADMIN_PASSWORD)
    window.key("Return")
    window.until(lambda: window.top is typed)
    assert window.find("username").get() == "halfway"


def test_a_dialog_goes_with_who_signs_out_all_the_same(
    window: Driver, typed: Any, shared: RunningService
):
    end_session(shared, window)
    window.page.find()
    window.reads("Your session has ended")
    window.key("Escape")
    window.reads("would be lost")
    window.click("ok")
    window.reads("Nobody is signed in")
    assert window.top is window.root, "the next one does not see it"
    assert window.find("username").get() == "admin"


def test_the_window_is_not_closed_with_a_dialog_half_filled(window: Driver, typed: Any):
    wish_to_close(window)
    window.reads("would be lost")
    wish_to_close(window)  # once more: asked once
    window.key("Escape")
    assert window.top is typed
    window.type("username", "")
    wish_to_close(window)  # as nothing is in it
    window.closed = True
    assert not alive(window)


def test_quitting_all_the_same_quits(window: Driver, typed: Any):
    wish_to_close(window)
    window.reads("would be lost")
    sheet = window.sheet
    window.closed = True
    sheet.confirm()
    assert not alive(window)


def alive(window: Driver) -> bool:
    try:
        return bool(window.root.winfo_exists())
    except Exception:  # noqa: BLE001 - what tkinter raises of a window that is gone
        return False


def test_what_is_shown_once_is_not_lost_by_closing(window: Driver):
    window.signed_in()
    window.program.stage.show_secret("Codes", "", "1234")
    wish_to_close(window)
    window.reads("would be lost")
    window.key("Escape")
    window.click("cancel")
    assert window.top is window.root


def test_signing_out_asks_for_changes_that_are_not_saved_and_else_not(
    window: Driver, member: Member
):
    member("leo")
    window.signed_in("leo", GOOD)
    window.go("profile")
    window.type("city", "Lund")
    window.click("signout")
    window.reads("My profile")
    window.click("cancel")
    assert window.find("city").get() == "Lund"
    window.click("undo")
    window.root.event_generate("<Control-k>")
    window.type("page", "sign out")
    window.key("Return")
    window.reads("Nobody is signed in")


def test_a_password_alone_is_nothing_to_lose(window: Driver, member: Member):
    member("lenka")
    window.signed_in("lenka", GOOD)
    window.go("profile")
    window.click("delete")
    window.type("password", "something")
    wish_to_close(window)
    window.closed = True
    assert not alive(window)
