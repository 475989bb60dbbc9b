"""What ends an account's logins ends all of them: sessions, tokens, and half-done ones."""

import pytest

from tests.service.authenticator import enrol, set_up
from tests.service.harness import Bench, Message, update
from tests.service.test_tokens import alive, is_revoked, member, renewed, with_tokens


@pytest.mark.parametrize("add", [set_up, enrol])
def test_a_new_factor_ends_the_tokens_of_other_logins(standard: Bench, add):
    mine, thief = member(standard), with_tokens(standard, "alice")
    add(standard, mine["session_token"])
    assert not alive(standard, thief)
    assert renewed(standard, thief)["code"] == "INVALID_TOKEN"
    assert is_revoked(standard, thief)
    assert renewed(standard, mine)["status"] == "success"


def test_a_factor_removed_by_an_administrator_ends_the_tokens_too(standard: Bench):
    tokens = member(standard)
    set_up(standard, tokens["session_token"])
    reply = standard.ask(
        action="disable_mfa",
        session_token=standard.admin(),
        user_id=standard.user_id("alice"),
        reason="lost the phone",
    )
    assert reply["sessions_ended"] == 1
    assert renewed(standard, tokens)["code"] == "INVALID_TOKEN"
    assert is_revoked(standard, tokens)


def revoke_all(bench: Bench, token: str) -> Message:
    return bench.ask(
        action="revoke_session", session_token=token, all=True, except_current=True
    )


def force_change(bench: Bench, _: str) -> Message:
    return bench.ask(
        action="force_password_change",
        session_token=bench.admin(),
        user_id=bench.user_id("alice"),
    )


def deactivate(bench: Bench, _: str) -> Message:
    return bench.ask(**update(bench.admin(), bench.user_id("alice"), status="inactive"))


@pytest.mark.parametrize("end", [revoke_all, force_change, deactivate])
def test_a_login_that_waits_for_its_factor_ends_with_the_others(standard: Bench, end):
    alice = standard.member("alice")
    phone = set_up(standard, alice)
    asked = standard.try_login("alice")
    assert asked["code"] == "MFA_REQUIRED"
    assert end(standard, alice)["status"] == "success"
    verify = {"action": "verify_mfa", "mfa_token": asked["mfa_token"]}
    late = standard.ask(**verify, code=phone.next_code())
    assert late["code"] == "INVALID_TOKEN"
