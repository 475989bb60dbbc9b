"""Accounts that must have a second factor: a first login without one, and the last one."""

import pytest

from tests.service.authenticator import Phone, set_up
from tests.service.factor_answers import verify, with_code
from tests.service.harness import (
    ADMIN_PASSWORD,
    GOOD,
    STRONG,
    Bench,
)
from ums_service.starting.first_admin import recover


def test_the_first_administrator_gets_into_a_hipaa_service(hipaa: Bench):
    first, chosen = "first-Passw0rt!", "Chosen-By-Myself-1!"
    told = hipaa.try_login("admin", first)
    assert told["code"] == "MFA_SETUP_REQUIRED"
    assert {"session_token", "password_change_token"}.isdisjoint(told)
    phone = Phone.of_first_factor(hipaa, told["mfa_setup_token"], first)
    asked = hipaa.try_login("admin", first)
    assert asked["code"] == "MFA_REQUIRED"
    assert "password_change_token" not in asked
    told = hipaa.ask(**verify(asked, code=phone.next_code()))
    assert told["code"] == "PASSWORD_CHANGE_REQUIRED"
    changed = hipaa.ask(
        action="change_password",
        password_change_token=told["password_change_token"],
        current_password=first,
        new_password=chosen,
    )
    assert changed["status"] == "success"
    reply = hipaa.ask(**with_code("admin", phone.next_code(), chosen))
    assert reply["user"]["role"] == "admin"
    listed = hipaa.ask(action="list_users", session_token=reply["session_token"])
    assert listed["count"] == 1


def test_a_code_is_used_up_also_where_the_password_must_be_changed(hipaa: Bench):
    first = "first-Passw0rt!"
    phone = Phone.of_first_factor(
        hipaa, hipaa.try_login("admin", first)["mfa_setup_token"], first
    )
    for code in (phone.next_code(), phone.backup_codes[0]):
        told = hipaa.ask(**with_code("admin", code, first))
        assert told["code"] == "PASSWORD_CHANGE_REQUIRED"
        hipaa.restart()
        again = hipaa.ask(**with_code("admin", code, first))
        assert again["code"] == "INVALID_MFA_CODE"


def test_of_twenty_codes_at_once_one_gets_the_token_to_change_the_password(
    hipaa: Bench,
):
    first = "first-Passw0rt!"
    phone = Phone.of_first_factor(
        hipaa, hipaa.try_login("admin", first)["mfa_setup_token"], first
    )
    message = with_code("admin", phone.next_code(), first)
    codes = [reply["code"] for reply in hipaa.ask_all([message] * 20)]
    assert codes.count("PASSWORD_CHANGE_REQUIRED") == 1
    assert set(codes) == {"PASSWORD_CHANGE_REQUIRED", "INVALID_MFA_CODE"}


def test_the_token_for_a_first_factor_is_good_for_that_only(hipaa: Bench):
    first = "first-Passw0rt!"
    token = hipaa.try_login("admin", first)["mfa_setup_token"]
    for action in ("get_user", "logout", "list_users", "get_mfa_status"):
        reply = hipaa.ask(action=action, session_token=token)
        assert reply["code"] == "INVALID_SESSION", action
    change = {"action": "change_password", "current_password": first}
    reply = hipaa.ask(**change, new_password=STRONG, password_change_token=token)
    assert reply["code"] == "INVALID_SESSION"
    begin = {"action": "setup_mfa", "method": "totp", "mfa_setup_token": token}
    wrong = hipaa.ask(**begin, password="wrong")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    elsewhere = hipaa.ask(**begin, password=first, source="10.0.0.9")
    assert elsewhere["code"] == "INVALID_TOKEN"


def test_of_two_first_factors_one_counts(hipaa: Bench):
    first = "first-Passw0rt!"
    tokens = [hipaa.try_login("admin", first)["mfa_setup_token"] for _ in range(2)]
    begun = [
        hipaa.ask(action="setup_mfa", method="totp", mfa_setup_token=t, password=first)
        for t in tokens
    ]
    confirmations = [
        {
            "action": "confirm_mfa",
            "setup_token": b["setup_token"],
            "code": Phone(hipaa, b["secret"]).code(),
        }
        for b in begun
    ]
    replies = hipaa.ask_all(confirmations)
    assert sorted(r.get("code", "") for r in replies) == ["", "INVALID_TOKEN"]
    late = hipaa.ask(
        action="setup_mfa", method="totp", mfa_setup_token=tokens[1], password=first
    )
    assert late["code"] == "INVALID_TOKEN"


def test_who_must_have_a_factor_keeps_the_last_one(make_bench):
    bench = make_bench(mfa_required="everybody")
    bench.register("alice")
    phone = Phone.of_first_factor(
        bench, bench.try_login("alice")["mfa_setup_token"], GOOD
    )
    alice = bench.ask(**with_code("alice", phone.next_code()))["session_token"]
    remove = {"action": "disable_mfa", "session_token": alice, "password": GOOD}
    reply = bench.ask(**remove, method="totp")
    assert reply["code"] == "PERMISSION_DENIED"
    assert reply["message"] == "The last second factor of this account must remain"
    assert bench.try_login("alice")["code"] == "MFA_REQUIRED"


@pytest.mark.parametrize(
    ("profile", "member", "admin"),
    [
        ("off", None, "PASSWORD_CHANGE_REQUIRED"),
        ("administrators", None, "MFA_SETUP_REQUIRED"),
        ("everybody", "MFA_SETUP_REQUIRED", "MFA_SETUP_REQUIRED"),
    ],
)
def test_who_must_have_one_is_a_setting(make_bench, profile, member, admin):
    bench = make_bench(mfa_required=profile)
    bench.register("alice")
    assert bench.try_login("alice").get("code") == member
    assert bench.try_login("admin", "first-Passw0rt!").get("code") == admin


def test_administrators_without_a_factor_are_advised(standard: Bench):
    admin = standard.admin()
    reply = standard.try_login("admin", "Chosen-By-Myself-1!")
    assert reply["account_warnings"] == ["mfa_recommended"]
    phone = set_up(standard, admin, "Chosen-By-Myself-1!")
    reply = standard.ask(**with_code("admin", phone.next_code(), "Chosen-By-Myself-1!"))
    assert "account_warnings" not in reply
    standard.register("alice")
    assert "account_warnings" not in standard.try_login("alice")


def test_who_is_recovered_by_the_operator_gets_in_without_the_old_factors(
    standard: Bench,
):
    set_up(standard, standard.admin(), ADMIN_PASSWORD)

    async def as_the_command_does() -> None:
        hashed = standard.service.hashes.hash(GOOD)
        async with standard.store.transaction() as tx:
            admin, now = standard.user("admin"), standard.clock.now
            await recover(tx, admin, hashed, standard.profile, now)

    standard.run(as_the_command_does())
    assert standard.try_login("admin", GOOD)["code"] == "PASSWORD_CHANGE_REQUIRED"
