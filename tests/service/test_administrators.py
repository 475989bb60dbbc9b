"""Administrators: the first one begins with a password to change, and one always stays."""

import pytest

from tests.service.harness import ADMIN_PASSWORD, FIRST, GOOD, Bench, creation, update

DAY_S = 24 * 3600


def change(token: str, current: str, new: str) -> dict:
    return {
        "action": "change_password",
        "password_change_token": token,
        "current_password": current,
        "new_password": new,
    }


# --- the first administrator ---


def test_the_first_login_gets_a_token_for_a_new_password_instead_of_a_session(
    standard: Bench,
):
    reply = standard.try_login("admin", FIRST)
    assert reply["code"] == "PASSWORD_CHANGE_REQUIRED"
    assert len(reply["password_change_token"]) == 43
    assert "session_token" not in reply


def test_with_the_token_the_administrator_chooses_a_password(standard: Bench):
    token = standard.try_login("admin", FIRST)["password_change_token"]
    reply = standard.ask(**change(token, FIRST, ADMIN_PASSWORD))
    assert (reply["status"], reply["sessions_ended"]) == ("success", 0)
    assert standard.try_login("admin", FIRST)["code"] == "INVALID_CREDENTIALS"
    user = standard.try_login("admin", ADMIN_PASSWORD)["user"]
    assert (user["role"], user["must_change_password"]) == ("admin", False)


def test_the_token_is_good_for_nothing_else(standard: Bench):
    token = standard.try_login("admin", FIRST)["password_change_token"]
    for action in (
        "get_user",
        "update_user",
        "delete_user",
        "list_users",
        "logout",
        "health_check",
    ):
        reply = standard.ask(action=action, session_token=token, password=None)
        assert reply["code"] == "INVALID_SESSION", action
    reply = standard.ask(**creation("alice"), session_token=token)
    assert reply["code"] == "INVALID_SESSION"


def test_the_token_is_good_once(standard: Bench):
    token = standard.try_login("admin", FIRST)["password_change_token"]
    standard.ask(**change(token, FIRST, ADMIN_PASSWORD))
    again = standard.ask(**change(token, ADMIN_PASSWORD, "Another-Choice-2!"))
    assert again["code"] == "INVALID_SESSION"


def test_a_second_token_ends_with_the_first_use_of_one(standard: Bench):
    tokens = [
        standard.try_login("admin", FIRST)["password_change_token"] for _ in range(2)
    ]
    standard.ask(**change(tokens[0], FIRST, ADMIN_PASSWORD))
    again = standard.ask(**change(tokens[1], ADMIN_PASSWORD, "Another-Choice-2!"))
    assert again["code"] == "INVALID_SESSION"


@pytest.mark.parametrize(("seconds", "status"), [(599, "success"), (600, "error")])
def test_the_token_is_good_for_ten_minutes(standard: Bench, seconds: int, status: str):
    token = standard.try_login("admin", FIRST)["password_change_token"]
    standard.clock.advance(seconds)
    assert standard.ask(**change(token, FIRST, ADMIN_PASSWORD))["status"] == status


def test_the_token_alone_is_not_enough(standard: Bench):
    token = standard.try_login("admin", FIRST)["password_change_token"]
    wrong = standard.ask(**change(token, "wrong", ADMIN_PASSWORD))
    assert wrong["message"] == "Current password is incorrect"
    assert standard.ask(**change(token, FIRST, ADMIN_PASSWORD))["status"] == "success"


def test_a_token_that_nobody_issued_is_refused(standard: Bench):
    assert (
        standard.ask(**change("x" * 43, FIRST, ADMIN_PASSWORD))["code"]
        == "INVALID_SESSION"
    )


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(DAY_S, "PASSWORD_CHANGE_REQUIRED"), (DAY_S + 1, "INVALID_CREDENTIALS")],
)
def test_the_first_password_is_good_for_a_day(standard: Bench, seconds: int, code: str):
    standard.clock.advance(seconds)
    assert standard.try_login("admin", FIRST)["code"] == code


def test_the_new_password_must_follow_the_rules(standard: Bench):
    token = standard.try_login("admin", FIRST)["password_change_token"]
    reply = standard.ask(**change(token, FIRST, "admin123"))
    assert reply["code"] == "POLICY_VIOLATION"
    assert len(reply["details"]) == 2  # a common one, and with the name in it


def test_a_restart_makes_no_second_administrator(standard: Bench):
    standard.admin()
    standard.restart()
    assert standard.try_login("admin", FIRST)["code"] == "INVALID_CREDENTIALS"
    assert standard.try_login("admin", ADMIN_PASSWORD)["status"] == "success"


# --- somebody can always administer ---


@pytest.mark.parametrize(
    "loss", [{"role": "user"}, {"status": "inactive"}, {"status": "suspended"}], ids=str
)
def test_the_last_administrator_cannot_step_down(standard: Bench, loss: dict):
    admin = standard.admin()
    reply = standard.ask(**update(admin, **loss))
    assert reply["message"] == "The last administrator must remain"
    assert standard.user("admin").administers


def test_an_inactive_administrator_does_not_count(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    alice = standard.user_id("alice")
    standard.ask(**update(admin, alice, role="admin", status="inactive"))
    assert standard.ask(**update(admin, role="user"))["code"] == "PERMISSION_DENIED"
    standard.ask(**update(admin, alice, status="active"))
    assert standard.ask(**update(admin, role="user"))["status"] == "success"
    assert standard.ask(**update(admin, role="admin"))["code"] == "PERMISSION_DENIED"


@pytest.mark.parametrize("round_", range(5))
def test_of_two_administrators_who_leave_at_once_one_stays(
    standard: Bench, round_: int
):
    admin = standard.admin()
    alice = standard.member("alice")
    standard.ask(**update(admin, standard.user_id("alice"), role="admin"))
    replies = standard.ask_all([update(admin, role="user"), update(alice, role="user")])
    assert sorted(reply["status"] for reply in replies) == ["error", "success"]
    left = [standard.user(name).administers for name in ("admin", "alice")]
    assert sorted(left) == [False, True]


def test_of_two_administrators_who_delete_each_other_one_stays(standard: Bench):
    admin = standard.admin()
    alice = standard.member("alice")
    admin_id, alice_id = standard.user_id("admin"), standard.user_id("alice")
    standard.ask(**update(admin, alice_id, role="admin"))
    delete = {"action": "delete_user"}
    replies = standard.ask_all(
        [
            {
                **delete,
                "session_token": admin,
                "user_id": alice_id,
                "password": ADMIN_PASSWORD,
            },
            {**delete, "session_token": alice, "user_id": admin_id, "password": GOOD},
        ]
    )
    assert sorted(reply["status"] for reply in replies) == ["error", "success"]
