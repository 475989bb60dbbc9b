"""What is sensitive asks for a proof of the last ten minutes, whoever has the session."""

from collections.abc import Callable

import pytest

from tests.service.harness import ADMIN_PASSWORD, GOOD, Bench, Message, creation, update

RECENT_S = 600
OF_OTHERS: dict[str, Callable[[str], Message]] = {
    "force_password_change": lambda target: {"user_id": target},
    "revoke_session": lambda target: {"user_id": target, "all": True},
    "unlock_user": lambda target: {"user_id": target},
    "disable_mfa": lambda target: {"user_id": target, "reason": "lost the phone"},
    "forget_device": lambda target: {"user_id": target, "device_id": "0" * 32},
    "issue_link": lambda target: {"user_id": target, "purpose": "reset"},
    "export_audit": lambda _: {"reason": "a yearly review"},
    "rotate_signing_key": lambda _: {},
    "set_user_status": lambda target: {"user_id": target, "status": "suspended"},
    "restore_user": lambda _: {"user_id": "0" * 32},
    "anonymise_user": lambda target: {"user_id": target, "reason": "asked for"},
    "legal_hold": lambda target: {"user_id": target, "hold": True, "reason": "a case"},
    "drop_mail": lambda _: {"mail_id": "0" * 43},
    "revert_change": lambda _: {"entry": 1},
    "apply_retention": lambda _: {"dry_run": False},
}
CHANGES = {
    "a role": {"role": "moderator"},
    "a status": {"status": "inactive"},
    "a name": {"username": "carol"},
    "an address": {"email": "carol@example.org"},
}


def reauthenticate(bench: Bench, token: str, password: str) -> None:
    proof = {"action": "reauthenticate", "session_token": token, "password": password}
    assert bench.ask(**proof)["status"] == "success"


@pytest.mark.parametrize("action", OF_OTHERS)
def test_a_session_left_open_does_not_do_it(standard: Bench, action: str):
    admin, bob = standard.admin(), standard.member("bobby")
    carol = standard.member("carol")
    message = {"action": action, **OF_OTHERS[action](standard.user_id("carol"))}
    standard.clock.advance(RECENT_S + 1)
    refused = standard.ask(**message, session_token=admin)
    assert refused["code"] == "REAUTHENTICATION_REQUIRED"
    assert standard.ask(action="get_user", session_token=carol)["status"] == "success"
    denied = standard.ask(**message, session_token=bob)
    assert denied["code"] == "PERMISSION_DENIED"  # a proof would not help
    reauthenticate(standard, admin, ADMIN_PASSWORD)
    done = standard.ask(**message, session_token=admin)
    assert done.get("code") in (None, "NOT_FOUND"), done


@pytest.mark.parametrize("what", CHANGES)
def test_changing_what_somebody_else_may_or_is_called_needs_a_proof(
    standard: Bench, what: str
):
    admin = standard.admin()
    standard.register("bobby")
    message = update(admin, standard.user_id("bobby"), **CHANGES[what])
    standard.clock.advance(RECENT_S + 1)
    assert standard.ask(**message)["code"] == "REAUTHENTICATION_REQUIRED"
    assert standard.user("bobby").role == "user"
    harmless = update(admin, standard.user_id("bobby"), city="Oxford", role="user")
    assert standard.ask(**harmless)["status"] == "success"  # nothing of it changes
    reauthenticate(standard, admin, ADMIN_PASSWORD)
    assert standard.ask(**message)["status"] == "success"


def test_an_account_with_a_role_is_made_after_a_proof_only(standard: Bench):
    admin = standard.admin()
    standard.clock.advance(RECENT_S + 1)
    plain = creation("alice") | {"session_token": admin}
    assert standard.ask(**plain)["status"] == "success"
    second = creation("bobby", role="admin") | {"session_token": admin}
    assert standard.ask(**second)["code"] == "REAUTHENTICATION_REQUIRED"
    reauthenticate(standard, admin, ADMIN_PASSWORD)
    assert standard.ask(**second)["status"] == "success"


def test_ending_ones_own_sessions_needs_none(standard: Bench):
    alice = standard.member("alice")
    standard.login("alice")
    standard.clock.advance(RECENT_S + 1)
    revoke = {"action": "revoke_session", "session_token": alice, "all": True}
    assert standard.ask(**revoke, except_current=True)["revoked"] == 1


@pytest.mark.parametrize("what", CHANGES)
def test_the_original_actions_ask_for_none_under_compat(compat: Bench, what: str):
    admin = compat.admin()
    compat.register("bobby")
    compat.clock.advance(RECENT_S + 1)
    message = update(admin, compat.user_id("bobby"), **CHANGES[what])
    assert compat.ask(**message)["status"] == "success"
    second = creation("david", role="admin") | {"session_token": admin}
    assert compat.ask(**second)["status"] == "success"
    unlock = {"action": "unlock_user", "address": "192.0.2.1"}
    refused = compat.ask(**unlock, session_token=admin)
    assert refused["message"].startswith(
        "Prove once more"
    )  # the original had none such


def test_a_session_that_a_refresh_token_opened_has_no_proof(standard: Bench):
    standard.register("alice")
    admin = update(standard.admin(), standard.user_id("alice"), role="admin")
    assert standard.ask(**admin)["status"] == "success"
    credentials = {"username": "alice", "password": GOOD, "tokens": True}
    tokens = standard.ask(action="login", credentials=credentials)
    standard.restart()
    refresh = {"action": "refresh_token", "refresh_token": tokens["refresh_token"]}
    token = standard.ask(**refresh)["session_token"]
    export = {"action": "export_audit", "reason": "a yearly review"}
    refused = standard.ask(**export, session_token=token)
    assert refused["code"] == "REAUTHENTICATION_REQUIRED"
    reauthenticate(standard, token, GOOD)
    assert standard.ask(**export, session_token=token)["status"] == "success"
