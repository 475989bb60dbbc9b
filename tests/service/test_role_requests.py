"""Roles that people ask for: waiting, decided by others, taken back, over."""

from typing import Any

import pytest

from tests.service.harness import Bench, Message
from tests.service.role_office import DAY_S, Office, lab, may


@pytest.fixture
def office(standard: Bench) -> Office:
    office = Office(standard)
    office.role("cashier", "till.open")
    return office


def ask_for(bench: Bench, token: str, role: str = "cashier", **more: Any) -> Message:
    asked = {"action": "request_role", "role": role, "reason": "for the fair"}
    return bench.ask(**asked, session_token=token, **more)


def decide(office: Office, waiting: Message, decision: str, **more: Any) -> Message:
    asked = {
        "user_id": waiting["user_id"],
        "role_request_id": waiting["role_request_id"],
    }
    given = {"decision": decision, "reason": "as agreed", **more}
    return office.ask("decide_role_request", **asked, **given)


def test_a_role_that_was_asked_for_counts_once_it_is_approved(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    waiting = ask_for(bench, ann, wanted_days=2)["request"]
    assert (waiting["state"], waiting["username"]) == ("pending", "annie")
    assert not may(bench, ann, "till.open")
    approved = decide(office, waiting, "approve")["request"]
    assert (approved["state"], approved["decision_reason"]) == ("approved", "as agreed")
    assert may(bench, ann, "till.open")
    bench.clock.advance(2 * DAY_S)
    assert not may(bench, bench.login("annie"), "till.open")


def test_who_approves_may_set_another_end(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    waiting = ask_for(bench, ann, wanted_days=300)["request"]
    assert decide(office, waiting, "approve", expires_in_days=1)["status"] == "success"
    bench.clock.advance(DAY_S)
    assert not may(bench, bench.login("annie"), "till.open")


def test_what_is_refused_gives_nothing_and_is_decided_once(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    waiting = ask_for(bench, ann)["request"]
    [entry] = bench.audited_by(lambda: decide(office, waiting, "refuse"))
    assert (entry["event"], entry["subject"]) == (
        "role_request_decided",
        waiting["user_id"],
    )
    assert entry["details"]["state"] == "refused"
    assert not may(bench, ann, "till.open")
    assert decide(office, waiting, "approve")["code"] == "NOT_FOUND"
    [mine] = bench.ask(action="list_role_requests", session_token=ann)["requests"]
    assert (mine["state"], mine["decision_reason"]) == ("refused", "as agreed")


def test_of_two_decisions_at_once_one_counts(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    waiting = ask_for(bench, ann)["request"]
    asked = {
        "action": "decide_role_request",
        "session_token": office.token,
        "user_id": waiting["user_id"],
        "role_request_id": waiting["role_request_id"],
        "reason": "as agreed",
    }
    both = [asked | {"decision": word} for word in ("approve", "refuse")]
    replies = bench.ask_all(both)
    [done] = [reply for reply in replies if reply["status"] == "success"]
    approved = done["request"]["state"] == "approved"
    assert may(bench, ann, "till.open") is approved


def test_nobody_decides_on_their_own_request(office: Office):
    waiting = ask_for(office.bench, office.token)["request"]
    refused = decide(office, waiting, "approve")
    assert (refused["code"], refused["message"]) == (
        "PERMISSION_DENIED",
        "Somebody else must decide on your request",
    )


def test_who_lacks_what_the_role_gives_cannot_approve_it(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    office.role("lead", "roles.assign")
    mia = bench.member("mia")
    office.give("mia", "lead")
    waiting = ask_for(bench, ann)["request"]
    asked = {
        "action": "decide_role_request",
        "session_token": mia,
        "user_id": waiting["user_id"],
        "role_request_id": waiting["role_request_id"],
        "reason": "as agreed",
    }
    assert bench.ask(**asked, decision="approve")["code"] == "PERMISSION_DENIED"
    assert bench.ask(**asked, decision="refuse")["status"] == "success"


def test_a_request_that_nobody_answers_is_over(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    waiting = ask_for(bench, ann)["request"]
    bench.clock.advance(bench.profile.role_request_s)
    office.login_again()
    ann = bench.login("annie")
    [mine] = bench.ask(action="list_role_requests", session_token=ann)["requests"]
    assert mine["state"] == "expired"
    assert decide(office, waiting, "approve")["code"] == "NOT_FOUND"
    assert ask_for(bench, ann)["status"] == "success"


def test_a_request_is_taken_back_by_who_made_it_only(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    waiting = ask_for(bench, ann)["request"]
    back = {
        "action": "withdraw_role_request",
        "role_request_id": waiting["role_request_id"],
    }
    assert bench.ask(**back, session_token=office.token)["code"] == "NOT_FOUND"
    assert bench.ask(**back, session_token=ann)["request"]["state"] == "withdrawn"
    assert bench.ask(**back, session_token=ann)["code"] == "NOT_FOUND"
    assert decide(office, waiting, "approve")["code"] == "NOT_FOUND"


def test_the_same_is_not_asked_for_twice_nor_too_much(make_bench):
    bench = make_bench(role_requests_per_user=2)
    office, ann = Office(bench), bench.member("annie")
    for name in ("one", "two", "three"):
        office.role(name, "a.b")
    assert ask_for(bench, ann, "one")["status"] == "success"
    assert ask_for(bench, ann, "one")["code"] == "INVALID_REQUEST"
    assert ask_for(bench, ann, "two")["status"] == "success"
    assert ask_for(bench, ann, "three")["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize("name", ["admin", "support_agent", "nowhere"])
def test_some_roles_are_not_to_be_asked_for(office: Office, name: str):
    ann = office.bench.member("annie")
    assert ask_for(office.bench, ann, name)["status"] == "error"


def test_a_lab_of_others_is_told_as_no_lab(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    lab(bench, "a1")
    replies = [ask_for(bench, ann, lab_id=where) for where in ("a1", "b2")]
    assert replies[0] == replies[1]
    assert replies[0]["code"] == "NOT_FOUND"


def test_requests_are_seen_by_who_asked_and_who_may_decide(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    bob = bench.member("bobby")
    ask_for(bench, ann)

    def seen(token: str, **more: Any) -> list[str]:
        asked = {"action": "list_role_requests", "session_token": token}
        reply = bench.ask(**asked, **more)
        return [one["username"] for one in reply["requests"]]

    assert seen(ann) == ["annie"]
    assert seen(bob) == []
    assert seen(bob, user_id=bench.user_id("annie")) == []
    assert seen(office.token) == ["annie"]
    assert seen(office.token, state="refused") == []
    entries = bench.audited_by(lambda: seen(office.token))
    assert [entry["event"] for entry in entries] == ["role_requests_read"]
    bench.ask(action="delete_user", session_token=ann, password="correct horse 7")
    assert seen(office.token) == []
