"""The statuses of an account: what may follow on what, and what ends by itself."""

import itertools
from typing import Any

import pytest

from tests.service.harness import Bench, Message, update
from tests.service.mailbox import MAIL, Mailbox, text_of
from ums_service.chores.lifecycle import Lifecycle
from ums_service.domain.errors import WrongState
from ums_service.domain.standings import STANDINGS
from ums_service.domain.statuses import BEFORE, SETTABLE, Status, check_change

DAY_S = 24 * 3600


def set_status(
    bench: Bench, token: str, name: str, status: str, **more: Any
) -> Message:
    message = {"action": "set_user_status", "session_token": token, "status": status}
    return bench.ask(**message, user_id=bench.user_id(name), **more)


def rounds(bench: Bench) -> None:
    """Two rounds of maintenance: the first may find itself at the end of its walk."""
    life = Lifecycle(bench.service.facilities)
    for _ in range(2):
        bench.run(life.round(bench.clock.now))


@pytest.fixture
def bench(make_bench) -> Bench:
    return make_bench(settings=MAIL, refusal_delays_ms=())


# --- what may follow on what ---

ALLOWED = {
    ("active", "inactive"),
    ("active", "suspended"),
    ("inactive", "suspended"),
    ("suspended", "suspended"),
} | {
    (before, after)
    for after in ("active", "archived")
    for before in ("pending", "active", "inactive", "suspended", "expired", "archived")
    if before != after
}


@pytest.mark.parametrize(
    ("before", "after"), list(itertools.product(Status, SETTABLE)), ids=str
)
def test_a_status_follows_only_on_some(before: Status, after: Status):
    if (before, after) in ALLOWED:
        check_change(before, after)
    else:
        with pytest.raises(WrongState):
            check_change(before, after)


def test_every_status_that_can_be_asked_for_has_its_row():
    assert set(BEFORE) == set(SETTABLE)


def test_what_is_wrong_is_told_in_the_words_of_the_catalogue(bench: Bench):
    admin = bench.admin()
    bench.register("alice")
    reply = set_status(bench, admin, "alice", "active")
    assert (reply["code"], reply["message"]) == (
        "WRONG_STATE",
        "User is already active",
    )
    set_status(bench, admin, "alice", "suspended")
    reply = set_status(bench, admin, "alice", "inactive")
    assert reply["message"] == "Can only deactivate active users"
    through_update = bench.ask(
        **update(admin, bench.user_id("alice"), status="inactive")
    )
    assert through_update["message"] == "Can only deactivate active users"
    assert bench.user("alice").status == "suspended"


def test_under_compat_every_status_of_the_original_follows_on_every(compat: Bench):
    admin = compat.admin()
    compat.register("alice")
    alice = compat.user_id("alice")
    for status in ("suspended", "inactive", "suspended", "active", "active"):
        assert compat.ask(**update(admin, alice, status=status))["status"] == "success"
        assert compat.user("alice").status == status
    refused = compat.ask(**update(admin, alice, status="archived"))
    assert "one of active, inactive, suspended" in refused["message"]


# --- suspension ---


def test_a_suspension_ends_sessions_and_keeps_out_until_its_end(bench: Bench):
    admin, alice = bench.admin(), bench.member("alice")
    reply = set_status(
        bench, admin, "alice", "suspended", reason="asked for it", duration_days=3
    )
    assert (reply["status"], reply["sessions_ended"]) == ("success", 1)
    until = reply["suspended_until"]
    assert reply["user"]["status"] == "suspended"
    assert (
        bench.ask(action="get_user", session_token=alice)["code"] == "INVALID_SESSION"
    )
    bench.clock.advance(3 * DAY_S - 1)
    assert bench.try_login("alice")["code"] == "ACCOUNT_INACTIVE"
    bench.clock.advance(1)
    assert bench.clock.now.text[:19] == until[:19]
    entries = bench.audited_by(lambda: bench.login("alice"))
    assert [e["event"] for e in entries] == ["suspension_ended", "login"]
    assert bench.user("alice").status == "active"
    assert bench.store.get(STANDINGS, bench.user_id("alice")) is None


def test_a_suspension_without_an_end_has_none(bench: Bench):
    admin = bench.admin()
    bench.register("alice")
    reply = set_status(bench, admin, "alice", "suspended")
    assert "suspended_until" not in reply
    bench.clock.advance(10_000 * DAY_S)
    rounds(bench)
    assert bench.try_login("alice")["code"] == "ACCOUNT_INACTIVE"


def test_maintenance_ends_a_suspension_and_tells_its_owner(bench: Bench):
    box = Mailbox(bench)
    admin = bench.admin()
    bench.register("alice")
    set_status(bench, admin, "alice", "suspended", reason="spam", duration_days=1)
    box.send()
    told = [m for m in box.received if "suspended" in m["Subject"]]
    assert "spam" in text_of(told[-1])
    bench.restart()
    rounds(bench)
    assert bench.user("alice").status == "suspended"
    bench.clock.advance(DAY_S)
    entries = bench.audited_by(lambda: rounds(bench))
    assert [e["event"] for e in entries] == ["suspension_ended"]
    assert bench.user("alice").status == "active"
    assert [mail.data["status"] for mail in box.waiting()] == ["active"]


def test_another_suspension_has_another_end(bench: Bench):
    admin = bench.admin()
    bench.register("alice")
    set_status(bench, admin, "alice", "suspended", duration_days=1)
    set_status(bench, admin, "alice", "suspended", duration_days=5)
    bench.clock.advance(2 * DAY_S)
    rounds(bench)
    assert bench.try_login("alice")["code"] == "ACCOUNT_INACTIVE"


def test_an_end_of_a_suspension_does_not_outlive_it(bench: Bench):
    """Who is reactivated, then deactivated, does not come back by the old end."""
    admin = bench.admin()
    bench.register("alice")
    set_status(bench, admin, "alice", "suspended", duration_days=1)
    bench.ask(**update(admin, bench.user_id("alice"), status="active"))
    bench.ask(**update(admin, bench.user_id("alice"), status="suspended"))
    bench.clock.advance(2 * DAY_S)
    rounds(bench)
    assert bench.try_login("alice")["code"] == "ACCOUNT_INACTIVE"


def test_only_a_suspension_has_an_end(bench: Bench):
    admin = bench.admin()
    bench.register("alice")
    reply = set_status(bench, admin, "alice", "inactive", duration_days=1)
    assert reply["details"][0]["field"] == "duration_days"
    assert bench.user("alice").status == "active"


def test_a_wrong_password_does_not_end_a_suspension(bench: Bench):
    admin = bench.admin()
    bench.register("alice")
    set_status(bench, admin, "alice", "suspended", duration_days=1)
    bench.clock.advance(DAY_S)
    assert bench.try_login("alice", "wrong")["code"] == "INVALID_CREDENTIALS"
    assert bench.user("alice").status == "suspended"


# --- administrators ---


@pytest.mark.parametrize("status", ["inactive", "suspended", "archived"])
def test_the_last_administrator_stays_active(bench: Bench, status: str):
    reply = set_status(bench, bench.admin(), "admin", status)
    assert reply["message"] == "The last administrator must remain"
    assert bench.user("admin").administers


def test_of_two_administrators_who_suspend_each_other_one_stays(bench: Bench):
    admin, alice = bench.admin(), bench.member("alice")
    bench.ask(**update(admin, bench.user_id("alice"), role="admin"))
    message = {"action": "set_user_status", "status": "suspended"}
    replies = bench.ask_all(
        [
            message | {"session_token": t, "user_id": bench.user_id(name)}
            for t, name in ((admin, "alice"), (alice, "admin"))
        ]
    )
    assert sorted(reply["status"] for reply in replies) == ["error", "success"]


def test_a_suspended_administrator_who_comes_back_counts_again(bench: Bench):
    admin = bench.admin()
    bench.register("alice")
    bench.ask(**update(admin, bench.user_id("alice"), role="admin"))
    set_status(bench, admin, "alice", "suspended", duration_days=1)
    bench.clock.advance(DAY_S)
    alice = bench.login("alice")
    assert set_status(bench, alice, "admin", "suspended")["status"] == "success"


# --- unused accounts ---


@pytest.fixture
def strict(make_bench) -> Bench:
    return make_bench(settings=MAIL, unused_days=90, unused_warning_days=30)


def test_an_unused_account_is_warned_then_deactivated(strict: Bench):
    box = Mailbox(strict)
    strict.member("alice")
    box.send()
    strict.clock.advance(60 * DAY_S - 1)
    rounds(strict)
    assert box.waiting() == []
    strict.clock.advance(1)
    rounds(strict)
    rounds(strict)  # warned once
    assert [m.template for m in box.waiting() if m.to[0] == "a"] == ["unused"]
    strict.clock.advance(30 * DAY_S - 1)
    rounds(strict)
    assert strict.user("alice").status == "active"
    strict.clock.advance(1)
    rounds(strict)
    assert strict.user("alice").status == "inactive"
    assert strict.try_login("alice")["code"] == "ACCOUNT_INACTIVE"


def test_a_login_makes_the_warning_void(strict: Bench):
    strict.register("alice")
    strict.clock.advance(60 * DAY_S)
    rounds(strict)
    strict.login("alice")
    strict.clock.advance(60 * DAY_S - 1)
    rounds(strict)
    assert strict.user("alice").status == "active"
    strict.clock.advance(1 + 29 * DAY_S)
    rounds(strict)  # warned late: the whole time is still given
    strict.clock.advance(29 * DAY_S)
    rounds(strict)
    assert strict.user("alice").status == "active"
    strict.clock.advance(DAY_S)
    rounds(strict)
    assert strict.user("alice").status == "inactive"


def test_an_account_that_nobody_ever_used_counts_from_its_beginning(strict: Bench):
    strict.register("alice")
    for _ in range(2):
        strict.clock.advance(60 * DAY_S)
        rounds(strict)
    assert strict.user("alice").status == "inactive"


def test_the_last_administrator_is_never_deactivated(strict: Bench):
    for _ in range(4):
        strict.clock.advance(100 * DAY_S)
        rounds(strict)
    assert strict.user("admin").administers


def test_unused_accounts_stay_where_the_setting_is_off(bench: Bench):
    bench.register("alice")
    for _ in range(3):
        bench.clock.advance(1_000 * DAY_S)
        rounds(bench)
    assert bench.user("alice").status == "active"


def test_it_is_a_year_under_hipaa(hipaa: Bench):
    assert hipaa.profile.unused_days == 365
