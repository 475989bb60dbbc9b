"""Under `compat` the eight original actions answer exactly as the original did.

Each case is one row: a request, and its reply to the letter and in the order of its
keys. `$alice` stands for the token of a live session of alice.
"""

import itertools
import json

import pytest

from tests.service.compat_cases import (
    ALICE,
    CREDENTIALS,
    NEW,
    NOW,
    SESSION,
    TABLES,
    Case,
    error,
)
from tests.service.harness import Bench, Message, update
from ums_service.domain.profiles import PROFILES

CASES = [
    pytest.param(case, id=f"{action} {case.name}")
    for action, table in TABLES.items()
    for case in table
]


def populate(bench: Bench) -> dict[str, str]:
    """admin, alice, bob and carol, who is not active; tokens of the first two."""
    for name in ("alice", "bob", "carol"):
        bench.register(name, f"secret-{name[0]}")
    admin, alice = bench.login("admin", "admin123"), bench.login("alice", "secret-a")
    carol = bench.user_id("carol")
    assert bench.ask(**update(admin, carol, status="inactive"))["status"] == "success"
    return {"$admin": admin, "$alice": alice}


def with_tokens(request: Message, tokens: dict[str, str]) -> Message:
    token = request.get("session_token")
    return request | {"session_token": tokens[token]} if token in tokens else request


@pytest.mark.parametrize("case", CASES)
def test_the_original_contract_holds_to_the_letter(compat: Bench, case: Case):
    request = with_tokens(case.request, populate(compat))
    reply = json.loads(compat.ask_bytes(json.dumps(request).encode()))
    expected = dict(case.reply)
    if expected.get("session_token") == "$new":
        assert len(reply["session_token"]) == 43
        expected["session_token"] = reply["session_token"]
    assert json.dumps(reply) == json.dumps(expected)  # the order of keys counts, too


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", b"{", b'{"action": "login"', b"{'a': 1}", b'{"a":1}x'],
    ids=repr,
)
def test_what_is_no_json_is_told_so(compat: Bench, body: bytes):
    assert json.loads(compat.ask_bytes(body)) == error("Invalid JSON format")


def test_every_error_has_exactly_the_keys_of_the_original(compat: Bench):
    tokens = populate(compat)
    for case in itertools.chain(*TABLES.values()):
        if case.reply["status"] == "error":
            reply = compat.ask(**with_tokens(case.request, tokens))
            assert list(reply) == ["status", "message"], case.name


# --- what a change leaves behind ---


def test_ignored_privileges_leave_a_note_in_the_audit_log_only(compat: Bench):
    request = {"action": "create_user", "user_data": NEW | {"role": "admin"}}
    [entry] = compat.audited_by(lambda: compat.ask(**request))
    assert compat.user("dora").role == "user"
    assert entry["details"] == {"ignored_role": "admin"}


def test_a_rename_keeps_the_session_and_frees_the_name(compat: Bench):
    alice = populate(compat)["$alice"]
    compat.ask(**update(alice, username="alicia"))
    assert (
        compat.ask(action="get_user", session_token=alice)["user"]["username"]
        == "alicia"
    )
    compat.register("alice", "secret-2", email="second@example.org")
    assert (
        compat.ask(action="get_user", session_token=alice)["user"]["username"]
        == "alicia"
    )


def test_updated_at_moves_even_when_nothing_changes(compat: Bench):
    alice = populate(compat)["$alice"]
    compat.clock.advance(1)
    user = compat.ask(**update(alice))["user"]
    assert (user["updated_at"], user["created_at"]) == (
        NOW.replace("00.0", "01.0"),
        NOW,
    )


def test_a_new_password_replaces_the_old_one(compat: Bench):
    alice = populate(compat)["$alice"]
    compat.ask(**update(alice, password="secret-x", current_password="secret-a"))
    assert compat.try_login("alice", "secret-a")["message"] == CREDENTIALS
    assert compat.try_login("alice", "secret-x")["status"] == "success"


def test_a_deleted_account_is_gone_and_its_name_free(compat: Bench):
    alice = populate(compat)["$alice"]
    compat.ask(action="delete_user", session_token=alice, password="secret-a")
    assert compat.ask(action="get_user", session_token=alice) == error(SESSION)
    assert compat.try_login("alice", "secret-a") == error(CREDENTIALS)
    assert compat.register("alice", "secret-2")["status"] == "success"


def test_a_list_keeps_the_order_of_creation(compat: Bench):
    for name in ("zoe", "adam", "mary"):
        compat.register(name)
    users = compat.ask(action="list_users")["users"]
    assert [user["username"] for user in users] == ["admin", "zoe", "adam", "mary"]


# --- sessions ---


def test_a_session_lasts_24_hours_from_the_login_and_does_not_slide(compat: Bench):
    alice = populate(compat)["$alice"]
    get_user = {"action": "get_user", "session_token": alice}
    for _ in range(24):
        assert compat.ask(**get_user)["status"] == "success"
        compat.clock.advance(3_599)
    assert compat.ask(**get_user)["status"] == "success"
    compat.clock.advance(24)
    assert compat.ask(**get_user) == error(SESSION)


def test_an_account_may_have_many_sessions(compat: Bench):
    populate(compat)
    tokens = [compat.login("alice", "secret-a") for _ in range(30)]
    for token in tokens:
        assert compat.ask(action="get_user", session_token=token)["status"] == "success"


def test_logout_ends_one_session_only(compat: Bench):
    first = populate(compat)["$alice"]
    second = compat.login("alice", "secret-a")
    compat.ask(action="logout", session_token=first)
    assert compat.ask(action="logout", session_token=first) == error("Invalid session")
    assert compat.ask(action="get_user", session_token=second)["status"] == "success"


def test_sessions_do_not_outlive_the_process(compat: Bench):
    alice = populate(compat)["$alice"]
    compat.restart()
    assert compat.ask(action="get_user", session_token=alice) == error(SESSION)
    assert compat.try_login("alice", "secret-a")["status"] == "success"


def test_admin_has_the_well_known_password_and_is_not_forced_to_change_it(
    compat: Bench,
):
    reply = compat.try_login("admin", "admin123")
    assert reply["user"]["role"] == "admin"
    compat.clock.advance(30 * 24 * 3600)
    assert compat.try_login("admin", "admin123")["status"] == "success"


def test_an_account_of_another_profile_shows_the_original_keys(standard: Bench):
    standard.register("alice")
    standard.profile = PROFILES["compat"]
    standard.restart()
    alice = standard.login("alice")
    user = standard.ask(action="get_user", session_token=alice)["user"]
    assert list(user) == list(ALICE)
