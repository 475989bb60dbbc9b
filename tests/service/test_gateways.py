"""Gateways tell from where their end users came; nobody else can."""

from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.service.harness import GOOD, Bench, Message, creation, login, update
from ums_service.domain.clients import address_told
from ums_service.domain.errors import InvalidInput

GATEWAY = "198.51.100.1"
ALICE = "203.0.113.7"
MALLORY = "203.0.113.66"


def gateway_key(bench: Bench, **more: Any) -> str:
    """The key of a program that may forward, and nothing else."""
    admin = bench.admin()
    role = {"name": "gateway", "permissions": ["gateway.forward"]}
    done(bench.ask(action="save_role", session_token=admin, **role))
    made = bench.ask(
        action="create_service_account", session_token=admin, username="portal"
    )
    given = {"user_ids": [made["user_id"]], "roles": ["gateway"]}
    done(bench.ask(action="assign_role", session_token=admin, **given))
    wanted = {"name": "portal", "scopes": ["gateway.forward"], **more}
    return new_key(bench, admin, user_id=made["user_id"], **wanted)


def new_key(bench: Bench, token: str, **wanted: Any) -> str:
    made = done(bench.ask(action="create_api_key", session_token=token, **wanted))
    return str(made["api_key"])


def done(reply: Message) -> Message:
    assert reply["status"] == "success", reply
    return reply


def through(bench: Bench, key: str, address: object, **message: Any) -> Message:
    """What the gateway gets for a request of somebody at `address`."""
    client = {"ip": address, "user_agent": "Firefox"}
    return bench.ask(source=GATEWAY, gateway_key=key, client=client, **message)


def test_a_session_begins_where_the_end_user_is(standard: Bench):
    standard.register("alice")
    key = gateway_key(standard)
    reply = done(through(standard, key, ALICE, **login("alice")))
    token = reply["session_token"]
    shown = through(standard, key, ALICE, action="list_sessions", session_token=token)
    [session] = shown["sessions"]
    assert (session["address"], session["user_agent"]) == (ALICE, "Firefox")


def test_the_audit_log_tells_the_address_and_which_gateway_said_so(standard: Bench):
    standard.register("alice")
    key = gateway_key(standard)

    def act() -> None:
        done(through(standard, key, ALICE, **login("alice")))
        through(standard, key, MALLORY, **login("alice", "wrong"))
        through(standard, key, MALLORY, action="get_user", session_token="none")

    entries = standard.audited_by(act)
    assert [entry["address"] for entry in entries] == [ALICE, MALLORY, MALLORY]
    key_id = key.split("_")[1]
    assert {entry["details"]["gateway"] for entry in entries} == {key_id}
    assert key not in str(entries)


def test_one_who_guesses_shuts_out_only_themselves(make_bench):
    bench = make_bench(address_failures_max=3)
    bench.register("alice")
    key = gateway_key(bench)
    for name in ("ann", "ben", "cid", "dot"):
        through(bench, key, MALLORY, **login(name, "wrong"))
    assert through(bench, key, MALLORY, **login("alice"))["status"] == "error"
    assert through(bench, key, ALICE, **login("alice"))["status"] == "success"
    assert bench.try_login("alice", source=GATEWAY)["status"] == "success"


def test_one_who_floods_is_limited_and_the_gateway_stays_heard(make_bench):
    bench = make_bench(rate_login_burst=2, rate_login_per_min=1, rate_refusals_max=2)
    bench.register("alice")
    key = gateway_key(bench)
    codes = [
        through(bench, key, MALLORY, **login("alice", "wrong")).get("code")
        for _ in range(8)
    ]
    assert codes[-1] == "RATE_LIMITED"
    assert through(bench, key, ALICE, **login("alice"))["status"] == "success"


def test_a_gateway_is_heard_whatever_else_comes_from_its_address(make_bench):
    bench = make_bench(rate_login_burst=1, rate_login_per_min=1, rate_refusals_max=2)
    bench.register("alice")
    key = gateway_key(bench)
    done(through(bench, key, ALICE, **login("alice")))
    for _ in range(8):
        direct = bench.try_login("alice", "wrong", source=GATEWAY)
    assert direct["code"] == "RATE_LIMITED"
    reply = through(bench, key, "203.0.113.8", **login("alice"))
    assert reply["status"] == "success", reply


def test_nobody_else_is_believed(standard: Bench):
    token = standard.member("alice")
    client = {"ip": "203.0.113.99"}
    message = {**login("alice"), "client": client}
    [entry] = standard.audited_by(lambda: standard.ask(source=ALICE, **message))
    assert entry["address"] == ALICE
    key = new_key(standard, token, name="own", scopes=["users.read"])
    reply = through(standard, key, MALLORY, **login("alice"))
    assert reply["code"] == "PERMISSION_DENIED"


def test_a_key_of_an_administrator_is_no_gateway(standard: Bench):
    admin = standard.admin()
    key = new_key(standard, admin, name="own", scopes=["gateway.forward"])
    reply = through(standard, key, ALICE, action="health_check")
    assert reply["code"] == "PERMISSION_DENIED"


def test_a_key_of_a_program_without_the_permission_is_no_gateway(standard: Bench):
    key = gateway_key(standard)
    admin = standard.admin()
    account = standard.user_id("portal")
    taken = {"name": "gateway", "permissions": ["users.read"]}
    done(standard.ask(action="save_role", session_token=admin, **taken))
    refused = through(standard, key, ALICE, action="health_check")
    assert refused["code"] == "PERMISSION_DENIED"
    done(standard.ask(**update(admin, account, status="inactive")))
    refused = through(standard, key, ALICE, action="health_check")
    assert refused["code"] == "INVALID_TOKEN"


def test_a_revoked_key_forwards_nothing_more(standard: Bench):
    key = gateway_key(standard)
    assert through(standard, key, ALICE, action="health_check")["status"] == "healthy"
    which = {"key_id": key.split("_")[1], "user_id": standard.user_id("portal")}
    admin = standard.admin()
    done(standard.ask(action="revoke_api_key", session_token=admin, **which))
    reply = through(standard, key, ALICE, action="health_check")
    assert reply["code"] == "INVALID_TOKEN"


def test_the_networks_of_the_key_are_held_against_the_connection(standard: Bench):
    key = gateway_key(standard, addresses=["198.51.100.0/24"])
    assert through(standard, key, ALICE, action="health_check")["status"] == "healthy"
    message = {"action": "health_check", "gateway_key": key, "client": {"ip": GATEWAY}}
    assert standard.ask(source=MALLORY, **message)["code"] == "INVALID_TOKEN"


def test_the_key_opens_nothing(standard: Bench):
    key = gateway_key(standard)
    client = {"ip": ALICE}
    for action in ("list_users", "get_user", "create_role"):
        reply = standard.ask(action=action, gateway_key=key, client=client)
        assert reply["status"] == "error"
        assert standard.ask(action=action, api_key=key)["status"] == "error"


WRONG = [
    None, "", "here", "203.0.113", "203.0.113.7:80", " 203.0.113.7", "0.0.0.0", "::",
    "224.0.0.1", "fe80::1%eth0", "ff02::1", "203.0.113.7, 10.0.0.1", 7, ["203.0.113.7"],
    "1" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("told", WRONG, ids=lambda told: str(told)[:20])
def test_a_gateway_must_tell_an_address(standard: Bench, told):
    key = gateway_key(standard)
    reply = through(standard, key, told, action="health_check")
    assert reply["code"] == "INVALID_REQUEST"
    assert "client.ip" in str(reply)
    with pytest.raises(InvalidInput):
        address_told({"ip": told})


def test_a_gateway_that_tells_no_client_is_refused(standard: Bench):
    key = gateway_key(standard)
    for client in (None, "203.0.113.7", {}, ["ip"]):
        message = {"action": "health_check", "gateway_key": key, "client": client}
        reply = standard.ask(source=GATEWAY, **message)
        assert reply["code"] == "INVALID_REQUEST"


def test_an_address_has_one_text():
    assert address_told({"ip": "::ffff:203.0.113.7"}) == ALICE
    assert address_told({"ip": "2001:DB8:0::7"}) == "2001:db8::7"


def test_wrong_keys_count_for_whoever_sends_them(make_bench):
    bench = make_bench(rate_login_burst=3, rate_login_per_min=1, rate_refusals_max=100)
    for key in ("", "ums_x", 7):
        reply = through(bench, key, ALICE, **login("alice"))
        assert reply["code"] in ("INVALID_TOKEN", "INVALID_REQUEST")
    codes = {through(bench, "ums_", ALICE, **login("alice"))["code"] for _ in range(5)}
    assert codes == {"INVALID_TOKEN", "RATE_LIMITED"}
    [entry] = bench.audited_by(
        lambda: bench.ask(source=ALICE, **login("alice", "wrong"))
    )
    assert entry["address"] == ALICE
    assert entry.get("code") == "INVALID_CREDENTIALS"


def test_a_session_bound_to_its_address_is_bound_to_the_end_users(make_bench):
    bench = make_bench(session_binding="address")
    bench.register("alice")
    key = gateway_key(bench)
    token = done(through(bench, key, ALICE, **login("alice")))["session_token"]
    asked = {"action": "get_user", "session_token": token}
    done(through(bench, key, ALICE, **asked))
    assert through(bench, key, MALLORY, **asked)["code"] == "INVALID_SESSION"
    assert through(bench, key, ALICE, **asked)["code"] == "INVALID_SESSION"


def test_registrations_count_for_the_end_user(standard: Bench):
    key = gateway_key(standard)
    done(through(standard, key, ALICE, **creation("bobby", GOOD)))
    [entry] = standard.audited_by(
        lambda: done(through(standard, key, ALICE, **creation("carol", GOOD)))
    )
    assert entry["address"] == ALICE


def test_networks_of_an_end_users_key_are_held_against_the_end_user(standard: Bench):
    key = gateway_key(standard)
    token = standard.member("alice")
    own = new_key(standard, token, name="own", scopes=["users.read"], addresses=[ALICE])
    asked = {"action": "get_user", "api_key": own}
    done(through(standard, key, ALICE, **asked))
    assert through(standard, key, MALLORY, **asked)["code"] == "INVALID_TOKEN"
    assert standard.ask(source=GATEWAY, **asked)["code"] == "INVALID_TOKEN"


def test_many_at_once_keep_their_addresses(standard: Bench):
    """Also where handlers are run again after a conflict."""
    key = gateway_key(standard)
    token = standard.member("alice")
    places = [f"203.0.113.{number}" for number in range(1, 21)]
    messages = [
        {
            "action": "update_user",
            "update_data": {"city": place},
            "session_token": token,
            "gateway_key": key,
            "client": {"ip": place},
        }
        for place in places
    ]
    entries = standard.audited_by(lambda: standard.ask_all(messages, GATEWAY))
    assert sorted(e["address"] for e in entries) == sorted(places)
    assert all(e["details"]["gateway"] == key.split("_")[1] for e in entries)


@given(st.one_of(st.text(max_size=60), st.ip_addresses().map(str)))
def test_whatever_is_told_is_an_address_or_refused(text: str):
    try:
        told = address_told({"ip": text})
    except InvalidInput:
        return
    assert told == str(ip_address(told))
    assert address_told({"ip": told}) == told
