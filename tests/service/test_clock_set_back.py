"""What has ended stays ended when somebody sets the wall clock back."""

from tests.doubles import ManualClock
from tests.service.harness import Bench, Message, login
from tests.service.test_keys import get_user, key_of
from ums_service.deployment.clock import SteadyClock

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


def with_tokens(name: str) -> Message:
    message = login(name)
    message["credentials"]["tokens"] = True
    return message


def test_what_is_made_after_the_clock_was_corrected_is_good(standard: Bench):
    """A clock that was ahead at the start must not shut out everybody."""
    admin = standard.admin()
    standard.register("annie")
    standard.clock.advance(60)
    standard.clock.set_wall_clock(-400 * DAY_S)
    given = standard.ask(**with_tokens("annie"))
    asked = {"action": "get_user", "session_token": given["access_token"]}
    assert standard.ask(**asked)["status"] == "success"
    renew = {"action": "refresh_token", "refresh_token": given["refresh_token"]}
    assert standard.ask(**renew)["status"] == "success"
    handed = standard.ask(
        action="force_password_change",
        session_token=admin,
        user_id=standard.user_id("annie"),
    )
    assert handed["status"] == "success", handed
    link = standard.ask(
        action="issue_link",
        session_token=admin,
        user_id=standard.user_id("annie"),
        purpose="reset",
    )
    reset = {"action": "reset_password", "token": link["token"]}
    reply = standard.ask(**reset, new_password="a-long-winter walk")
    assert reply["status"] == "success", reply


def test_a_link_ends_in_time_after_the_clock_was_corrected(standard: Bench):
    admin = standard.admin()
    standard.register("annie")
    standard.clock.set_wall_clock(-DAY_S)
    link = standard.ask(
        action="issue_link",
        session_token=admin,
        user_id=standard.user_id("annie"),
        purpose="reset",
    )
    standard.clock.advance(DAY_S + 1)
    reset = {"action": "reset_password", "token": link["token"]}
    reply = standard.ask(**reset, new_password="a-long-winter walk")
    assert reply["code"] == "INVALID_LINK", reply
