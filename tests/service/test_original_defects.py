"""Defects 1 to 14 of the original service, each proved absent, under both profiles.

What `compat` keeps on purpose, since programs of the original need it, is said where
it is kept: the public list (3) and the well-known first password (4).
"""

import json
from pathlib import Path

import pytest

from tests.service.harness import GOOD, Bench, creation, login, update
from tests.service.running import RunningService, running_service
from ums_service.domain.argon2id import HashParameters
from ums_service.domain.users import USERS

WRONG = "Invalid username/email or password"


def all_users(bench: Bench) -> list:
    return list(bench.store.scan(USERS))


# --- authorisation ---


def test_defect_01_nobody_registers_as_an_administrator(either: Bench):
    either.ask(**creation("mallory", role="admin"))
    assert [user.username for user in all_users(either) if user.administers] == [
        "admin"
    ]


def test_defect_02_a_new_password_needs_the_current_one(either: Bench):
    alice = either.member("alice")
    reply = either.ask(**update(alice, password="another pass 1"))
    assert reply["status"] == "error"
    assert either.try_login("alice")["status"] == "success"


@pytest.mark.parametrize(
    "change", [{"username": "alicia"}, {"email": "a@new.org"}], ids=str
)
def test_defect_02_names_need_the_password_or_a_fresh_login(
    either: Bench, change: dict
):
    alice = either.member("alice")
    either.clock.advance(15 * 60 + 1)
    assert either.ask(**update(alice, **change))["status"] == "error"
    assert (
        either.ask(**update(alice, **change, current_password="wrong"))["status"]
        == "error"
    )
    assert either.user("alice").email == "alice@example.org"
    assert (
        either.ask(**update(alice, **change, current_password=GOOD))["status"]
        == "success"
    )


def test_defect_03_a_stranger_lists_nobody(standard: Bench):
    assert standard.ask(action="list_users")["code"] == "INVALID_SESSION"
    stale = standard.ask(action="list_users", session_token="x" * 43)
    assert stale["code"] == "INVALID_SESSION"


def test_defect_03_compat_keeps_the_public_list_of_three_fields(compat: Bench):
    [admin] = compat.ask(action="list_users")["users"]
    assert list(admin) == ["username", "full_name", "role"]


def test_defect_04_there_is_no_default_password(standard: Bench):
    assert standard.try_login("admin", "admin123")["message"] == WRONG


def test_defect_04_the_default_administrator_is_made_once_only(compat: Bench):
    admin = compat.admin()
    changed = update(admin, password="another pass 1", current_password="admin123")
    assert compat.ask(**changed)["status"] == "success"
    compat.restart()
    assert compat.try_login("admin", "admin123")["message"] == WRONG


def test_defect_04_the_last_administrator_cannot_leave(either: Bench):
    admin = either.admin()
    password = "admin123" if either.compat else "Chosen-By-Myself-1!"
    gone = either.ask(action="delete_user", session_token=admin, password=password)
    assert gone["code"] == "PERMISSION_DENIED"
    assert either.user("admin").administers


def test_defect_04_a_store_whose_users_all_left_gets_no_default_administrator(
    compat: Bench,
):
    admin = compat.admin()
    compat.member("second")
    assert (
        compat.ask(**update(admin, compat.user_id("second"), role="admin"))["status"]
        == "success"
    )
    assert (
        compat.ask(action="delete_user", session_token=admin, password="admin123")[
            "status"
        ]
        == "success"
    )
    compat.restart()
    assert [user.username for user in all_users(compat)] == ["second"]


def test_defect_05_health_tells_strangers_neither_path_nor_sessions(
    shared_standard: RunningService, shared_compat: RunningService
):
    for service in (shared_standard, shared_compat):
        health = service.ask(action="health_check")
        assert health["storage"] == service.data.name
        assert health["active_sessions"] == 0


def test_defect_06_guessing_is_ended_by_the_lockout(either: Bench):
    either.register("alice")
    for _ in range(5):
        either.try_login("alice", "wrong")
    assert either.try_login("alice")["message"] == WRONG


def test_defect_06_every_change_is_audited(either: Bench):
    admin = either.admin()
    either.member("alice")
    either.ask(**update(admin, either.user_id("alice"), role="moderator"))
    events = [entry.data["event"] for entry in either.audit()]
    assert {"user_created", "login", "user_updated"} <= set(events)


def test_defect_06_administrators_change_role_and_status(either: Bench):
    admin = either.admin()
    either.register("alice")
    alice = either.user_id("alice")
    either.ask(**update(admin, alice, role="moderator", status="suspended"))
    user = either.user("alice")
    assert (user.role, user.status) == ("moderator", "suspended")
    shown = either.ask(action="get_user", session_token=admin, user_id=alice)["user"]
    assert shown["status"] == "suspended"


# --- sessions ---


def test_defect_07_a_rename_leaves_the_other_sessions_valid(either: Bench):
    first, second = either.member("alice"), either.login("alice")
    either.ask(**update(first, username="alicia"))
    for token in (first, second):
        user = either.ask(action="get_user", session_token=token)["user"]
        assert user["username"] == "alicia"


@pytest.mark.parametrize("way", ["rename", "delete"])
def test_defect_07_an_old_token_never_belongs_to_the_next_owner_of_the_name(
    either: Bench, way: str
):
    first, second = either.member("alice"), either.login("alice")
    if way == "rename":
        either.ask(**update(first, username="alicia", email="alicia@example.org"))
    else:
        either.ask(action="delete_user", session_token=first, password=GOOD)
    either.register("alice", "another pass 1", full_name="The Second")
    for token in (first, second):
        reply = either.ask(action="get_user", session_token=token)
        assert reply.get("user", {}).get("full_name") != "The Second"
        assert way == "rename" or reply["message"] == "Invalid or expired session"


def test_defect_08_a_new_password_ends_the_other_sessions(either: Bench):
    mine, other = either.member("alice"), either.login("alice")
    new = {"password": "another pass 1", "current_password": GOOD}
    assert either.ask(**update(mine, **new))["status"] == "success"
    assert either.ask(action="get_user", session_token=mine)["status"] == "success"
    assert either.ask(action="get_user", session_token=other)["status"] == "error"


@pytest.mark.parametrize("status", ["inactive", "suspended"])
def test_defect_08_deactivation_ends_all_sessions(either: Bench, status: str):
    admin, alice = either.admin(), either.member("alice")
    either.ask(**update(admin, either.user_id("alice"), status=status))
    assert either.ask(action="get_user", session_token=alice)["status"] == "error"
    assert either.sessions.count_of(either.user_id("alice")) == 0


def test_defect_08_expired_sessions_are_collected_unasked(either: Bench):
    either.member("alice")
    either.clock.advance(24 * 3600)
    either.sessions.sweep(either.clock.now)
    either.sessions.sweep(either.clock.now)
    assert len(either.sessions) == 0


def test_defect_08_no_token_is_kept_in_memory(either: Bench):
    token = either.member("alice")
    assert token not in repr(vars(either.sessions))


@pytest.mark.parametrize("turn_s", [-48 * 3600, 48 * 3600])
def test_defect_08_the_wall_clock_moves_no_session(either: Bench, turn_s: int):
    alice = either.member("alice")
    either.clock.set_wall_clock(turn_s)
    assert either.ask(action="get_user", session_token=alice)["status"] == "success"


def test_defect_08_times_are_in_utc_and_say_so(either: Bench):
    user = either.ask(action="get_user", session_token=either.member("alice"))["user"]
    assert user["created_at"].endswith("+00:00")


# --- credentials ---


def test_defect_09_a_password_with_blanks_around_it_works(either: Bench):
    padded = f"  {GOOD}  "
    either.register("alice", padded)
    assert either.try_login("alice", padded)["status"] == "success"
    assert either.try_login("alice")["message"] == WRONG


class CountingHashes:
    """Passes on to the real hashes and remembers which stored ones were verified."""

    def __init__(self, real) -> None:
        self._real = real
        self.dummy = real.dummy
        self.verified: list[str] = []

    def verify(self, stored: str, password: str) -> bool:
        self.verified.append(stored)
        return bool(self._real.verify(stored, password))

    def __getattr__(self, name: str):
        return getattr(self._real, name)


def test_defect_10_an_unknown_user_costs_the_same_hash(either: Bench):
    either.register("alice")
    gate = either.service.facilities.gate
    gate.hashes = hashes = CountingHashes(gate.hashes)
    either.try_login("nobody")
    assert hashes.verified == [hashes.dummy]
    either.try_login("alice", "wrong")
    stored = either.user("alice").password_hash
    assert hashes.verified == [hashes.dummy, stored]
    assert stored.split("$")[:4] == hashes.dummy.split("$")[:4]  # the same cost


def test_defect_10_nothing_is_told_to_who_does_not_know_the_password(either: Bench):
    admin = either.admin()
    either.register("alice")
    either.ask(**update(admin, either.user_id("alice"), status="inactive"))
    assert either.try_login("alice", "wrong") == either.try_login("nobody", "wrong")
    assert either.try_login("alice")["message"] == "Account is not active"


def test_defect_11_the_log_holds_neither_passwords_nor_tokens(tmp_path: Path):
    with running_service(tmp_path / "data", env={"UMS_LOG_LEVEL": "debug"}) as service:
        service.ask(**creation("alice", "canary-Passw0rd"))
        token = service.ask(**login("alice", "canary-Passw0rd"))["session_token"]
        service.ask(**login("alice", "canary-wr0ng"))
        service.ask(action="get_user", session_token=token)
        service.ask(action="get_user", session_token=[token])
    for secret in ("canary", token):
        assert secret not in service.output.text


def test_defect_12_hashes_name_their_cost_and_are_made_anew(either: Bench):
    either.register("alice")
    assert either.user("alice").password_hash.startswith("$argon2id$v=19$m=8,t=1,p=1$")
    either.restart(argon2_passes=2)
    either.login("alice")
    assert either.user("alice").password_hash.startswith("$argon2id$v=19$m=8,t=2,p=1$")
    assert either.try_login("alice")["status"] == "success"


def test_defect_12_the_default_cost_is_the_recommended_one():
    assert HashParameters() == HashParameters(passes=5, memory_kib=7_168, lanes=1)


def test_defect_13_a_name_cannot_be_somebodys_address(either: Bench):
    either.register("alice")
    shadow = creation("x", email="mallory@example.org")
    shadow["user_data"]["username"] = "alice@example.org"
    assert either.ask(**shadow)["status"] == "error"
    alice = either.login("alice")
    bob = either.member("bobby")
    assert either.ask(**update(bob, username="alice@example.org"))["status"] == "error"
    assert either.try_login("alice@example.org")["user"]["username"] == "alice"
    assert either.ask(action="get_user", session_token=alice)["status"] == "success"


@pytest.mark.parametrize(
    "username",
    ["a b", "al\u0000ce", "ali\u200bce", "\u0430lice", "a" * 65, "a/b", "\u202ealice"],
)
def test_defect_13_names_have_few_characters_and_a_length(either: Bench, username: str):
    request = creation("x", email="x@example.org")
    request["user_data"]["username"] = username
    assert either.ask(**request)["status"] == "error"
    assert len(all_users(either)) == 1


def test_defect_13_a_lone_surrogate_is_no_text(either: Bench):
    body = json.dumps(creation("x")).replace('"x"', '"\\ud800x"').encode()
    assert json.loads(either.ask_bytes(body))["status"] == "error"
    assert len(all_users(either)) == 1


def test_defect_13_compatible_forms_of_a_letter_are_one_name(either: Bench):
    either.register("alice")
    wide = creation("x", email="x@example.org")
    wide["user_data"]["username"] = "\uff41lice"
    assert either.ask(**wide)["message"] == "Username already exists"


@pytest.mark.parametrize(
    "fault",
    [
        {"email": "m@x"},
        {"email": "no address"},
        {"email": "a@b@c.org"},
        {"full_name": 7},
        {"full_name": "x" * 301},
        {"phone": ["1"]},
        {"metadata": "text"},
        {"metadata": {"a": "x" * 16_384}},
        {"notes": {"a": 1}},
        {"date_of_birth": False},
    ],
    ids=lambda fault: str(fault)[:40],
)
def test_defect_14_types_sizes_and_addresses_are_checked(either: Bench, fault: dict):
    assert either.ask(**creation("alice", **fault))["status"] == "error"
    assert len(all_users(either)) == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_defect_14_numbers_that_json_does_not_have_are_refused(
    either: Bench, number: str
):
    body = json.dumps(creation("alice", metadata={"a": "?"})).replace('"?"', number)
    assert json.loads(either.ask_bytes(body.encode()))["status"] == "error"
    assert len(all_users(either)) == 1
