"""Consents: asked for at registration, kept with their history, asked for again."""

from typing import Any

import pytest

from tests.service.harness import STRONG, Bench, Message, creation
from ums_service.domain.consents import KEPT_OF_A_TYPE, Consent, Consents

WARNING = "consent_required:privacy"


def answers(bench: Bench, token: str, kind: str, **more: Any) -> Message:
    message = {"action": "set_consent", "session_token": token, "type": kind}
    return bench.ask_all([{"granted": True} | message | more])[0]


def consents(bench: Bench, token: str, **more: Any) -> Message:
    return bench.ask(action="get_consents", session_token=token, **more)


@pytest.fixture
def asking(make_bench) -> Bench:
    return make_bench(consents_required=("terms:2", "privacy"))


def test_who_registers_without_a_required_consent_is_refused(asking: Bench):
    reply = asking.ask(**creation("alice", privacy_accepted=False))
    assert reply["code"] == "CONSENT_REQUIRED"
    assert [one["field"] for one in reply["details"]] == ["terms", "privacy"]
    reply = asking.ask(**creation("alice"))
    assert [one["field"] for one in reply["details"]] == ["terms"]
    assert asking.register("alice", terms_accepted=True)


def test_who_takes_an_invitation_up_consents_as_who_registers(asking: Bench):
    who = {"email": "guest@example.org", "send_email": False}
    made = asking.ask(action="invite_user", session_token=asking.admin(), **who)
    taking = {"action": "accept_invitation", "token": made["token"]}
    taking |= {"username": "guest", "password": STRONG, "privacy_accepted": True}
    reply = asking.ask(**taking)
    assert reply["code"] == "CONSENT_REQUIRED"
    assert [one["field"] for one in reply["details"]] == ["terms"]
    assert asking.ask(**taking, terms_accepted=True)["status"] == "success"
    told = consents(asking, asking.login("guest", STRONG))
    assert [one["type"] for one in told["consents"]] == ["terms", "privacy"]


def test_another_word_for_it_is_taken(hipaa: Bench):
    message = creation("alice", STRONG)
    del message["user_data"]["privacy_accepted"]
    assert hipaa.ask(**message)["code"] == "CONSENT_REQUIRED"
    message["user_data"]["privacy_consent"] = True
    assert hipaa.ask(**message)["status"] == "success"


def test_what_was_accepted_is_kept_with_version_time_and_source(asking: Bench):
    at = asking.clock.now.text
    alice = asking.member("alice", terms_accepted=True)
    asking.restart()
    alice = asking.login("alice")
    told = consents(asking, alice)
    user_id = asking.user_id("alice")
    shared = {"granted": True, "at": at, "source": "registration", "set_by": user_id}
    assert told["consents"] == [
        {"type": "terms", "version": "2", **shared},
        {"type": "privacy", "version": "", **shared},
    ]
    assert told["missing"] == []


def test_without_a_requirement_nobody_is_asked(standard: Bench):
    message = creation("alice")
    del message["user_data"]["privacy_accepted"]
    assert standard.ask(**message)["status"] == "success"
    assert "account_warnings" not in standard.try_login("alice")
    assert consents(standard, standard.login("alice"))["consents"] == []


def test_a_withdrawal_keeps_the_history_and_asks_again(asking: Bench):
    alice = asking.member("alice", terms_accepted=True)
    asking.clock.advance(60)
    reply = answers(asking, alice, "privacy", granted=False, source="settings")
    assert reply["missing"] == [{"type": "privacy", "version": ""}]
    told = consents(asking, alice)
    assert [(c["type"], c["granted"]) for c in told["consents"]] == [
        ("terms", True),
        ("privacy", False),
    ]
    assert [c["granted"] for c in told["history"]] == [True, True, False]
    assert told["history"][-1]["source"] == "settings"
    assert asking.try_login("alice")["account_warnings"] == [WARNING]
    answers(asking, alice, "privacy")
    assert "account_warnings" not in asking.try_login("alice")


def test_a_new_version_asks_those_who_gave_another(make_bench):
    bench = make_bench(consents_required=("privacy:1",))
    alice = bench.member("alice")
    assert "account_warnings" not in bench.try_login("alice")
    bench.profile = make_bench(consents_required=("privacy:2",)).profile
    bench.restart()
    assert bench.try_login("alice")["account_warnings"] == [WARNING]
    alice = bench.login("alice")
    assert answers(bench, alice, "privacy", version="1")["missing"]
    assert answers(bench, alice, "privacy")["consent"]["version"] == "2"
    assert "account_warnings" not in bench.try_login("alice")


def test_nobody_consents_for_somebody_else(asking: Bench):
    admin = asking.admin()
    by_admin = creation("bobby", terms_accepted=True) | {"session_token": admin}
    assert asking.ask(**by_admin)["status"] == "success"
    user_id = asking.user_id("bobby")
    assert consents(asking, admin, user_id=user_id)["consents"] == []
    refused = answers(asking, admin, "privacy", user_id=user_id)
    assert refused["code"] == "PERMISSION_DENIED"
    noted = answers(asking, admin, "privacy", user_id=user_id, granted=False)
    assert noted["consent"]["set_by"] == asking.user_id("admin")
    warned = asking.try_login("bobby")["account_warnings"]
    assert warned == ["consent_required:terms", WARNING]


def test_answers_of_a_type_are_bounded_and_the_first_stays():
    own = Consents("u")
    for number in range(100):
        own = own.with_answer(Consent("a", str(number), True, "", "", "u"))
    own = own.with_answer(Consent("b", "x", True, "", "", "u"))
    versions = [one.version for one in own.given if one.type == "a"]
    assert len(versions) == KEPT_OF_A_TYPE
    assert (versions[0], versions[-1]) == ("0", "99")


def test_types_are_bounded(standard: Bench):
    alice = standard.member("alice")
    replies = [answers(standard, alice, f"kind_{number}") for number in range(50)]
    assert [r["status"] for r in replies] == ["success"] * 49 + ["error"]
    assert answers(standard, alice, "kind_0", granted=False)["status"] == "success"
    assert answers(standard, alice, "Not a type")["code"] == "INVALID_REQUEST"


def test_two_answers_at_once_are_both_kept(standard: Bench):
    alice = standard.member("alice")
    message = {"action": "set_consent", "session_token": alice, "granted": True}
    standard.ask_all([message | {"type": kind} for kind in ("a", "b", "c")])
    kinds = {one["type"] for one in consents(standard, alice)["consents"]}
    assert kinds == {"privacy", "a", "b", "c"}
