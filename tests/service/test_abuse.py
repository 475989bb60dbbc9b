"""Failures through the actions: blocked addresses, unlocking, equal answers."""

import pytest

from tests.doubles import CountingHashes
from tests.service.guessing import (
    HERE,
    HOUR_S,
    THERE,
    events,
    fail,
    fail_from_afar,
    kill,
    login_with,
    remember,
)
from tests.service.harness import GOOD, Bench, Message, login, update
from ums_service.domain.failure_records import FAILURES, FAILURES_OF_NOBODY

# --- addresses ---


def test_twenty_failures_over_any_accounts_block_the_address_for_an_hour(alice: Bench):
    for number in range(19):
        fail(alice, 1, name=f"name{number}")
    assert login_with(alice)["status"] == "success"
    last = fail(alice, 1, name="name19")[0]
    assert last["retry_after"] == HOUR_S
    assert login_with(alice)["code"] == "INVALID_CREDENTIALS"
    assert login_with(alice, source=THERE)["status"] == "success"
    alice.clock.advance(HOUR_S - 1)
    assert login_with(alice)["retry_after"] == 1
    alice.clock.advance(1)
    assert login_with(alice)["status"] == "success"
    [event] = events(alice, "address_blocked")
    assert (event["address"], event["details"]["severity"]) == (HERE, "warning")


def test_failures_older_than_an_hour_do_not_block(alice: Bench):
    for number in range(60):
        fail(alice, 1, name=f"name{number}")
        alice.clock.advance(190)
    assert login_with(alice)["status"] == "success"


def test_the_failures_in_flight_of_an_address_are_no_more_than_twenty(alice: Bench):
    messages = [login(f"name{number}", "wrong") for number in range(100)]
    alice.ask_all(messages, source=HERE)
    assert alice.store.count(FAILURES_OF_NOBODY) == 20
    alice.clock.advance(1)  # for the limit of logins
    assert login_with(alice)["code"] == "INVALID_CREDENTIALS"


def test_exempt_addresses_are_not_blocked(make_bench):
    bench = make_bench(settings={"addresses_exempt": ("203.0.113.0/31",)})
    bench.register("alice")
    for number in range(40):
        fail(bench, 1, HERE, f"name{number}")
        fail(bench, 1, THERE, f"name{number}")
    assert login_with(bench)["status"] == "success"
    assert login_with(bench, source=THERE)["status"] == "error"


def test_guessing_over_many_accounts_is_told_once_in_a_window(make_bench):
    bench = make_bench(guessing_accounts_min=10)
    for number in range(35):
        fail(bench, 1, f"198.51.100.{number}", f"name{number}")
    [event] = events(bench, "guessing_suspected")
    assert event["details"] == {
        "severity": "error", "accounts": 10, "addresses": 10, "window_s": 600,
    }  # fmt: skip
    bench.clock.advance(600)
    for number in range(35):
        fail(bench, 1, f"198.51.100.{number}", f"other{number}")
    assert len(events(bench, "guessing_suspected")) == 2


def test_failures_of_few_accounts_or_far_apart_are_no_guessing(make_bench):
    bench = make_bench(guessing_accounts_min=10)
    for number in range(60):
        fail(bench, 1, f"198.51.100.{number}", f"name{number % 9}")
    bench.clock.advance(600)
    for number in range(20):
        bench.clock.advance(67)
        fail(bench, 1, f"198.51.100.{number}", f"other{number}")
    assert events(bench, "guessing_suspected") == []


# --- unlocking ---


def unlock(bench: Bench, **target: str) -> Message:
    return bench.ask(action="unlock_user", session_token=bench.admin(), **target)


def test_an_administrator_unlocks_an_account_durably(alice: Bench):
    fail_from_afar(alice, 100)
    user_id = alice.user_id("alice")
    reply = unlock(alice, user_id=user_id)
    assert (reply["status"], reply["was_locked"]) == ("success", True)
    assert login_with(alice, source=THERE)["status"] == "success"
    kill(alice)
    assert login_with(alice, source=THERE)["status"] == "success"
    assert unlock(alice, user_id=user_id)["was_locked"] is False
    first, _ = events(alice, "account_unlocked")
    assert first["subject"] == user_id
    assert first["actor"] == alice.user_id("admin")
    assert first["details"] == {"was_locked": True}


def test_an_administrator_unblocks_an_address_durably(alice: Bench):
    for number in range(20):
        fail(alice, 1, name=f"name{number}")
    assert unlock(alice, address=HERE)["was_locked"] is True
    kill(alice)
    assert login_with(alice)["status"] == "success"
    assert unlock(alice, address=HERE)["was_locked"] is False
    assert events(alice, "account_unlocked")[0]["details"]["address"] == HERE


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({}, "INVALID_REQUEST"),
        ({"user_id": "0" * 32}, "NOT_FOUND"),
        ({"user_id": "0" * 32, "address": HERE}, "INVALID_REQUEST"),
    ],
)
def test_what_cannot_be_unlocked_is_refused(alice: Bench, target: Message, code: str):
    assert unlock(alice, **target)["code"] == code


def test_a_new_password_lifts_the_lockout(alice: Bench):
    session = alice.login("alice")
    fail_from_afar(alice, 100)
    change = {"current_password": GOOD, "new_password": "another pass 1"}
    alice.ask(action="change_password", session_token=session, **change)
    assert login_with(alice, password="another pass 1")["status"] == "success"
    kill(alice)
    assert alice.store.count(FAILURES) == 0


def test_a_lock_is_told_once_and_not_for_each_attempt(alice: Bench):
    fail(alice, 50)
    [shut] = events(alice, "account_locked")
    assert shut["details"] == {"severity": "warning", "until": "time"}
    fail_from_afar(alice, 97)
    stopped = events(alice, "account_locked")[-1]
    assert stopped["details"] == {"severity": "error", "until": "password reset"}
    assert len(events(alice, "account_locked")) == 2
    fail(alice, 5, name="nobody")
    assert len(events(alice, "account_locked")) == 2


# --- the same answer, the same work ---


def test_every_refusal_costs_one_hash_and_one_commit_and_tells_the_same(alice: Bench):
    token = remember(alice)
    alice.register("bobby")
    alice.ask(**update(alice.admin(), alice.user_id("bobby"), status="inactive"))
    fail(alice, 5, THERE)
    fail_from_afar(alice, 95)
    for _ in range(5):
        login_with(alice, password="wrong", device_token=token)
    for number in range(20):
        fail(alice, 1, "192.0.2.1", f"name{number}")
    alice.clock.advance(60)
    gate = alice.service.facilities.gate
    gate.hashes = hashes = CountingHashes(gate.hashes)
    kinds = {
        "unknown": lambda: login_with(alice, "nobody"),
        "wrong and inactive": lambda: login_with(alice, "bobby", "wrong"),
        "shut out": lambda: login_with(alice, source=THERE),
        "stopped": lambda: login_with(alice, source="192.0.2.2"),
        "blocked": lambda: login_with(alice, "bobby", source="192.0.2.1"),
        "device": lambda: login_with(alice, device_token=token),
    }
    for kind, ask in kinds.items():
        hashed, commits = hashes.verified.total(), alice.store.head.sequence
        reply = ask()
        reply.pop("retry_after", None)
        assert reply == {
            "status": "error",
            "message": "Invalid username/email or password",
            "code": "INVALID_CREDENTIALS",
        }, kind
        assert hashes.verified.total() - hashed == 1, kind
        assert alice.store.head.sequence - commits == 1, kind
