"""The rules of accounts under `standard`: privileges, lists, names, passwords, deletion."""

import json

import msgpack
import pytest

from tests.service.harness import ADMIN_PASSWORD, GOOD, Bench, creation, update

# --- privileges ---


@pytest.mark.parametrize("role", ["admin", "moderator"])
def test_a_stranger_cannot_choose_a_role(standard: Bench, role: str):
    assert standard.ask(**creation("mallory", role=role))["code"] == "PERMISSION_DENIED"


def test_a_member_cannot_choose_a_role_for_a_new_account(standard: Bench):
    alice = standard.member("alice")
    request = creation("mallory", role="admin") | {"session_token": alice}
    assert standard.ask(**request)["code"] == "PERMISSION_DENIED"


def test_an_administrator_makes_an_administrator(standard: Bench):
    admin = standard.admin()
    request = creation("alice", role="admin") | {"session_token": admin}
    assert standard.ask(**request)["status"] == "success"
    assert standard.user("alice").administers


@pytest.mark.parametrize(
    "privilege",
    [{"role": "admin"}, {"status": "active"}, {"metadata": {"a": 1}}],
    ids=str,
)
def test_a_member_changes_no_privilege_of_their_own(standard: Bench, privilege: dict):
    alice = standard.member("alice")
    assert standard.ask(**update(alice, **privilege))["code"] == "PERMISSION_DENIED"
    assert standard.user("alice").role == "user"


def test_who_lost_the_role_loses_the_power_of_open_sessions(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    alice_id = standard.user_id("alice")
    standard.ask(**update(admin, alice_id, role="admin"))
    read = {
        "action": "get_user",
        "session_token": alice,
        "user_id": standard.user_id("admin"),
    }
    assert standard.ask(**read)["status"] == "success"
    standard.ask(**update(admin, alice_id, role="user"))
    assert standard.ask(**read)["code"] == "PERMISSION_DENIED"


def test_an_administrator_chooses_no_password_for_others(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    reply = standard.ask(
        **update(admin, standard.user_id("alice"), password="Chosen-For-You-1")
    )
    assert reply["code"] == "PERMISSION_DENIED"
    assert standard.try_login("alice")["status"] == "success"


def test_an_administrator_is_told_of_accounts_that_are_not_there(standard: Bench):
    admin = standard.admin()
    nobody = "00000000-0000-0000-0000-000000000000"
    for action in ("get_user", "update_user", "delete_user"):
        reply = standard.ask(
            action=action, session_token=admin, user_id=nobody, password=ADMIN_PASSWORD
        )
        assert reply["code"] == "NOT_FOUND"


def test_registration_can_be_closed_to_all_but_administrators(make_bench):
    closed = make_bench(registration=False)
    assert closed.ask(**creation("alice"))["code"] == "PERMISSION_DENIED"
    request = creation("alice") | {"session_token": closed.admin()}
    assert closed.ask(**request)["status"] == "success"


# --- lists ---


def test_members_see_names_and_roles_of_active_accounts(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice", phone="123")
    standard.register("carol")
    standard.ask(**update(admin, standard.user_id("carol"), status="inactive"))
    reply = standard.ask(action="list_users", session_token=alice)
    assert [user["username"] for user in reply["users"]] == ["admin", "alice"]
    assert all(
        set(user) == {"username", "full_name", "role"} for user in reply["users"]
    )


def test_pages_of_a_list_join_to_the_whole(standard: Bench):
    admin = standard.admin()
    for number in range(25):
        standard.register(f"user{number:02}")
    whole = standard.ask(action="list_users", session_token=admin)
    assert (whole["count"], whole.get("truncated", False)) == (26, False)
    pages = [
        standard.ask(action="list_users", session_token=admin, page=page, page_size=10)
        for page in (1, 2, 3, 4)
    ]
    assert [page["count"] for page in pages] == [10, 10, 6, 0]
    assert [page.get("truncated", False) for page in pages] == [
        True,
        True,
        False,
        False,
    ]
    assert [user for page in pages for user in page["users"]] == whole["users"]


@pytest.mark.parametrize(
    "fault",
    [
        {"page": 0},
        {"page_size": 101},
        {"page": True},
        {"page": 1.0},
        {"page_size": "1"},
    ],
    ids=str,
)
def test_a_page_is_a_whole_number_within_bounds(standard: Bench, fault: dict):
    reply = standard.ask(action="list_users", session_token=standard.admin(), **fault)
    assert reply["code"] == "INVALID_REQUEST"


# --- names and passwords ---


def test_unknown_fields_are_ignored_with_a_note(standard: Bench):
    request = creation("alice", shoe=42) | {"colour": "red"}
    assert standard.ask(**request)["ignored"] == ["colour", "user_data.shoe"]


def test_a_message_that_cannot_be_read_is_told_where_and_in_which_encoding(
    standard: Bench,
):
    reply = json.loads(standard.ask_bytes(b'{"action":"login"}}'))
    assert reply["message"] == "Invalid JSON format"
    place = "not well-formed JSON in UTF-8 at line 1 column 19"
    assert reply["details"] == [{"field": None, "message": place}]
    reply = msgpack.unpackb(standard.ask_bytes(b"\x81\xa6action"))
    assert reply["message"] == "Invalid MessagePack format"
    twice = b'{"action":"login","credentials":{"username":"a","username":"b"}}'
    reply = json.loads(standard.ask_bytes(twice))
    assert reply["message"] == "username: a key occurs twice"


def test_a_missing_and_an_unknown_field_are_told_in_plain_words(standard: Bench):
    assert standard.ask(action="check_password")["message"] == "password: is required"
    reply = standard.ask(action="check_password", password="x", shoe=42)
    assert reply["message"] == "shoe: is no field that is known here"


def test_new_actions_refuse_unknown_fields(standard: Bench):
    assert (
        standard.ask(action="describe_actions", colour="red")["code"]
        == "INVALID_REQUEST"
    )


@pytest.mark.parametrize(
    ("password", "violations"),
    [
        ("sevn77x", ["Password must be at least 8 characters long"]),
        ("PASSWORD", ["Password is one of the most common ones"]),
        ("Password123", ["Password is one of the most common ones"]),
        ("aaaaaaaaaaaa", ["Password is one of the most common ones"]),
        ("abcdefghijkl", ["Password is one of the most common ones"]),
        ("my-aLiCe-pass", ["Password must not contain the user name or mail address"]),
        ("wonderland42", ["Password must not contain the user name or mail address"]),
        ("TestPass123", []),
        ("Test123!", []),
        ("pässwörter 7", []),
        ("密码密码密码密码", []),
    ],
)
def test_a_password_is_judged_by_length_and_what_is_guessed_first(
    standard: Bench, password: str, violations: list[str]
):
    reply = standard.ask(**creation("alice", password, email="wonderland@example.org"))
    assert [fault["message"] for fault in reply.get("details", [])] == violations


def test_a_password_typed_on_another_system_is_the_same(standard: Bench):
    standard.register("alice", "cafe\u0301-and-more")
    assert standard.try_login("alice", "caf\u00e9-and-more")["status"] == "success"


@pytest.mark.parametrize(("size", "status"), [(1024, "success"), (1025, "error")])
def test_a_password_has_at_most_1024_bytes(standard: Bench, size: int, status: str):
    long = ("correct horse " * 100)[: size - 2] + "é"
    assert standard.ask(**creation("alice", long))["status"] == status
    if status == "success":
        assert standard.try_login("alice", long)["status"] == "success"


@pytest.mark.parametrize(
    ("birth", "ok"),
    [
        ("1852-05-04", True),
        ("", True),
        ("4 May 1852", False),
        ("2026-03-02", False),
        ("2026-02-30", False),
    ],
)
def test_a_date_of_birth_is_a_date_in_the_past(standard: Bench, birth: str, ok: bool):
    assert (
        standard.ask(**creation("alice", date_of_birth=birth))["status"] == "success"
    ) is ok


def test_of_many_registrations_of_one_name_at_once_one_succeeds(standard: Bench):
    requests = [
        creation("alice", email=f"a{number}@example.org") for number in range(20)
    ]
    replies = standard.ask_all(requests)
    assert sum(reply["status"] == "success" for reply in replies) == 1
    assert {reply.get("code", "") for reply in replies} == {"", "CONFLICT"}


def test_a_conflict_names_the_field(standard: Bench):
    standard.register("alice")
    reply = standard.ask(**creation("alice"))
    assert reply["details"] == [
        {"field": "username", "message": "Username already exists"}
    ]


# --- deletion ---


def test_deletion_frees_name_and_address_at_once(standard: Bench):
    alice = standard.member("alice")
    old_id = standard.user_id("alice")
    reply = standard.ask(action="delete_user", session_token=alice, password=GOOD)
    assert reply["deleted_at"] == standard.clock.now.text
    standard.register("alice", "another pass 1")
    assert standard.user_id("alice") != old_id


def test_an_administrator_deletes_with_their_own_password(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    delete = {
        "action": "delete_user",
        "session_token": admin,
        "user_id": standard.user_id("alice"),
    }
    assert standard.ask(**delete, password=GOOD)["message"] == "Incorrect password"
    assert standard.ask(**delete, password=ADMIN_PASSWORD)["status"] == "success"
    assert (
        standard.ask(action="get_user", session_token=alice)["code"]
        == "INVALID_SESSION"
    )


def test_a_member_deletes_nobody_else(standard: Bench):
    alice = standard.member("alice")
    standard.register("bobby")
    delete = {
        "action": "delete_user",
        "session_token": alice,
        "user_id": standard.user_id("bobby"),
    }
    assert standard.ask(**delete, password=GOOD)["code"] == "PERMISSION_DENIED"
    assert standard.user("bobby")


def test_ids_are_opaque_and_stay(standard: Bench):
    reply = standard.register("alice")
    alice = standard.login("alice")
    standard.ask(**update(alice, username="alicia"))
    user = standard.ask(action="get_user", session_token=alice)["user"]
    assert user["user_id"] == reply["user_id"]
    assert len(reply["user_id"]) == 36


# --- limits of strangers ---


@pytest.mark.parametrize(
    ("request_", "burst"), [(creation("x"), 30), ({"action": "logout"}, 200)]
)
def test_an_address_outside_is_limited(standard: Bench, request_: dict, burst: int):
    codes = [
        standard.ask(source="203.0.113.5", **request_).get("code")
        for _ in range(burst + 1)
    ]
    assert codes[-1] == "RATE_LIMITED"
    assert "RATE_LIMITED" not in codes[:-1]
    other = standard.ask(source="203.0.113.6", **request_)
    assert other.get("code") != "RATE_LIMITED"


def test_who_is_limited_is_told_when_to_come_back(standard: Bench):
    def ask():
        return standard.ask(source="203.0.113.5", action="logout")

    for _ in range(200):
        ask()
    reply = ask()
    assert reply["code"] == "RATE_LIMITED"
    standard.clock.advance(reply["retry_after"])
    assert ask()["code"] == "INVALID_SESSION"


def test_programs_of_this_machine_are_not_limited(standard: Bench):
    codes = {standard.ask(action="logout")["code"] for _ in range(500)}
    assert codes == {"INVALID_SESSION"}


@pytest.mark.parametrize("request_id", [7, 0, "x", ""])
@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"action": "nothing"}, "UNKNOWN_ACTION"),
        ({"action": "get_user"}, "INVALID_SESSION"),
        ({"action": "get_user", "surprise": 1}, "INVALID_SESSION"),
        ({"action": "check_password", "surprise": 1}, "INVALID_REQUEST"),
        ({"action": "get_user", "session_token": 1}, "INVALID_REQUEST"),
        ({"action": 1}, "INVALID_REQUEST"),
    ],
)
def test_every_refusal_echoes_the_id_of_its_request(
    standard: Bench, message: dict[str, object], code: str, request_id: int | str
):
    reply = standard.ask(**message, request_id=request_id)
    assert reply["code"] == code
    assert reply["request_id"] == request_id
    assert type(reply["request_id"]) is type(request_id)
