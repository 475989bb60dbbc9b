"""Roles, and why somebody may do something, through the window."""

from collections.abc import Callable
from typing import Any

import pytest

from gui.controllers.why import answer
from tests.gui.driver import Driver
from ums_client.protocol.assignments import PermissionDecision
from ums_client.protocol.roles import PermissionView

Member = Callable[[str], str]


def select(window: Driver, page: Any, name: str) -> None:
    window.type("query", name)
    window.until(lambda: page.found.query == name)
    window.settled()
    page.table.focus_rows()
    window.until(lambda: page.role.role and page.role.role.name == name)


def test_a_role_is_made_filled_given_taken_away_and_deleted(
    window: Driver, member: Member
):
    user_id = member("rosa")
    window.signed_in()
    page = window.go("roles")
    window.key("Control-n")
    window.type("name", "reader.of.logs")
    window.type("description", "Reads what happened")
    window.key("Return")
    window.until(lambda: page.role.role and page.role.role.name == "reader.of.logs")
    window.click("set")
    for name in ("audit.read", "users.read"):
        window.type("permissions", name)
        window.key("Down")
        window.key("space")
    window.click("ok")
    window.until(lambda: len(page.role.role.permissions) == 2)
    window.click("assign")
    window.type("account", "rosa")
    window.key("Return")
    window.until(lambda: page.role.holders.items)
    assert page.role.role.holder_count == 1
    page.role.permissions.table.focus_rows()
    window.click("takeout")
    window.reads("Counts at once, for 1 account")
    window.click("ok")
    window.until(lambda: len(page.role.role.permissions) == 1)
    window.click("delete")
    window.click("ok")
    window.until(lambda: not window.top.spinner.running and window.top.notice.text)
    window.key("Escape")
    page.role.holders.table.focus_rows()
    assert page.role.holders.selected[0].key.startswith(user_id)
    window.click("revoke")
    window.click("ok")
    window.until(lambda: not page.role.holders.items)
    window.click("delete")
    window.click("ok")
    window.until(lambda: "reader.of.logs is gone" in window.toast)


def test_who_does_not_exist_is_told_beside_the_name(window: Driver):
    window.signed_in()
    page = window.go("roles")
    select(window, page, "moderator")
    window.click("assign")
    window.type("account", "nobody.of.that.name")
    window.click("ok")
    window.until(lambda: window.top.form.field("account").fault)


def test_a_primary_role_is_not_taken_away_but_explained(
    window: Driver, member: Member, ask: Any
):
    ask("update_user", user_id=member("pilar"), update_data={"role": "moderator"})
    window.signed_in()
    page = window.go("roles")
    select(window, page, "moderator")
    page.role.holders.table.focus_rows()
    window.click("revoke")
    window.click("ok")
    window.reads("It is the primary role of the account")
    assert page.role.holders.items


def test_the_window_explains_why(window: Driver, member: Member, ask: Any):
    user_id = member("winifred")
    ask("save_role", name="keepers", permissions=["labs.manage"])
    ask("save_role", name="strangers", denied=["labs.manage"])
    window.signed_in()
    window.go("why")
    window.type("account", "winifred")
    window.type("permission", "labs.manage")
    window.key("Return")
    window.reads("winifred may not use labs.manage everywhere")
    window.reads("Roles that allow it: keepers.")
    ask("assign_role", user_ids=[user_id], roles=["keepers"])
    window.click("explain")
    window.reads("Allowed by the role keepers.")
    ask("assign_role", user_ids=[user_id], roles=["strangers"])
    window.click("explain")
    window.reads("Denied by the role strangers.")


def test_it_explains_what_counts_in_a_lab(window: Driver, member: Member, ask: Any):
    member("ludo")
    lab = ask("create_lab", name="Lab of Ludo", code="LUDO")["lab"]
    ask("add_lab_member", lab_id=lab["lab_id"], username="ludo", role="admin")
    window.signed_in()
    window.go("why")
    window.type("account", "ludo")
    window.type("permission", "lab.users.invite")
    window.type("lab", "LUDO")
    window.click("explain")
    window.reads("ludo may use lab.users.invite in Lab of Ludo.")
    window.reads("the lab role admin in Lab of Ludo")
    window.type("lab", "NOLAB")
    window.click("explain")
    window.until(lambda: window.page.form.field("lab").fault)


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("administrator", "administers the service"),
        ("inactive", "not active"),
        ("scope", "leaves this permission out"),
        ("something new", "The policy of the service decided: something new."),
    ],
)
def test_every_decision_has_its_words(by: str, said: str):
    decision = PermissionDecision(permission="a.b", allowed=False, by=by, sources=[])
    told = answer("kim", decision, None, [])
    assert said in told.reasons[0]


def test_what_is_missing_names_the_roles_that_would_give_it():
    decision = PermissionDecision(
        permission="a.b", allowed=False, by="missing", sources=[]
    )
    view = PermissionView(
        name="a.b", group="a", built_in=False, allowed_by=["zeta", "alpha"]
    )
    assert answer("kim", decision, None, [view]).reasons[1] == (
        "Roles that allow it: alpha, zeta."
    )
