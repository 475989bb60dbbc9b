"""What ends an account's logins ends all of them: sessions, tokens, and half-done ones."""

import pytest

from tests.service.authenticator import enrol, set_up
from tests.service.harness import GOOD, Bench, Message, update
from tests.service.token_holders import (
    alive,
    is_revoked,
    member,
    must_renew,
    renewed,
    with_tokens,
)
from ums_service.domain.profiles import DAY_S
from ums_service.domain.users import USERS

NEW = "another pass 1"


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


def stored(bench: Bench, **changes: object) -> None:
    """Change alice's account on disk only, as if what ends logins had been missed."""

    async def change() -> None:
        user = bench.user("alice")._replace(**changes)
        async with bench.store.transaction() as tx:
            tx.put(USERS, user)

    bench.run(change())


def test_an_expired_password_renews_no_tokens(make_bench):
    bench = make_bench(password_expires_s=2 * DAY_S)
    tokens = member(bench)
    bench.clock.advance(2 * DAY_S - 1)
    tokens = must_renew(bench, tokens)
    bench.clock.advance(1)
    assert bench.try_login("alice")["code"] == "PASSWORD_EXPIRED"
    assert renewed(bench, tokens)["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "changes", [{"locked_down": True}, {"status": "inactive"}], ids=str
)
def test_the_account_decides_whatever_tokens_are_left(standard: Bench, changes):
    tokens = member(standard)
    stored(standard, must_change_password=True)
    change_token = standard.try_login("alice")["password_change_token"]
    stored(standard, must_change_password=False, **changes)
    assert renewed(standard, tokens)["code"] == "INVALID_TOKEN"
    changed = standard.ask(
        action="change_password",
        password_change_token=change_token,
        current_password=GOOD,
        new_password=NEW,
    )
    assert changed["code"] == "INVALID_SESSION"
