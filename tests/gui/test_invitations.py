"""Invitations, through the window."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.gui.driver import Driver
from tests.service.running import RunningService


@pytest.fixture
def page(window: Driver) -> Any:
    window.signed_in()
    return window.go("invitations")


def row_of(page: Any, email: str) -> Any:
    found = [i for i in page.list.items.values() if i.cells[0] == email]
    return found[0] if found else None


def invite(window: Driver, page: Any, email: str, **fields: str) -> str:
    """Invite without a mail; returns the token that is shown."""
    window.key("Control-n")
    assert window.sheet
    window.type("email", email)
    for name, text in fields.items():
        window.type(name, text)
    window.click("send_email")
    window.click("ok")
    window.reads("Hand this over yourself")
    token = str(window.top.question.secret)
    window.click("cancel")
    window.until(lambda: row_of(page, email))
    return token


def test_an_invitation_without_mail_shows_a_token_that_counts(
    window: Driver, page: Any, shared: RunningService
):
    token = invite(window, page, "ines@example.org")
    reply = shared.ask(action="get_invitation", token=token)
    assert reply["email"] == "ines@example.org"
    assert row_of(page, "ines@example.org").cells[2] == "pending"


def test_it_is_taken_back_and_then_found_among_the_cancelled(
    window: Driver, page: Any, shared: RunningService
):
    token = invite(window, page, "otto@example.org")
    page.list.table.focus_rows()
    page.list.table.selected = {row_of(page, "otto@example.org").key}
    page.list._selected()
    window.click("takeback")
    window.reads("counts for nothing")
    window.click("ok")
    window.until(lambda: row_of(page, "otto@example.org").cells[2] == "cancelled")
    assert shared.ask(action="get_invitation", token=token)["status"] == "error"
    window.choose("state", "pending")
    window.settled()
    assert row_of(page, "otto@example.org") is None
    window.choose("state", "cancelled")
    window.until(lambda: row_of(page, "otto@example.org"))
    page.list.table.focus_rows()
    assert page.resend_button.instate(["disabled"]), "it is over"


def test_it_is_sent_again(window: Driver, page: Any):
    invite(window, page, "resi@example.org")
    page.list.table.selected = {row_of(page, "resi@example.org").key}
    page.list._selected()
    window.click("resend")
    window.click("send_email")
    window.click("ok")
    window.reads("Hand this over yourself")


def test_a_lab_that_does_not_exist_is_told_beside_its_field(window: Driver, page: Any):
    window.click("invite")
    window.type("email", "lara@example.org")
    window.type("lab", "NOLAB")
    window.click("ok")
    window.until(lambda: window.top.form.field("lab").fault)
    assert window.find("email").get() == "lara@example.org"


def test_an_invitation_into_a_lab_says_so(
    window: Driver, page: Any, shared: RunningService, member: Callable[[str], str]
):
    token = shared.admin_token  # type: ignore[attr-defined]
    shared.ask(
        action="create_lab", session_token=token, name="Guest house", code="GUEST"
    )
    invite(window, page, "gil@example.org", lab="GUEST")
    assert row_of(page, "gil@example.org").cells[1] == "member of a lab"
