"""The audit log: one entry per change and refusal, in the commit of the change."""

import errno

import pytest

from tests.service.harness import ADMIN_PASSWORD, GOOD, Bench, creation, login, update
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_service.domain.users import USERS

FROM = "198.51.100.7"


def changes(bench: Bench) -> dict[str, tuple[dict, str]]:
    """A request of each kind that changes something, and the event it is."""
    admin, alice = bench.admin(), bench.member("alice")
    bench.register("bobby")
    bobby = bench.user_id("bobby")
    return {
        "create_user": (creation("carol"), "user_created"),
        "login": (login("alice"), "login"),
        "logout": ({"action": "logout", "session_token": alice}, "logout"),
        "update_user": (update(alice, city="Oxford"), "user_updated"),
        "update_user of others": (update(admin, bobby, city="x"), "user_updated"),
        "get_user of others": (
            {"action": "get_user", "session_token": admin, "user_id": bobby},
            "user_read",
        ),
        "list_users as administrator": (
            {"action": "list_users", "session_token": admin},
            "users_listed",
        ),
        "change_password": (
            {
                "action": "change_password",
                "session_token": alice,
                "current_password": GOOD,
                "new_password": "another pass 1",
            },
            "password_changed",
        ),
        "delete_user": (
            {"action": "delete_user", "session_token": alice, "password": GOOD},
            "user_deleted",
        ),
        "delete_user of others": (
            {
                "action": "delete_user",
                "session_token": admin,
                "user_id": bobby,
                "password": ADMIN_PASSWORD,
            },
            "user_deleted",
        ),
    }


CHANGES = [
    "create_user", "login", "logout", "update_user", "update_user of others",
    "get_user of others", "list_users as administrator", "change_password",
    "delete_user", "delete_user of others",
]  # fmt: skip


@pytest.mark.parametrize("kind", CHANGES)
def test_each_change_leaves_one_entry_that_says_who_and_what(
    standard: Bench, kind: str
):
    request, event = changes(standard)[kind]
    actor = {"create_user": None, "login": None}.get(kind, "alice")
    names = {name: standard.user_id(name) for name in ("admin", "alice", "bobby")}
    if "of others" in kind or "administrator" in kind:
        actor = "admin"
    subject = "bobby" if "of others" in kind else "alice"

    [entry] = standard.audited_by(lambda: standard.ask(source=FROM, **request))

    assert (entry["event"], entry["outcome"]) == (event, "done")
    assert entry["at"] == standard.clock.now.text
    assert entry["address"] == FROM
    assert entry.get("actor") == (names[actor] if actor else None)
    if kind == "create_user":
        assert entry["subject"] == standard.user_id("carol")
    elif kind != "list_users as administrator":
        assert entry["subject"] == names[subject]


@pytest.mark.parametrize("kind", [kind for kind in CHANGES if kind != "logout"])
def test_change_and_entry_are_one_commit(kind: str):
    fault = Fault(Call.WRITE, number=1_000_000, errno=errno.ENOSPC, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        request, _ = changes(bench)[kind]
        users, entries = list(bench.store.scan(USERS)), bench.audit()
        fault.number = fault.counts[Call.WRITE] + 1
        assert bench.ask(**request)["code"] == "STORAGE_FULL"
        fault.mended = True
        assert (list(bench.store.scan(USERS)), bench.audit()) == (users, entries)
        sequence = bench.store.head.sequence
        assert bench.ask(**request)["status"] == "success"
        assert bench.store.head.sequence - sequence == 1
        assert len(bench.audit()) - len(entries) == 1


def test_reading_what_is_ones_own_leaves_no_entry(standard: Bench):
    alice = standard.member("alice")

    def read() -> None:
        standard.ask(action="get_user", session_token=alice)
        standard.ask(action="list_users", session_token=alice)
        standard.ask(action="health_check")
        standard.ask(action="describe_actions")

    assert standard.audited_by(read) == []


def test_an_update_tells_the_names_of_the_changed_fields_and_no_values(standard: Bench):
    alice = standard.member("alice")
    change = update(alice, city="canary", username="alicia", phone="", notes="canary")
    [entry] = standard.audited_by(lambda: standard.ask(**change))
    assert sorted(entry["details"]["changed"]) == ["city", "notes", "username"]
    assert "canary" not in str(entry)


REFUSALS = {
    "no message": (None, "request", "INVALID_REQUEST"),
    "unknown action": ({"action": "fly"}, "request", "UNKNOWN_ACTION"),
    "wrong password": (login("alice", "wrong"), "login", "INVALID_CREDENTIALS"),
    "unknown user": (login("nobody"), "login", "INVALID_CREDENTIALS"),
    "no session": ({"action": "get_user"}, "user_read", "INVALID_SESSION"),
    "bad field": (creation("alice", phone=7), "user_created", "INVALID_REQUEST"),
    "taken name": (creation("alice"), "user_created", "CONFLICT"),
    "weak password": (creation("carol", "x"), "user_created", "POLICY_VIOLATION"),
    "privilege": (creation("carol", role="admin"), "user_created", "PERMISSION_DENIED"),
    "directory": ({"action": "list_users"}, "users_listed", "INVALID_SESSION"),
    "description": (
        {"action": "describe_actions", "name": "fly"},
        "describe_actions",
        "NOT_FOUND",
    ),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_each_refusal_leaves_one_entry_with_its_code(standard: Bench, kind: str):
    message, event, code = REFUSALS[kind]
    standard.register("alice")

    def ask() -> None:
        if message is None:
            standard.ask_bytes(b"no message", FROM)
        else:
            assert standard.ask(source=FROM, **message)["code"] == code

    [entry] = standard.audited_by(ask)
    assert (entry["event"], entry["outcome"], entry["code"]) == (event, "refused", code)
    assert entry["address"] == FROM
    if kind == "wrong password":
        assert entry["subject"] == standard.user_id("alice")


def test_a_refusal_within_a_session_names_its_user(standard: Bench):
    alice = standard.member("alice")
    [entry] = standard.audited_by(lambda: standard.ask(**update(alice, role="admin")))
    assert entry["actor"] == standard.user_id("alice")


def test_a_flood_of_refusals_is_counted_instead_of_kept(standard: Bench):
    def flood() -> None:
        for _ in range(1_000):
            standard.ask_bytes(b"x", FROM)

    assert len(standard.audited_by(flood)) == 100
    standard.clock.advance(1)
    assert len(standard.audited_by(flood)) == 10
    [entry] = standard.audited_by(standard.purge)
    assert entry["outcome"] == "suppressed"
    assert entry["details"] == {"count": 1_890}
    assert standard.audited_by(standard.purge) == []


def test_a_flood_from_one_address_leaves_room_for_others(standard: Bench):
    for _ in range(200):
        standard.ask_bytes(b"x", FROM)
    assert (
        len(standard.audited_by(lambda: standard.ask_bytes(b"x", "203.0.113.9"))) == 1
    )


def test_a_flood_from_many_addresses_is_bounded(make_bench):
    bench = make_bench()

    def flood() -> None:
        for number in range(1_500):
            bench.ask_bytes(b"x", f"10.0.{number // 256}.{number % 256}")

    assert len(bench.audited_by(flood)) == 1_000 + 100


def test_the_numbers_of_entries_have_no_gap(standard: Bench):
    for name, (request, _) in changes(standard).items():
        standard.ask(**request)
        standard.ask_bytes(name.encode())
    numbers = [entry.sequence for entry in standard.audit()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_entries_survive_a_restart(standard: Bench):
    standard.register("alice")
    before = standard.audit()
    standard.restart()
    assert standard.audit() == before
