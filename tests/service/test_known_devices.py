"""Known devices: remembered, listed, forgotten, and let in whatever strangers do."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service.guessing import (
    DAY_S,
    HERE,
    THERE,
    events,
    fail,
    fail_from_afar,
    kill,
    login_with,
    remember,
)
from tests.service.harness import GOOD, Bench, login, update
from ums_service.domain.failure_records import FAILURES


def test_a_device_is_remembered_only_where_it_is_asked_for(either: Bench):
    either.register("alice")
    assert not {"device_token", "device_id"} & set(login_with(either))
    reply = login_with(either, remember_device=True)
    assert len(reply["device_token"]) == 76
    assert len(reply["device_id"]) == 32


def test_a_shut_out_address_lets_the_known_device_in(alice: Bench):
    token = remember(alice)
    fail(alice, 5)
    assert login_with(alice)["status"] == "error"
    assert login_with(alice, device_token=token)["status"] == "success"
    assert login_with(alice)["status"] == "error"


def test_a_stopped_account_lets_the_known_device_in_and_nobody_else(alice: Bench):
    token = remember(alice)
    fail_from_afar(alice, 100)
    alice.clock.advance(40 * DAY_S)
    refused = login_with(alice, source=THERE)
    assert refused["code"] == "INVALID_CREDENTIALS"
    assert "retry_after" not in refused
    assert login_with(alice, source=THERE, device_token=token)["status"] == "success"


def test_a_blocked_address_lets_the_known_device_in(alice: Bench):
    token = remember(alice)
    for number in range(20):
        fail(alice, 1, name=f"name{number}")
    assert login_with(alice)["status"] == "error"
    assert login_with(alice, device_token=token)["status"] == "success"


def test_an_open_session_can_change_its_password_whatever_strangers_do(alice: Bench):
    session = alice.login("alice", source=HERE)
    fail(alice, 5)
    fail_from_afar(alice, 100)
    reply = alice.ask(
        source=HERE,
        **update(session, password="another pass 1", current_password=GOOD),
    )
    assert reply["status"] == "success"


def test_a_known_device_has_five_guesses_of_its_own(alice: Bench):
    token = remember(alice)
    for _ in range(5):
        login_with(alice, password="wrong", device_token=token)
    assert login_with(alice, device_token=token)["status"] == "error"
    assert login_with(alice)["status"] == "success"
    [lock] = events(alice, "account_locked")
    assert lock["subject"] == alice.user_id("alice")
    assert lock["details"]["source"].startswith("device ")


STRANGERS = st.lists(
    st.tuples(
        st.sampled_from(["alice", "alice@example.org", "bobby", "nobody"]),
        st.sampled_from([HERE, THERE, "198.51.100.1", "198.51.100.2"]),
        st.integers(1, 12),
        st.sampled_from([0, 1, 600]),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(STRANGERS, st.booleans())
def test_whatever_strangers_do_the_owner_gets_in_with_a_known_device(
    steps: list[tuple[str, str, int, int]], restart: bool
):
    with Bench(failures_in_row_max=12, rate_login_burst=1_000) as bench:
        bench.register("alice")
        token = remember(bench)
        for name, source, times, later_s in steps:
            guesses = [login(name, f"guess {n}") for n in range(times)]
            bench.ask_all(guesses, source=source)
            bench.clock.advance(later_s)
            for owner_at in (HERE, THERE):
                reply = login_with(bench, source=owner_at, device_token=token)
                assert reply["status"] == "success"
        if restart:
            kill(bench)
        assert login_with(bench, device_token=token)["status"] == "success"


def altered(token: str) -> list[str]:
    """Tokens that differ in one character each, and other spellings of the same."""
    others = [
        token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :]
        for n in range(len(token))
    ]
    return [*others, token + "=", token + "\n", f" {token}", token[:-4], token * 2, ""]


def test_no_altered_token_is_a_known_device(alice: Bench):
    token = remember(alice)
    user, clock = alice.user("alice"), alice.clock
    call = call_of(alice)
    assert call.known_device(user, token) is not None
    for other in [*altered(token), "é" * 76, "\ud800"]:
        assert call.known_device(user, other) is None
    assert call.known_device(None, token) is None
    clock.advance(90 * DAY_S - 1)
    assert call_of(alice).known_device(user, token) is not None
    clock.advance(1)
    assert call_of(alice).known_device(user, token) is None


def call_of(bench: Bench):
    from ums_client.protocol.actions import ACTION_BY_NAME
    from ums_service.calls.call import Call

    facilities = bench.service.facilities
    return Call(facilities, ACTION_BY_NAME["login"], None, HERE, bench.clock.now)


def test_a_device_of_another_account_or_a_forgotten_one_is_not_known(alice: Bench):
    alice.register("bobby")
    token, session = remember(alice), alice.login("alice", source=THERE)
    assert call_of(alice).known_device(alice.user("bobby"), token) is None
    [device] = alice.ask(action="list_devices", session_token=session)["devices"]
    forget = {
        "action": "forget_device",
        "session_token": session,
        "device_id": device["device_id"],
    }
    assert alice.ask(**forget)["status"] == "success"
    assert alice.ask(**forget)["code"] == "NOT_FOUND"
    assert call_of(alice).known_device(alice.user("alice"), token) is None
    fail(alice, 5)
    assert login_with(alice, device_token=token)["status"] == "error"


def test_devices_are_listed_to_their_owner_and_administrators_only(alice: Bench):
    token = remember(alice, device_label="desk")
    alice.clock.advance(60)
    login_with(alice, source=THERE, device_token=token)
    session, user_id = alice.login("alice"), alice.user_id("alice")
    reply = alice.ask(action="list_devices", session_token=session)
    [device] = reply["devices"]
    assert (reply["count"], device["label"], device["address"]) == (1, "desk", THERE)
    assert device["created_at"] < device["last_used_at"]
    assert token not in json.dumps(reply)
    ask = {"action": "list_devices", "user_id": user_id}
    assert alice.ask(**ask, session_token=alice.admin())["devices"] == [device]
    alice.register("bobby")
    bobby = alice.login("bobby")
    assert alice.ask(**ask, session_token=bobby)["code"] == "PERMISSION_DENIED"
    forget = ask | {"action": "forget_device", "device_id": device["device_id"]}
    assert alice.ask(**forget, session_token=bobby)["code"] == "PERMISSION_DENIED"
    assert alice.ask(**forget, session_token=alice.admin())["status"] == "success"


def test_remembering_again_keeps_the_device_and_renews_its_token(alice: Bench):
    token = remember(alice, device_label="desk")
    alice.clock.advance(60 * DAY_S)
    newer = remember(alice, device_token=token)
    alice.clock.advance(60 * DAY_S)
    user = alice.user("alice")
    assert call_of(alice).known_device(user, token) is None
    device = call_of(alice).known_device(user, newer)
    assert device is not None
    assert device.label == "desk"


def test_at_most_twenty_devices_are_remembered_the_oldest_goes(alice: Bench):
    tokens = [remember(alice) for _ in range(21)]
    user = alice.user("alice")
    known = [call_of(alice).known_device(user, t) is not None for t in tokens]
    assert known == [False] + [True] * 20


def test_devices_and_failures_go_with_the_account(make_bench):
    bench = make_bench(deleted_kept_s=0)
    bench.register("alice")
    session = bench.login("alice")
    token = remember(bench)
    fail(bench, 3, THERE)
    bench.ask(action="delete_user", session_token=session, password=GOOD)
    bench.restart()
    assert bench.store.count(FAILURES) == 0
    bench.register("alice")
    assert call_of(bench).known_device(bench.user("alice"), token) is None
