"""Second factors: a login that asks for one, guesses, and what is left behind."""

import pytest

from tests.service.authenticator import Phone, set_up
from tests.service.factor_answers import WRONG, verify, with_code
from tests.service.harness import (
    GOOD,
    Bench,
    Message,
    login,
    update,
)
from ums_service.domain.sessions import Purpose

# --- login ---


def test_the_right_password_alone_gives_a_challenge_and_no_session(
    standard: Bench, asked: Message
):
    assert len(asked.pop("mfa_token")) == 43
    assert asked == {
        "status": "error",
        "message": "A second factor is required",
        "code": "MFA_REQUIRED",
        "requires_mfa": True,
        "mfa_methods": ["totp", "backup_code"],
    }


def test_a_wrong_password_does_not_tell_that_there_is_a_factor(
    standard: Bench, phone: Phone
):
    standard.register("bobby")
    replies = [standard.try_login(name, "wrong") for name in ("alice", "bobby")]
    assert replies[0] == replies[1]
    assert replies[0]["code"] == "INVALID_CREDENTIALS"
    replies = [
        standard.ask(**with_code(name, phone.next_code(), "wrong"))
        for name in ("alice", "bobby")
    ]
    assert replies[0] == replies[1]


def test_an_inactive_account_is_told_so_before_any_factor(
    standard: Bench, phone: Phone
):
    admin = standard.admin()
    standard.ask(**update(admin, standard.user_id("alice"), status="inactive"))
    assert standard.try_login("alice")["code"] == "ACCOUNT_INACTIVE"


@pytest.mark.parametrize("profile", ["standard", "compat"])
def test_a_code_completes_the_login_with_exactly_its_reply(make_bench, profile: str):
    bench = make_bench(profile=profile)
    plain = bench.ask(**login("alice")) if bench.register("alice") else {}
    phone = set_up(bench, plain["session_token"])
    asked = bench.try_login("alice")
    reply = bench.ask(**verify(asked, code=phone.next_code()))
    assert list(reply) == list(plain)
    assert reply["user"]["username"] == "alice"
    got = bench.ask(action="get_user", session_token=reply["session_token"])
    assert got["status"] == "success"


def test_the_code_may_come_along_with_the_password(standard: Bench, phone: Phone):
    reply = standard.ask(**with_code("alice", phone.next_code()))
    assert reply["status"] == "success"
    reply = standard.ask(**with_code("alice", WRONG))
    assert reply == {
        "status": "error",
        "message": "The code or passkey was not accepted",
        "code": "INVALID_MFA_CODE",
    }


def test_under_compat_a_wrong_code_has_the_two_keys_and_the_code(compat: Bench):
    phone = set_up(compat, compat.member("alice"))
    asked = compat.try_login("alice")
    reply = compat.ask(**verify(asked, code=WRONG))
    assert list(reply) == ["status", "message", "code"]
    assert compat.ask(**verify(asked, code=phone.next_code()))["status"] == "success"


def test_a_code_for_an_account_without_a_factor_is_not_looked_at(standard: Bench):
    standard.register("alice")
    assert standard.ask(**with_code("alice", WRONG))["status"] == "success"


def test_the_method_can_be_named(standard: Bench, phone: Phone, asked: Message):
    code, backup = phone.next_code(), phone.backup_codes[0]
    for wrong in ({"code": code, "method": "backup_code"}, {"code": backup, "method": "totp"}):  # fmt: skip
        assert standard.ask(**verify(asked, **wrong))["code"] == "INVALID_MFA_CODE"
    done = standard.ask(**verify(asked, code=code, method="totp"))
    assert done["status"] == "success"


def test_an_answer_without_a_code_is_refused(standard: Bench, asked: Message):
    assert standard.ask(**verify(asked))["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize(("seconds", "status"), [(299, "success"), (300, "error")])
def test_a_challenge_is_good_for_five_minutes(
    standard: Bench, phone: Phone, asked: Message, seconds: int, status: str
):
    standard.clock.advance(seconds)
    reply = standard.ask(**verify(asked, code=phone.code()))
    assert reply["status"] == status
    assert reply.get("code") == (None if status == "success" else "INVALID_TOKEN")


def test_a_challenge_is_good_once(standard: Bench, phone: Phone, asked: Message):
    assert standard.ask(**verify(asked, code=phone.next_code()))["status"] == "success"
    again = standard.ask(**verify(asked, code=phone.next_code()))
    assert again["code"] == "INVALID_TOKEN"


def test_two_answers_at_once_open_one_session(
    standard: Bench, phone: Phone, asked: Message
):
    codes = [phone.next_code(), phone.code(late_s=-30), *phone.backup_codes]
    replies = standard.ask_all([verify(asked, code=code) for code in codes])
    codes_of = sorted(reply.get("code", "") for reply in replies)
    assert codes_of.count("") == 1, codes_of
    assert standard.sessions.count_of(standard.user_id("alice")) == 2  # with the first


def test_a_challenge_is_good_from_its_source_only(
    standard: Bench, phone: Phone, asked: Message
):
    answer = verify(asked, code=phone.next_code())
    assert standard.ask(**answer, source="10.0.0.9")["code"] == "INVALID_TOKEN"
    assert standard.ask(**answer)["status"] == "success"


def test_the_token_of_a_challenge_is_good_for_nothing_else(
    standard: Bench, asked: Message
):
    token = asked["mfa_token"]
    for action in ("get_user", "logout", "get_mfa_status"):
        reply = standard.ask(action=action, session_token=token)
        assert reply["code"] == "INVALID_SESSION", action
    begin = {"action": "setup_mfa", "method": "totp", "password": GOOD}
    assert standard.ask(**begin, mfa_setup_token=token)["code"] == "INVALID_TOKEN"
    confirm = {"action": "confirm_mfa", "setup_token": token, "code": WRONG}
    assert standard.ask(**confirm)["code"] == "INVALID_TOKEN"


def test_a_new_password_ends_open_challenges(
    standard: Bench, phone: Phone, asked: Message
):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    changed = update(alice, password="another pass 1", current_password=GOOD)
    assert standard.ask(**changed)["status"] == "success"
    late = standard.ask(**verify(asked, code=phone.next_code()))
    assert late["code"] == "INVALID_TOKEN"


def test_who_is_deactivated_meanwhile_does_not_get_in(
    standard: Bench, phone: Phone, asked: Message
):
    admin = standard.admin()
    standard.ask(**update(admin, standard.user_id("alice"), status="suspended"))
    reply = standard.ask(**verify(asked, code=phone.next_code()))
    assert reply["code"] == "INVALID_TOKEN"


def test_challenges_push_no_session_out(standard: Bench, phone: Phone):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    for _ in range(50):
        standard.try_login("alice")
    assert standard.ask(action="get_user", session_token=alice)["status"] == "success"


def test_a_restart_ends_challenges_and_keeps_factors(
    standard: Bench, phone: Phone, asked: Message
):
    standard.restart()
    late = standard.ask(**verify(asked, code=phone.next_code()))
    assert late["code"] == "INVALID_TOKEN"
    assert standard.try_login("alice")["code"] == "MFA_REQUIRED"


# --- guessing ---


def test_five_wrong_codes_end_a_challenge(
    standard: Bench, phone: Phone, asked: Message
):
    for _ in range(5):
        assert standard.ask(**verify(asked, code=WRONG))["code"] == "INVALID_MFA_CODE"
    standard.clock.advance(60)
    late = standard.ask(**verify(asked, code=phone.code()))
    assert late["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize("kind", ["challenges", "logins"])
def test_a_new_challenge_gives_no_fresh_tries(standard: Bench, phone: Phone, kind: str):
    def guess(code: str) -> Message:
        if kind == "logins":
            return standard.ask(**with_code("alice", code))
        return standard.ask(**verify(standard.try_login("alice"), code=code))

    for _ in range(5):
        last = guess(WRONG)
    assert last["retry_after"] == 30
    standard.clock.advance(29)
    soon = guess(phone.code())
    assert (soon["code"], soon["retry_after"]) == ("INVALID_MFA_CODE", 1)
    standard.clock.advance(1)
    assert guess(phone.code())["status"] == "success"


def test_a_hundred_guesses_at_once_are_five(standard: Bench, phone: Phone):
    guesses = [with_code("alice", f"guess {n}") for n in range(60)]
    entries = standard.audited_by(lambda: standard.ask_all(guesses))
    looked_at = standard.service.facilities.factors.guard
    assert looked_at._counts[standard.user_id("alice")].failures == 5
    assert {e["event"] for e in entries} == {"mfa_failed"}


def test_wrong_codes_do_not_count_as_wrong_passwords(standard: Bench, phone: Phone):
    for _ in range(8):
        standard.ask(**with_code("alice", WRONG))
    assert standard.try_login("alice")["code"] == "MFA_REQUIRED"


# --- what is left behind ---


def test_a_session_knows_what_was_proved(standard: Bench, phone: Phone):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    now = standard.clock.now
    session = standard.sessions.find(alice, now, purpose=Purpose.SESSION)
    assert session.methods == ("pwd", "totp")
    assert session.factor_ticks_s == now.ticks_s


def test_every_step_is_audited_without_a_secret(standard: Bench):
    alice = standard.member("alice")
    kept: list[Phone] = []
    entries = standard.audited_by(lambda: kept.append(set_up(standard, alice)))
    phone = kept[0]

    def go_on() -> None:
        asked = standard.try_login("alice")
        standard.ask(**verify(asked, code=WRONG))
        standard.ask(**verify(asked, code=phone.next_code()))
        standard.ask(**with_code("alice", phone.backup_codes[0]))
        renew = {"action": "regenerate_backup_codes", "password": GOOD}
        standard.ask(**renew, session_token=alice)

    entries += standard.audited_by(go_on)
    assert [(e["event"], e["outcome"]) for e in entries] == [
        ("mfa_setup_begun", "done"),
        ("mfa_enabled", "done"),
        ("login", "refused"),
        ("mfa_failed", "refused"),
        ("login", "done"),
        ("backup_code_used", "done"),
        ("login", "done"),
        ("backup_codes_regenerated", "done"),
    ]
    assert all(e["subject"] == standard.user_id("alice") for e in entries)
    for secret in (phone.secret, *phone.backup_codes, phone.code()):
        assert secret not in str(entries)
