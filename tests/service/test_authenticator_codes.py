"""One-time codes of an authenticator: set-up, and each code good once."""

import base64
from urllib.parse import parse_qs, urlparse

import pytest

from tests.service.authenticator import Phone, set_up
from tests.service.factor_answers import WRONG, with_code
from tests.service.harness import (
    GOOD,
    Bench,
    login,
)
from tests.service.test_storage_trouble import strike
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk


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
    logins = [login("alice")] * 4  # more sessions than may be would end her own
    replies = standard.ask_all([*logins, confirm | own, *logins])
    assert replies[4].get("mfa_enabled") is True, replies[4]
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
