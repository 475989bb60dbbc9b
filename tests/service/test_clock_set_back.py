"""What has ended stays ended when somebody sets the wall clock back."""

from tests.doubles import ManualClock
from tests.service.harness import Bench, Message, login
from tests.service.test_keys import get_user, key_of
from ums_service.clock import SteadyClock

DAY_S, HOUR_S = 86_400, 3_600


def set_back_after(bench: Bench, seconds: float) -> None:
    """Time passes; then the wall clock is set to the day before it all."""
    bench.clock.advance(seconds)
    bench.clock.set_wall_clock(-seconds - DAY_S)


def assign(bench: Bench, token: str, name: str, **more: object) -> Message:
    reply = bench.ask(
        action="assign_role",
        session_token=token,
        user_ids=[bench.user_id(name)],
        roles=["cashier"],
        **more,
    )
    assert reply["status"] == "success", reply
    return reply


def test_time_that_passed_has_passed_whatever_the_wall_clock_says():
    clock = ManualClock()
    steady = SteadyClock(clock)
    begin_s = clock.now.epoch_s
    clock.advance(100)
    assert (steady().epoch_s, steady().reached_s) == (begin_s + 100, begin_s + 100)
    clock.set_wall_clock(-50)
    assert (steady().epoch_s, steady().reached_s) == (begin_s + 50, begin_s + 100)
    clock.advance(10)
    assert steady().reached_s == begin_s + 110
    clock.set_wall_clock(10_000)
    assert steady().reached_s == steady().epoch_s == begin_s + 10_060
    clock.set_wall_clock(-9_000)  # it had only been ahead for a while
    assert steady().reached_s == begin_s + 1_060


def test_a_role_that_ended_is_not_back(standard: Bench):
    admin, ann = standard.admin(), standard.member("annie")
    role = {"action": "save_role", "name": "cashier", "permissions": ["till.open"]}
    saved = standard.ask(**role, session_token=admin)
    assert saved["status"] == "success", saved
    assign(standard, admin, "annie", expires_in_days=1)
    asked = {"action": "check_permission", "permissions": ["till.open"]}
    assert standard.ask(**asked, session_token=ann)["has_permission"]
    set_back_after(standard, DAY_S + 1)
    ann = standard.login("annie")
    assert not standard.ask(**asked, session_token=ann)["has_permission"]
    standard.purge()
    assert "role_expired" in [entry.data["event"] for entry in standard.audit()]


def test_a_suspension_that_ended_is_not_back(standard: Bench):
    admin = standard.admin()
    standard.register("annie")
    reply = standard.ask(
        action="set_user_status",
        session_token=admin,
        user_id=standard.user_id("annie"),
        status="suspended",
        duration_days=1,
    )
    assert reply["status"] == "success", reply
    assert standard.ask(**login("annie"))["status"] == "error"
    set_back_after(standard, DAY_S + 1)
    assert standard.ask(**login("annie"))["status"] == "success"


def test_a_key_that_expired_is_not_back(standard: Bench):
    key = key_of(standard, standard.member("annie"), expires_in_days=1)
    assert get_user(standard, key)["status"] == "success"
    set_back_after(standard, DAY_S + 1)
    assert get_user(standard, key)["code"] == "INVALID_TOKEN"


def test_an_access_token_that_expired_is_not_back(standard: Bench):
    standard.register("annie")
    message = login("annie")
    message["credentials"]["tokens"] = True
    token = standard.ask(**message)["access_token"]
    asked = {"action": "get_user", "session_token": token}
    standard.clock.advance(60)
    assert standard.ask(**asked)["status"] == "success"
    standard.clock.advance(HOUR_S)
    standard.clock.set_wall_clock(-HOUR_S)
    assert standard.ask(**asked)["code"] == "INVALID_SESSION"
