"""Second factors: a login that asks for one, one-time codes, backup codes, set-up."""

import base64
import re
from urllib.parse import parse_qs, urlparse

import pytest

from tests.service.authenticator import Phone, set_up
from tests.service.harness import (
    ADMIN_PASSWORD,
    GOOD,
    STRONG,
    Bench,
    Message,
    login,
    update,
)
from tests.service.test_storage_trouble import strike
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_service.domain.factors import FACTORS
from ums_service.domain.sessions import Purpose
from ums_service.first_admin import recover

WRONG = "no code"


def with_code(name: str, code: str, password: str = GOOD, **more: str) -> Message:
    message = login(name, password)
    message["credentials"] |= {"mfa_code": code, **more}
    return message


def verify(challenge: Message, **answer: object) -> Message:
    return {"action": "verify_mfa", "mfa_token": challenge["mfa_token"], **answer}


@pytest.fixture
def phone(standard: Bench) -> Phone:
    """Alice's, on a service of the profile standard."""
    return set_up(standard, standard.member("alice"))


@pytest.fixture
def asked(standard: Bench, phone: Phone) -> Message:
    """What Alice's login with her password alone is answered."""
    return standard.try_login("alice")


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


# --- one-time codes ---


def test_set_up_gives_what_an_authenticator_needs(standard: Bench):
    alice = standard.member("alice")
    begun = standard.ask(
        action="setup_mfa", method="totp", session_token=alice, password=GOOD
    )
    assert len(base64.b32decode(begun["secret"])) == 20
    uri = urlparse(begun["otpauth_uri"])
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/UMS:alice")
    assert parse_qs(uri.query) == {"secret": [begun["secret"]], "issuer": ["UMS"]}
    kind, data = begun["qr_code"].split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")
    lines = begun["qr_text"].split("\n")
    assert len({len(line) for line in lines}) == 1
    assert set(begun["qr_text"]) <= set("█▀▄ \n")


def test_the_issuer_is_a_setting(make_bench):
    bench = make_bench(settings={"mfa_issuer": "St. Mary's"})
    begun = bench.ask(
        action="setup_mfa",
        method="totp",
        session_token=bench.member("alice"),
        password=GOOD,
    )
    assert parse_qs(urlparse(begun["otpauth_uri"]).query)["issuer"] == ["St. Mary's"]


def test_what_is_not_confirmed_does_not_count(standard: Bench):
    alice = standard.member("alice")
    begin = {"action": "setup_mfa", "method": "totp", "session_token": alice}
    begun = standard.ask(**begin, password=GOOD)
    assert standard.try_login("alice")["status"] == "success"
    confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
    for _ in range(5):
        wrong = standard.ask(**confirm, session_token=alice, code=WRONG)
        assert wrong["code"] == "INVALID_MFA_CODE"
    right = Phone(standard, begun["secret"]).code()
    late = standard.ask(**confirm, session_token=alice, code=right)
    assert late["code"] == "INVALID_TOKEN"


def test_set_up_needs_the_password_and_is_finished_by_its_session(standard: Bench):
    alice, bobby = standard.member("alice"), standard.member("bobby")
    begin = {"action": "setup_mfa", "method": "totp"}
    assert standard.ask(**begin, password=GOOD)["code"] == "INVALID_SESSION"
    wrong = standard.ask(**begin, session_token=alice, password="wrong")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    begun = standard.ask(**begin, session_token=alice, password=GOOD)
    code = Phone(standard, begun["secret"]).code()
    confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
    for token in (None, bobby):
        reply = standard.ask(**confirm, code=code, session_token=token)
        assert reply["code"] == "INVALID_SESSION"
    done = standard.ask(**confirm, code=code, session_token=alice)
    assert done["mfa_enabled"] is True


def test_a_method_that_there_is_not_is_refused(standard: Bench):
    begin = {"action": "setup_mfa", "method": "pigeon", "password": GOOD}
    reply = standard.ask(**begin, session_token=standard.member("alice"))
    assert reply["details"][0]["field"] == "method"


def test_a_first_factor_ends_the_other_sessions(standard: Bench):
    old = standard.member("alice")
    mine = standard.login("alice")
    set_up(standard, mine)
    statuses = [
        standard.ask(action="get_user", session_token=token)["status"]
        for token in (old, mine)
    ]
    assert statuses == ["error", "success"]


def test_no_login_slips_in_beside_a_first_factor(standard: Bench):
    alice = standard.member("alice")
    own = {"session_token": alice}
    begin = {"action": "setup_mfa", "method": "totp", "password": GOOD}
    begun = standard.ask(**begin, **own)
    confirm = {"action": "confirm_mfa", "setup_token": begun["setup_token"]}
    confirm["code"] = Phone(standard, begun["secret"]).code()
    logins = [login("alice")] * 8
    replies = standard.ask_all([*logins, confirm | own, *logins])
    assert replies[8]["mfa_enabled"] is True
    left = [
        reply["session_token"]
        for reply in replies
        if "session_token" in reply
        and standard.ask(action="get_user", session_token=reply["session_token"])[
            "status"
        ]
        == "success"
    ]
    assert left == []
    assert standard.sessions.count_of(standard.user_id("alice")) == 1


@pytest.mark.parametrize(
    ("late_s", "status"),
    [(60, "error"), (30, "success"), (0, "success"), (-30, "success"), (-60, "error")],
)
def test_a_code_is_good_one_step_around(
    standard: Bench, phone: Phone, late_s: int, status: str
):
    standard.clock.advance(300)
    reply = standard.ask(**with_code("alice", phone.code(late_s)))
    assert reply["status"] == status


def test_a_code_is_good_once(standard: Bench, phone: Phone):
    code = phone.next_code()
    assert standard.ask(**with_code("alice", code))["status"] == "success"
    assert standard.ask(**with_code("alice", code))["code"] == "INVALID_MFA_CODE"


def test_the_code_that_confirmed_is_used(standard: Bench, phone: Phone):
    assert standard.ask(**with_code("alice", phone.code()))["status"] == "error"


def test_a_code_before_a_used_one_is_used(standard: Bench, phone: Phone):
    standard.clock.advance(300)
    early, later = phone.code(late_s=30), phone.code()
    assert standard.ask(**with_code("alice", later))["status"] == "success"
    assert standard.ask(**with_code("alice", early))["code"] == "INVALID_MFA_CODE"


def test_of_fifty_uses_of_one_code_at_once_one_succeeds(standard: Bench, phone: Phone):
    message = with_code("alice", phone.next_code())
    replies = standard.ask_all([message] * 50)
    codes = [reply.get("code") for reply in replies]
    assert codes.count(None) == 1, codes
    assert set(codes) <= {None, "INVALID_MFA_CODE", "BUSY"}


def test_a_used_code_stays_used_after_a_restart(standard: Bench, phone: Phone):
    code = phone.next_code()
    assert standard.ask(**with_code("alice", code))["status"] == "success"
    standard.restart()
    assert standard.ask(**with_code("alice", code))["code"] == "INVALID_MFA_CODE"


def test_a_clock_turned_back_makes_no_used_code_good(standard: Bench, phone: Phone):
    standard.clock.advance(3600)
    codes = [phone.code(late_s=30), phone.code()]
    assert standard.ask(**with_code("alice", codes[1]))["status"] == "success"
    standard.clock.set_wall_clock(-45)
    for code in codes:
        assert standard.ask(**with_code("alice", code))["code"] == "INVALID_MFA_CODE"


def test_a_code_that_could_not_be_noted_opens_nothing_and_stays_good():
    fault = Fault(Call.WRITE, number=1_000_000_000, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        phone = set_up(bench, bench.member("alice"))
        code = phone.next_code()
        strike(fault, Call.WRITE, 28)  # ENOSPC
        before = len(bench.sessions)
        assert bench.ask(**with_code("alice", code))["code"] == "STORAGE_FULL"
        assert len(bench.sessions) == before
        fault.mended = True
        assert bench.ask(**with_code("alice", code))["status"] == "success"


def test_a_new_phone_takes_the_place_of_the_old(standard: Bench, phone: Phone):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    new = set_up(standard, alice)
    assert new.backup_codes == []
    old_code = phone.next_code()
    assert standard.ask(**with_code("alice", old_code))["code"] == "INVALID_MFA_CODE"
    assert standard.ask(**with_code("alice", new.code()))["status"] == "success"
    backup = with_code("alice", phone.backup_codes[0])
    assert standard.ask(**backup)["status"] == "success"


def test_a_stolen_session_and_password_do_not_change_the_factors(
    standard: Bench, phone: Phone
):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    standard.clock.advance(15 * 60 + 1)
    own = {"session_token": alice, "password": GOOD}
    changes = [
        {"action": "setup_mfa", "method": "totp"},
        {"action": "begin_passkey_enrolment"},
        {"action": "regenerate_backup_codes"},
        {"action": "disable_mfa", "method": "totp"},
    ]
    for change in changes:
        reply = standard.ask(**change, **own)
        assert reply["code"] == "REAUTHENTICATION_REQUIRED", change
        assert reply["message"] == "A code of a second factor is required"
        assert standard.ask(**change, **own, code=WRONG)["code"] == "INVALID_MFA_CODE"
    code = phone.next_code()
    assert standard.ask(**changes[0], **own, code=code)["status"] == "success"


# --- backup codes ---


def test_backup_codes_are_ten_that_people_can_read(standard: Bench, phone: Phone):
    assert len(set(phone.backup_codes)) == 10
    form = "[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}"
    assert all(re.fullmatch(form, code) for code in phone.backup_codes)


@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda c: c.replace("-", ""), lambda c: f" {c} "]
)
def test_a_backup_code_works_however_it_is_typed_and_once(
    standard: Bench, phone: Phone, typed
):
    code = typed(phone.backup_codes[3])
    entries = standard.audited_by(lambda: standard.ask(**with_code("alice", code)))
    used, in_ = entries
    assert (used["event"], used["details"]) == ("backup_code_used", {"remaining": 9})
    assert in_["details"] == {"methods": ["pwd", "backup_code"]}
    assert standard.ask(**with_code("alice", code))["code"] == "INVALID_MFA_CODE"


def test_of_twenty_uses_of_one_backup_code_at_once_one_succeeds(
    standard: Bench, phone: Phone
):
    replies = standard.ask_all([with_code("alice", phone.backup_codes[0])] * 20)
    assert [r["status"] for r in replies].count("success") == 1
    standard.restart()
    again = standard.ask(**with_code("alice", phone.backup_codes[0]))
    assert again["code"] == "INVALID_MFA_CODE"


def test_the_number_of_backup_codes_is_told_and_new_ones_void_the_old(
    standard: Bench, phone: Phone
):
    used = with_code("alice", phone.backup_codes[0])
    alice = standard.ask(**used)["session_token"]
    status = {"action": "get_mfa_status", "session_token": alice}
    assert standard.ask(**status)["backup_codes_remaining"] == 9
    renew = {"action": "regenerate_backup_codes", "session_token": alice}
    assert standard.ask(**renew, password="wrong")["code"] == "INVALID_CREDENTIALS"
    new = standard.ask(**renew, password=GOOD)["backup_codes"]
    assert standard.ask(**status)["backup_codes_remaining"] == 10
    old = with_code("alice", phone.backup_codes[1])
    assert standard.ask(**old)["code"] == "INVALID_MFA_CODE"
    assert standard.ask(**with_code("alice", new[1]))["status"] == "success"


def test_when_all_backup_codes_are_used_none_is_offered(make_bench):
    bench = make_bench(backup_codes=1)
    phone = set_up(bench, bench.member("alice"))
    assert bench.ask(**with_code("alice", phone.backup_codes[0]))["status"] == "success"
    assert bench.try_login("alice")["mfa_methods"] == ["totp"]


# --- status and removal ---


def test_the_status_tells_what_there_is_and_no_secret(standard: Bench):
    alice = standard.member("alice")
    ask = {"action": "get_mfa_status", "session_token": alice}
    assert standard.ask(**ask) == {
        "status": "success",
        "mfa_enabled": False,
        "required": False,
        "methods": [],
        "backup_codes_remaining": 0,
    }
    at = standard.clock.now.text
    set_up(standard, alice, device_name="my phone")
    assert standard.ask(**ask)["methods"] == [
        {
            "method": "totp",
            "name": "my phone",
            "enabled_at": at,
            "last_used_at": None,
        }
    ]


def test_without_its_factor_an_account_logs_in_by_password(
    standard: Bench, phone: Phone
):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    remove = {"action": "disable_mfa", "method": "totp", "session_token": alice}
    assert standard.ask(**remove)["code"] == "REAUTHENTICATION_REQUIRED"
    assert standard.ask(**remove, password="no")["code"] == "INVALID_CREDENTIALS"
    entries = standard.audited_by(lambda: standard.ask(**remove, password=GOOD))
    assert (entries[0]["event"], entries[0]["details"]) == (
        "mfa_disabled",
        {"method": "totp"},
    )
    assert standard.try_login("alice")["status"] == "success"
    assert standard.store.get(FACTORS, standard.user_id("alice")) is None
    assert standard.ask(**remove, password=GOOD)["code"] == "NOT_FOUND"


def test_administrators_help_who_has_lost_the_phone(standard: Bench, phone: Phone):
    alice = standard.ask(**with_code("alice", phone.next_code()))["session_token"]
    admin, user_id = standard.admin(), standard.user_id("alice")
    remove = {"action": "disable_mfa", "user_id": user_id, "session_token": admin}
    assert standard.ask(**remove)["message"] == "A reason is required"
    entries = standard.audited_by(lambda: standard.ask(**remove, reason="lost it"))
    assert entries[0]["subject"] == user_id
    assert entries[0]["details"] == {"reason": "lost it", "method": "all"}
    ended = standard.ask(action="get_user", session_token=alice)
    assert ended["code"] == "INVALID_SESSION"
    assert standard.try_login("alice")["status"] == "success"


def test_factors_go_with_the_account(compat: Bench):
    phone = set_up(compat, compat.member("alice"))
    alice = compat.ask(**with_code("alice", phone.next_code()))["session_token"]
    user_id = compat.user_id("alice")
    compat.ask(action="delete_user", session_token=alice, password=GOOD)
    assert compat.store.get(FACTORS, user_id) is None


# --- who must have one ---


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
