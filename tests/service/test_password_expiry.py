"""Passwords that are too old, or that an administrator wants changed."""

import pytest

from tests.service.harness import GOOD, LOCAL, STRONG, Bench, Message
from ums_service.domain.password_expiry import password_state
from ums_service.domain.profiles import DAY_S, HIPAA, STANDARD

NEW, NEWER = "Another-Choice-7!", "Some-0ther-Choice!"


def status(bench: Bench, token: str, **more: str) -> Message:
    reply = bench.ask(action="get_password_status", session_token=token, **more)
    assert reply["status"] == "success", reply
    return reply


def force(bench: Bench, token: str, name: str, **more: str) -> Message:
    return bench.ask(
        action="force_password_change",
        session_token=token,
        user_id=bench.user_id(name),
        **more,
    )


def choose(bench: Bench, refused: Message, old: str, new: str) -> Message:
    return bench.ask(
        action="change_password",
        current_password=old,
        new_password=new,
        password_change_token=refused["password_change_token"],
    )


def test_a_password_warns_then_expires_then_is_changed(hipaa: Bench):
    hipaa.register("alice", STRONG)
    hipaa.clock.advance(83 * DAY_S - 1)
    quiet = hipaa.try_login("alice", STRONG)
    assert "password_expires_in_days" not in quiet
    assert "account_warnings" not in quiet
    hipaa.clock.advance(1)
    warned = hipaa.try_login("alice", STRONG)
    assert warned["password_expires_in_days"] == 7
    assert warned["account_warnings"] == ["password_expires_soon"]
    hipaa.clock.advance(7 * DAY_S - 1)
    last = hipaa.try_login("alice", STRONG)
    assert last["password_expires_in_days"] == 0
    hipaa.clock.advance(1)
    refused = hipaa.try_login("alice", STRONG)
    assert refused["code"] == "PASSWORD_EXPIRED"
    assert "session_token" not in refused
    assert choose(hipaa, refused, STRONG, STRONG)["code"] == "POLICY_VIOLATION"
    assert choose(hipaa, refused, STRONG, NEW)["status"] == "success"
    assert hipaa.login("alice", NEW)
    assert choose(hipaa, refused, NEW, NEWER)["code"] == "INVALID_SESSION"


def test_an_expired_password_is_told_only_to_who_knows_it(hipaa: Bench):
    hipaa.register("alice", STRONG)
    hipaa.clock.advance(91 * DAY_S)
    wrong = hipaa.try_login("alice", "wrong")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    assert "password_change_token" not in wrong


def test_an_inactive_account_is_told_before_an_expired_password(hipaa: Bench):
    """No token to change it with goes to an account that is out of use."""
    hipaa.register("alice", STRONG)
    admin = hipaa.admin()
    hipaa.ask(
        action="update_user",
        session_token=admin,
        user_id=hipaa.user_id("alice"),
        update_data={"status": "suspended"},
    )
    hipaa.clock.advance(91 * DAY_S)
    assert hipaa.try_login("alice", STRONG)["code"] == "ACCOUNT_INACTIVE"


def test_the_token_for_a_change_opens_nothing_and_ends_soon(hipaa: Bench):
    hipaa.register("alice", STRONG)
    hipaa.clock.advance(91 * DAY_S)
    refused = hipaa.try_login("alice", STRONG)
    token = refused["password_change_token"]
    assert hipaa.ask(action="get_user", session_token=token)["status"] == "error"
    hipaa.clock.advance(10 * 60)
    assert choose(hipaa, refused, STRONG, NEW)["code"] == "INVALID_SESSION"


@pytest.mark.parametrize("profile", ["standard", "compat"])
def test_elsewhere_passwords_do_not_expire(make_bench, profile: str):
    bench = make_bench(profile=profile)
    bench.register("alice")
    bench.clock.advance(3_650 * DAY_S)
    reply = bench.try_login("alice")
    assert reply["status"] == "success"
    assert "account_warnings" not in reply
    state = status(bench, reply["session_token"])
    assert "days_until_expiry" not in state or state["days_until_expiry"] is None
    assert not state["password_expired"]


def test_compat_says_nothing_even_where_passwords_expire(make_bench):
    bench = make_bench(profile="compat", password_expires_s=8 * DAY_S)
    bench.register("alice")
    bench.clock.advance(2 * DAY_S)
    reply = bench.try_login("alice")
    assert set(reply) == {"status", "message", "session_token", "user"}


def test_a_status_tells_when_and_a_change_puts_it_off(hipaa: Bench):
    token = hipaa.member("alice", STRONG)
    first = status(hipaa, token)
    assert first["days_until_expiry"] == 90
    assert first["password_expires_at"].endswith("+00:00")
    assert not first["warning"]
    hipaa.clock.advance(85 * DAY_S)
    token = hipaa.login("alice", STRONG)
    later = status(hipaa, token)
    assert later["password_expires_at"] == first["password_expires_at"]
    assert (later["days_until_expiry"], later["warning"]) == (5, True)
    change = {"action": "change_password", "session_token": token}
    hipaa.ask(**change, current_password=STRONG, new_password=NEW)
    assert status(hipaa, token)["days_until_expiry"] == 90


def test_an_expired_password_leaves_open_sessions_to_their_end(make_bench):
    bench = make_bench(password_expires_s=3_600)
    token = bench.member("alice")
    bench.clock.advance(3_600)
    assert status(bench, token)["password_expired"]


def test_a_status_of_another_is_for_administrators_and_audited(standard: Bench):
    alice, admin = standard.member("alice"), standard.admin()
    other = standard.user_id("alice")
    entries = standard.audited_by(lambda: status(standard, admin, user_id=other))
    assert [entry["event"] for entry in entries] == ["password_status_read"]
    assert entries[0]["subject"] == other
    assert standard.audited_by(lambda: status(standard, alice)) == []
    reply = standard.ask(
        action="get_password_status", session_token=admin, user_id="0" * 36
    )
    assert reply["code"] == "NOT_FOUND"


def test_a_turned_clock_makes_no_password_older_than_it_is(hipaa: Bench):
    hipaa.register("alice", STRONG)
    user = hipaa.user("alice")
    now = hipaa.clock.now
    assert password_state(user, HIPAA, now).left_s == 90 * DAY_S
    assert password_state(user, STANDARD, now).left_s is None
    hipaa.clock.set_wall_clock(-10 * DAY_S)
    earlier = password_state(user, HIPAA, hipaa.clock.now)
    assert not earlier.expired
    assert earlier.days_left == 100


def test_a_flag_ends_sessions_and_asks_at_the_next_login(standard: Bench):
    alice, admin = standard.member("alice"), standard.admin()
    standard.login("alice")
    entries = standard.audited_by(
        lambda: force(standard, admin, "alice", reason="laptop lost")
    )
    assert entries[0]["event"] == "password_change_forced"
    assert entries[0]["details"] == {"mode": "flag"}
    assert "laptop" not in str(entries)
    asked = {"action": "query_audit", "events": ["password_change_forced"]}
    [told] = standard.ask(**asked, session_token=admin)["entries"]
    assert told["changes"] == {"reason": ["", "laptop lost"]}
    assert standard.ask(action="get_user", session_token=alice)["status"] == "error"
    refused = standard.try_login("alice")
    assert refused["code"] == "PASSWORD_CHANGE_REQUIRED"
    assert choose(standard, refused, GOOD, GOOD)["code"] == "POLICY_VIOLATION"
    assert choose(standard, refused, GOOD, NEW)["status"] == "success"
    token = standard.login("alice", NEW)
    assert not status(standard, token)["require_password_change"]


def test_a_forced_change_comes_before_an_expired_password(hipaa: Bench):
    hipaa.register("alice", STRONG)
    assert force(hipaa, hipaa.admin(), "alice")["status"] == "success"
    hipaa.clock.advance(91 * DAY_S)
    assert hipaa.try_login("alice", STRONG)["code"] == "PASSWORD_CHANGE_REQUIRED"


@pytest.mark.parametrize("profile", ["standard", "hipaa", "compat"])
def test_a_temporary_password_takes_the_place_of_the_old(make_bench, profile: str):
    bench = make_bench(profile=profile)
    alice, admin = bench.member("alice", STRONG), bench.admin()
    reply = force(bench, admin, "alice", mode="temporary")
    password = reply["temporary_password"]
    assert reply["sessions_ended"] == 1
    assert bench.ask(action="get_user", session_token=alice)["status"] == "error"
    old = bench.try_login("alice", STRONG)
    assert "session_token" not in old
    assert "password_change_token" not in old
    refused = bench.try_login("alice", password)
    assert choose(bench, refused, password, NEW)["status"] == "success"
    assert bench.login("alice", NEW)


def test_a_temporary_password_is_good_for_a_day(standard: Bench):
    standard.register("alice")
    reply = force(standard, standard.admin(), "alice", mode="temporary")
    password = reply["temporary_password"]
    standard.clock.advance(DAY_S)
    assert standard.try_login("alice", password)["code"] == "PASSWORD_CHANGE_REQUIRED"
    standard.clock.advance(1)
    assert standard.try_login("alice", password)["code"] == "INVALID_CREDENTIALS"


def test_the_password_before_a_temporary_one_does_not_come_back(standard: Bench):
    standard.register("alice")
    reply = force(standard, standard.admin(), "alice", mode="temporary")
    password = reply["temporary_password"]
    refused = standard.try_login("alice", password)
    for used in (GOOD, password):
        assert choose(standard, refused, password, used)["code"] == "POLICY_VIOLATION"


def test_temporary_passwords_are_in_no_log(standard: Bench):
    standard.register("alice")
    reply = force(standard, standard.admin(), "alice", mode="temporary")
    entries = [entry.data for entry in standard.audit()]
    assert reply["temporary_password"] not in str(entries)
    assert reply["temporary_password"] not in str(standard.user("alice"))


def test_a_lost_answer_to_a_temporary_password_comes_again(standard: Bench):
    standard.register("alice")
    message = {
        "action": "force_password_change",
        "session_token": standard.admin(),
        "user_id": standard.user_id("alice"),
        "mode": "temporary",
        "idempotency_key": "a key of enough characters",
    }
    first, again = standard.ask(**message), standard.ask(**message)
    assert first == again
    refused = standard.try_login("alice", first["temporary_password"])
    assert refused["code"] == "PASSWORD_CHANGE_REQUIRED"


def test_who_may_not_force_learns_nothing(standard: Bench):
    alice = standard.member("alice")
    standard.register("bobby")
    known = force(standard, alice, "bobby", mode="temporary")
    unknown = standard.ask(
        action="force_password_change", session_token=alice, user_id="0" * 36
    )
    assert known == unknown
    assert known["code"] == "PERMISSION_DENIED"
    assert standard.login("bobby")


def test_administrators_do_not_force_themselves(standard: Bench):
    admin = standard.admin()
    assert force(standard, admin, "admin")["code"] == "INVALID_REQUEST"
    assert standard.ask(action="get_user", session_token=admin)["status"] == "success"


def test_parallel_temporary_passwords_leave_one_that_works(standard: Bench):
    standard.register("alice")
    message = {
        "action": "force_password_change",
        "session_token": standard.admin(),
        "user_id": standard.user_id("alice"),
        "mode": "temporary",
    }
    replies = standard.ask_all([message] * 4, source=LOCAL)
    passwords = [reply["temporary_password"] for reply in replies]
    assert len(set(passwords)) == 4
    codes = [standard.try_login("alice", password)["code"] for password in passwords]
    assert sorted(codes) == ["INVALID_CREDENTIALS"] * 3 + ["PASSWORD_CHANGE_REQUIRED"]
