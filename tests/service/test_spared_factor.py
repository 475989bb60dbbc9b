"""A known device spares the second factor, where one was proved on it and policy lets it."""

import pytest

from tests.service.authenticator import Phone, enrol, set_up
from tests.service.harness import GOOD, STRONG, Bench, Message, login, update
from tests.service.test_password_reset import reset
from ums_service.domain.profiles import DAY_S


@pytest.fixture
def phone(standard: Bench) -> Phone:
    return set_up(standard, standard.member("alice"))


def attempt(bench: Bench, password: str = GOOD, **more: object) -> Message:
    asked = login("alice", password)
    asked["credentials"] |= more
    return bench.ask(**asked)


def remembered(bench: Bench, phone: Phone, password: str = GOOD) -> str:
    """The token of a device that was remembered at a login with a code."""
    code = phone.next_code()
    reply = attempt(bench, password, mfa_code=code, remember_device=True)
    assert reply["status"] == "success", reply
    return str(reply["device_token"])


def is_asked(bench: Bench, device: str, password: str = GOOD) -> bool:
    reply = attempt(bench, password, device_token=device)
    return reply.get("code") == "MFA_REQUIRED"


def test_a_device_that_proved_a_factor_is_asked_for_the_password_only(
    standard: Bench, phone: Phone
):
    device = remembered(standard, phone)
    reply = attempt(standard, device_token=device)
    verified = standard.ask(
        action="verify_session", session_token=reply["session_token"]
    )
    assert verified["methods"] == ["pwd", "device"]
    assert attempt(standard)["code"] == "MFA_REQUIRED"
    wrong = attempt(standard, "wrong", device_token=device)
    assert wrong["code"] == "INVALID_CREDENTIALS"
    standard.restart()
    assert not is_asked(standard, device)


def test_a_device_remembered_after_the_challenge_counts_too(
    standard: Bench, phone: Phone
):
    asked = attempt(standard)
    reply = standard.ask(
        action="verify_mfa",
        mfa_token=asked["mfa_token"],
        code=phone.next_code(),
        remember_device=True,
    )
    assert not is_asked(standard, reply["device_token"])


def test_a_device_remembered_before_there_was_a_factor_is_asked(standard: Bench):
    alice = standard.member("alice")
    device = attempt(standard, remember_device=True)["device_token"]
    alice = standard.login("alice")
    set_up(standard, alice)
    assert is_asked(standard, device)


def test_remembering_it_anew_does_not_prolong_what_a_factor_gave(
    standard: Bench, phone: Phone
):
    device = remembered(standard, phone)
    standard.clock.advance(60 * DAY_S)
    again = attempt(standard, device_token=device, remember_device=True)
    device = again["device_token"]
    standard.clock.advance(30 * DAY_S - 1)
    assert not is_asked(standard, device)
    standard.clock.advance(1)
    assert is_asked(standard, device)


def test_another_account_gains_nothing_by_it(standard: Bench, phone: Phone):
    device = remembered(standard, phone)
    set_up(standard, standard.member("bobby"))
    asked = login("bobby")
    asked["credentials"]["device_token"] = device
    assert standard.ask(**asked)["code"] == "MFA_REQUIRED"


def test_a_code_that_comes_along_is_looked_at(standard: Bench, phone: Phone):
    device = remembered(standard, phone)
    reply = attempt(standard, device_token=device, mfa_code="000000")
    assert reply["code"] == "INVALID_MFA_CODE"


def test_the_session_has_proved_nothing_that_sensitive_changes_need(
    standard: Bench, phone: Phone
):
    device = remembered(standard, phone)
    alice = attempt(standard, device_token=device)["session_token"]
    own = {"session_token": alice}
    refused = [
        standard.ask(**update(alice, username="alicia")),
        standard.ask(action="reauthenticate", **own, password=GOOD),
        standard.ask(action="disable_mfa", **own, password=GOOD),
    ]
    assert {reply["code"] for reply in refused} == {"REAUTHENTICATION_REQUIRED"}
    proof = {"action": "reauthenticate", "password": GOOD}
    code = phone.next_code()
    assert standard.ask(**proof, **own, mfa_code=code)["status"] == "success"
    assert standard.ask(**update(alice, username="alicia"))["status"] == "success"


def add_passkey(bench: Bench, phone: Phone) -> str:
    alice = attempt(bench, mfa_code=phone.next_code())["session_token"]
    enrol(bench, alice)
    return GOOD


def replace_phone(bench: Bench, phone: Phone) -> str:
    alice = attempt(bench, mfa_code=phone.next_code())["session_token"]
    set_up(bench, alice)
    return GOOD


def remove_and_set_up(bench: Bench, phone: Phone) -> str:
    admin = bench.admin()
    user_id = bench.user_id("alice")
    own = {"session_token": admin, "user_id": user_id}
    removed = bench.ask(action="disable_mfa", **own, reason="lost")
    assert removed["status"] == "success"
    set_up(bench, bench.login("alice"))
    return GOOD


def reset_password(bench: Bench, _: Phone) -> str:
    admin = bench.admin()
    about = {"user_id": bench.user_id("alice"), "purpose": "reset"}
    issued = bench.ask(action="issue_link", session_token=admin, **about)
    assert reset(bench, issued["token"], STRONG)["status"] == "success"
    return STRONG


def set_temporary_password(bench: Bench, _: Phone) -> str:
    about = {"user_id": bench.user_id("alice"), "mode": "temporary"}
    admin = bench.admin()
    forced = bench.ask(action="force_password_change", session_token=admin, **about)
    return str(forced["temporary_password"])


@pytest.mark.parametrize(
    "change",
    [
        add_passkey,
        replace_phone,
        remove_and_set_up,
        reset_password,
        set_temporary_password,
    ],
)
def test_a_change_of_factors_and_a_reset_ask_every_device_again(
    standard: Bench, phone: Phone, change
):
    device = remembered(standard, phone)
    assert not is_asked(standard, device)
    password = change(standard, phone)
    assert is_asked(standard, device, password)


def test_hipaa_asks_every_time(hipaa: Bench):
    alice = hipaa.member("alice", STRONG)
    phone = set_up(hipaa, alice, STRONG)
    device = remembered(hipaa, phone, STRONG)
    assert is_asked(hipaa, device, STRONG)
