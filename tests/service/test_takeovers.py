"""Nobody gets at what they may not do by way of an account, a key or an invitation."""

from typing import Any

import pytest

from tests.service.harness import ADMIN_PASSWORD, STRONG, Message, update
from tests.service.lab_bench import LabBench
from tests.service.mailbox import MAIL

RECENT_S = 600


@pytest.fixture
def labs(make_bench: Any) -> LabBench:
    bench = make_bench(settings=MAIL)
    made = LabBench(bench, bench.admin())
    made.lab("GEN001", laura="admin", mike="member")
    made.account("sophie", "target")
    return made


def allow(labs: LabBench, name: str, *permissions: str) -> None:
    """Give somebody these permissions everywhere."""
    labs.does("admin", "save_role", name="desk", permissions=list(permissions))
    labs.does("admin", "assign_role", user_ids=[labs.id(name)], roles=["desk"])


def change(labs: LabBench, by: str, name: str, **data: Any) -> Message:
    return labs.bench.ask(**update(labs.tokens[by], labs.id(name), **data))


def make_administrator(labs: LabBench, name: str) -> None:
    assert change(labs, "admin", name, role="admin")["status"] == "success"


# --- by way of an account ---


@pytest.mark.parametrize("status", ["inactive", "suspended", "archived"])
def test_an_administrator_out_of_use_is_not_for_who_is_none(
    labs: LabBench, status: str
):
    make_administrator(labs, "target")
    target = {"user_id": labs.id("target")}
    labs.does("admin", "set_user_status", **target, status=status)
    allow(labs, "sophie", "users.read", "users.update", "users.status", "users.delete")
    taken = change(labs, "sophie", "target", email="mine@example.org")
    assert taken["code"] == "PERMISSION_DENIED"
    refused = labs.refused("sophie", "set_user_status", **target, status="active")
    assert refused == "PERMISSION_DENIED"
    gone = labs.refused("sophie", "delete_user", **target, password=STRONG)
    assert gone == "PERMISSION_DENIED"
    anonymise = {**target, "reason": "asked for"}
    assert labs.refused("sophie", "anonymise_user", **anonymise) == "PERMISSION_DENIED"
    labs.does("admin", "set_user_status", **target, status="active")


def test_who_is_to_be_an_administrator_is_not_for_who_is_none(labs: LabBench):
    made = {"username": "pending", "email": "pending@example.org", "role": "admin"}
    labs.does("admin", "create_user", user_data=made | {"auto_activate": False})
    allow(labs, "sophie", "users.update", "users.status", "credentials.manage")
    pending = {"user_id": labs.id("pending")}
    link = labs.refused("sophie", "issue_link", **pending, purpose="activate")
    assert link == "PERMISSION_DENIED"
    taken = change(labs, "sophie", "pending", email="mine@example.org")
    assert taken["code"] == "PERMISSION_DENIED"


def test_what_opens_the_account_of_a_lab_administrator_is_not_for_outsiders(
    labs: LabBench,
):
    allow(
        labs,
        "sophie",
        "users.read",
        "users.update",
        "users.status",
        "credentials.manage",
    )
    for name in ("laura", "mike"):
        taken = change(labs, "sophie", name, email="mine@example.org")
        assert taken["code"] == "PERMISSION_DENIED"
        target = {"user_id": labs.id(name)}
        link = labs.refused("sophie", "issue_link", **target, purpose="reset")
        assert link == "PERMISSION_DENIED"
        factor = {**target, "reason": "lost the phone"}
        assert labs.refused("sophie", "disable_mfa", **factor) == "PERMISSION_DENIED"
        assert change(labs, "sophie", name, city="Oxford")["status"] == "success"
        labs.does("sophie", "set_user_status", **target, status="suspended")
    labs.does("sophie", "issue_link", user_id=labs.id("target"), purpose="reset")


def test_nobody_restores_what_has_more_in_a_lab_than_they(labs: LabBench):
    allow(labs, "sophie", "users.read", "users.delete")
    laura = {"user_id": labs.id("laura")}
    labs.does("sophie", "delete_user", **laura, password=STRONG)
    restored = {**laura, "email": "mine@example.org"}
    assert labs.refused("sophie", "restore_user", **restored) == "PERMISSION_DENIED"
    labs.does("admin", "restore_user", **laura)
    assert labs.members("GEN001")["laura"] == "admin"


# --- by way of a key ---


def admin_key(labs: LabBench, *scopes: str) -> str:
    made = {"name": "nightly job", "scopes": list(scopes)}
    return str(labs.does("admin", "create_api_key", **made)["api_key"])


def test_no_key_moves_an_account_to_another_address(labs: LabBench):
    key = admin_key(labs, "users.update")
    for field, value in {"email": "mine@example.org", "username": "mine"}.items():
        message = update("", labs.id("target"), **{field: value})
        del message["session_token"]
        reply = labs.bench.ask(**message, api_key=key)
        assert reply["code"] == "PERMISSION_DENIED", field
        proved = message | {
            "update_data": {field: value, "current_password": ADMIN_PASSWORD}
        }
        assert labs.bench.ask(**proved, api_key=key)["code"] == "PERMISSION_DENIED"
    mild = update("", labs.id("target"), city="Oxford")
    del mild["session_token"]
    assert labs.bench.ask(**mild, api_key=key)["status"] == "success"


def test_no_key_invites_to_a_role(labs: LabBench):
    labs.does("admin", "save_role", name="desk", permissions=["users.read"])
    key = admin_key(labs, "users.read", "invitations.manage")
    asked = {"action": "invite_user", "email": "mine@example.org", "send_email": False}
    reply = labs.bench.ask(**asked, roles=["desk"], api_key=key)
    assert reply["code"] == "PERMISSION_DENIED"
    plain = labs.bench.ask(**asked, api_key=key)
    assert plain["status"] == "success"


# --- by way of a session that was left open, or of an access token ---

IN_LABS: dict[str, Message] = {
    "invite_user": {"email": "mine@example.org", "lab_role": "admin"},
    "add_lab_member": {"username": "target", "role": "admin"},
    "update_lab_member": {"user_id": "mike", "role": "admin"},
    "remove_lab_member": {"user_id": "mike"},
    "delete_lab": {"confirm_code": "GEN001"},
    "update_lab": {"is_active": False},
}


@pytest.mark.parametrize("action", IN_LABS)
def test_what_others_may_in_a_lab_takes_a_proof_of_the_last_minutes(
    labs: LabBench, action: str
):
    asked = {"lab_id": labs.labs["GEN001"], **IN_LABS[action]}
    if asked.get("user_id"):
        asked["user_id"] = labs.id("mike")
    labs.bench.clock.advance(RECENT_S + 1)
    assert labs.refused("admin", action, **asked) == "REAUTHENTICATION_REQUIRED"
    assert labs.refused("sophie", action, **asked) == "PERMISSION_DENIED"
    labs.does("admin", "reauthenticate", password=ADMIN_PASSWORD)
    labs.does("admin", action, **asked)


def test_an_invitation_is_not_sent_again_without_a_proof(labs: LabBench):
    where = {"lab_id": labs.labs["GEN001"], "lab_role": "admin"}
    made = labs.does("laura", "invite_user", email="guest@example.org", **where)
    again = {"invitation_id": made["invitation"]["invitation_id"], "send_email": False}
    labs.bench.clock.advance(RECENT_S + 1)
    refused = labs.refused("laura", "resend_invitation", **again)
    assert refused == "REAUTHENTICATION_REQUIRED"
    labs.does("laura", "reauthenticate", password=STRONG)
    assert "token" in labs.does("laura", "resend_invitation", **again)
