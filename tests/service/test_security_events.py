"""Attacks, and what is shut out now."""

from tests.service.harness import Bench, Message

STRANGER = "192.0.2.7"
WRONG = "not the Password 1"


def events(bench: Bench, admin: str, **more: object) -> Message:
    ask = {"action": "list_security_events", "session_token": admin, **more}
    return bench.ask(**ask)


def names(reply: Message) -> list[str]:
    return [entry["event"] for entry in reply["entries"]]


def attacked(make_bench) -> tuple[Bench, str]:
    """Alice's account was locked, and then the address of the stranger blocked."""
    bench = make_bench(address_failures_max=7)
    admin = bench.admin()
    bench.register("alice")
    for _ in range(bench.profile.failures_max):
        bench.try_login("alice", WRONG, STRANGER)
    for name in ("bobby", "carol"):
        bench.try_login(name, WRONG, STRANGER)
    return bench, admin


def test_lockouts_and_blocks_are_listed_and_failures_are_not(make_bench):
    bench, admin = attacked(make_bench)
    reply = events(bench, admin)
    assert names(reply) == ["address_blocked", "account_locked"]
    assert reply["entries"][1]["subject"] == bench.user_id("alice")
    assert names(events(bench, admin, kind="lockout")) == ["account_locked"]
    assert names(events(bench, admin, kind="address_block")) == ["address_blocked"]
    assert names(events(bench, admin, kind="guessing")) == []


def test_what_is_blocked_is_told_until_its_time_is_over(make_bench):
    bench, admin = attacked(make_bench)
    until = "2026-03-01T13:00:00+00:00"
    blocked = [{"address": STRANGER, "until": until}]
    assert events(bench, admin)["blocked_addresses"] == blocked
    bench.clock.advance(bench.profile.address_block_s - 1)
    assert events(bench, admin)["blocked_addresses"] == blocked
    bench.clock.advance(1)
    assert events(bench, admin)["blocked_addresses"] == []


def test_an_address_that_was_let_in_again_is_not_blocked(make_bench):
    bench, admin = attacked(make_bench)
    bench.ask(action="unlock_user", session_token=admin, address=STRANGER)
    reply = events(bench, admin)
    assert reply["blocked_addresses"] == []
    assert names(reply)[0] == "account_unlocked"


def test_pages_and_times(make_bench):
    bench, admin = attacked(make_bench)
    first = events(bench, admin, limit=1)
    rest = events(bench, admin, limit=1, cursor=first["next_cursor"])
    assert names(first) + names(rest) == ["address_blocked", "account_locked"]
    assert names(events(bench, admin, since="2026-03-02")) == []


def test_it_takes_a_permission_and_leaves_an_entry(make_bench):
    bench, admin = attacked(make_bench)
    alice = bench.login("alice")
    assert events(bench, alice)["code"] == "PERMISSION_DENIED"
    entries = bench.audited_by(lambda: events(bench, admin))
    assert [entry["event"] for entry in entries] == ["audit_read"]
