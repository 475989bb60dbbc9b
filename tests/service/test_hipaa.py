"""What `hipaa` tightens."""

import pytest

from tests.service.authenticator import Phone
from tests.service.harness import FIRST, STRONG, Bench, creation, login, update

HOUR_S = 3600


@pytest.mark.parametrize(
    ("password", "violation"),
    [
        ("Sh0rt!-Pass", "Password must be at least 12 characters long"),
        ("nebula-orchid-7", "Password must contain an upper-case letter"),
        ("NEBULA-ORCHID-7", "Password must contain a lower-case letter"),
        ("Nebula-Orchid-Q", "Password must contain a digit"),
        ("NebulaOrchid77Q", "Password must contain a sign"),
        ("Nebula-dragon-7!", "Password is one of the most common ones"),
        ("Nebula-6789-Orchid!", "Password must not have more than 3 characters in sequence or of the same kind in a row"),
        ("Nebula-dcba7-Orchid!", "Password must not have more than 3 characters in sequence or of the same kind in a row"),
        ("Nebula-zzzz7-Orchid!", "Password must not have more than 3 characters in sequence or of the same kind in a row"),
    ],
)  # fmt: skip
def test_every_rule_of_passwords_is_told_by_name(
    hipaa: Bench, password: str, violation: str
):
    reply = hipaa.ask(**creation("alice", password))
    assert reply["code"] == "POLICY_VIOLATION"
    assert [fault["message"] for fault in reply["details"]] == [violation]


def test_all_violations_come_at_once(hipaa: Bench):
    reply = hipaa.ask(**creation("alice", "aaaa"))
    assert len(reply["details"]) == 6
    assert reply["message"] == "; ".join(fault["message"] for fault in reply["details"])


def test_a_strong_password_is_taken(hipaa: Bench):
    assert hipaa.member("alice", STRONG)


def test_three_failures_shut_a_source_out(hipaa: Bench):
    hipaa.register("alice", STRONG)
    for _ in range(3):
        hipaa.try_login("alice", "wrong")
    assert hipaa.try_login("alice", STRONG)["code"] == "INVALID_CREDENTIALS"


@pytest.mark.parametrize(
    ("idle_s", "status"), [(HOUR_S - 1, "success"), (HOUR_S, "error")]
)
def test_a_session_ends_after_an_hour_of_disuse(hipaa: Bench, idle_s: int, status: str):
    alice = hipaa.member("alice", STRONG)
    hipaa.clock.advance(idle_s)
    assert hipaa.ask(action="get_user", session_token=alice)["status"] == status


def test_a_sixth_session_ends_the_first(hipaa: Bench):
    tokens = [hipaa.member("alice", STRONG)]
    tokens += [hipaa.login("alice", STRONG) for _ in range(5)]
    statuses = [hipaa.ask(action="get_user", session_token=t)["status"] for t in tokens]
    assert statuses == ["error"] + ["success"] * 5


def test_a_new_name_needs_the_password_however_fresh_the_login(hipaa: Bench):
    alice = hipaa.member("alice", STRONG)
    assert (
        hipaa.ask(**update(alice, username="alicia"))["code"]
        == "REAUTHENTICATION_REQUIRED"
    )
    proved = update(alice, username="alicia", current_password=STRONG)
    assert hipaa.ask(**proved)["user"]["username"] == "alicia"


def test_an_address_is_not_changed_unverified(hipaa: Bench):
    alice = hipaa.member("alice", STRONG)
    change = update(alice, email="new@example.org", current_password=STRONG)
    assert hipaa.ask(**change)["code"] == "NOT_CONFIGURED"
    assert hipaa.user("alice").email == "alice@example.org"


def test_only_administrators_list_accounts(hipaa: Bench):
    alice = hipaa.member("alice", STRONG)
    assert (
        hipaa.ask(action="list_users", session_token=alice)["code"]
        == "PERMISSION_DENIED"
    )
    assert hipaa.ask(action="list_users")["code"] == "INVALID_SESSION"
    assert hipaa.ask(action="list_users", session_token=hipaa.admin())["count"] == 2


def test_administrators_must_have_a_second_factor(hipaa: Bench):
    assert hipaa.ask(**login("admin", FIRST))["code"] == "MFA_SETUP_REQUIRED"
    assert hipaa.member("alice", STRONG)


def test_the_first_password_must_be_changed(hipaa: Bench):
    told = hipaa.ask(**login("admin", FIRST))
    phone = Phone.of_first_factor(hipaa, told["mfa_setup_token"], FIRST)
    message = login("admin", FIRST)
    message["credentials"]["mfa_code"] = phone.backup_codes[0]
    assert hipaa.ask(**message)["code"] == "PASSWORD_CHANGE_REQUIRED"


def test_health_names_the_profile(hipaa: Bench):
    assert hipaa.ask(action="health_check")["profile"] == "hipaa"
