"""Imports of many accounts: verdicts, one commit, taken back."""

import asyncio
import errno
import json

import pytest

from tests.conftest import MakeBench
from tests.service.harness import Bench, Message, update
from tests.service.importing import HASH, imported, importer, row, verdicts
from tests.service.mailbox import MAIL
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_client.protocol.imports import ImportedUser, ImportUsers
from ums_client.protocol.limits import REQUEST_BYTES_MAX
from ums_service.domain.imports import IMPORTS
from ums_service.domain.look_alikes import skeleton
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.password_hashes import NO_PASSWORD
from ums_service.domain.users import USERS


def test_accounts_are_made_with_all_that_was_given(standard: Bench):
    token = standard.admin()
    given = row(
        "Alice",
        full_name="Alice A.",
        city="Bern",
        date_of_birth="1990-01-02",
        metadata={"old_id": 7},
        password_hash=HASH,
        email_verified=True,
        role="moderator",
        status="suspended",
    )
    reply = imported(standard, token, [given, row("bob")], label="from the old one")
    assert (reply["created"], reply["refused"]) == (2, 0), reply
    standard.restart()
    alice, bob = standard.user("alice"), standard.user("bob")
    assert alice.email == "alice@example.org"
    assert (alice.full_name, alice.city) == ("Alice A.", "Bern")
    assert (alice.metadata, alice.role) == ({"old_id": 7}, "moderator")
    assert (alice.status, alice.email_verified) == ("suspended", True)
    assert alice.password_hash == HASH
    assert not alice.must_change_password
    assert bob.password_hash == NO_PASSWORD
    assert bob.must_change_password
    assert reply["results"][1] == {
        "row": 2,
        "verdict": "create",
        "username": "bob",
        "user_id": bob.user_id,
    }


def test_a_batch_is_one_commit(standard: Bench):
    token = standard.admin()
    reply = imported(standard, token, [row(f"user{i}") for i in range(60)])
    written = {
        standard.store.get_value(USERS, r["user_id"])[:8] for r in reply["results"]
    }
    assert written == {standard.store.get_value(IMPORTS, reply["import_id"])[:8]}


def test_all_reasons_are_told_at_once_and_the_rest_goes_in(standard: Bench):
    token = standard.admin()
    standard.register("taken")
    rows = [
        {
            "username": "x!",
            "email": "nowhere",
            "password_hash": "secret",
            "role": "king",
        },
        row("good"),
        {"username": "other", "email": "taken@example.org", "status": "gone"},
        {"username": "noemail"},
        row("odd", shoe_size=44, email_verified="yes"),
        row("boss", role="admin"),
        row("good"),
        row("born", date_of_birth="2990-01-01"),
    ]
    reply = imported(standard, token, rows)
    assert verdicts(reply) == ["refuse", "create"] + ["refuse"] * 6
    reasons = [result.get("reasons", []) for result in reply["results"]]
    named = [sorted(r.partition(":")[0] for r in of) for of in reasons]
    assert named == [
        ["email", "password_hash", "role", "username"],
        [],
        ["email", "status"],
        ["email"],
        ["email_verified", "shoe_size"],
        ["role"],
        ["email", "username"],
        ["date_of_birth"],
    ]
    assert reasons[6] == [
        "username: the same as in row 2",
        "email: the same as in row 2",
    ]
    assert standard.store.find(USERS, "username", "boss") is None
    assert "secret" not in json.dumps(reply)


def test_a_dry_run_tells_the_same_and_changes_nothing(standard: Bench):
    token = standard.admin()
    standard.register("there", full_name="Old")
    rows = [row("new"), row("there", full_name="New"), row("bad", role="admin")]
    how = {"on_existing": "update"}
    accounts = standard.store.count(USERS)
    dry = imported(standard, token, rows, dry_run=True, **how)
    assert standard.store.count(USERS) == accounts
    assert standard.user("there").full_name == "Old"
    assert standard.store.count(IMPORTS) == 0
    assert "import_id" not in dry
    assert "user_id" not in dry["results"][0]
    wet = imported(standard, token, rows, **how)
    assert verdicts(dry) == verdicts(wet) == ["create", "update", "refuse"]
    assert dry["results"][1] == wet["results"][1]
    assert dry["results"][1]["diff"] == {"full_name": ["Old", "New"]}


@pytest.mark.parametrize(
    ("on_existing", "verdict", "name"),
    [("skip", "skip", "Old"), ("update", "update", "New"), ("refuse", "refuse", "Old")],
)
def test_what_is_there_already(
    standard: Bench, on_existing: str, verdict: str, name: str
):
    token = standard.admin()
    standard.register("there", full_name="Old")
    rows = [row("there", full_name="New")]
    reply = imported(standard, token, rows, on_existing=on_existing)
    assert verdicts(reply) == [verdict]
    assert standard.user("there").full_name == name
    assert ("import_id" in reply) is (verdict == "update")


def test_an_update_gives_no_power_over_an_account(standard: Bench):
    """Neither its address, nor its password, role or status are an import's to change."""
    token = standard.admin()
    standard.register("there")
    before = standard.user("there")
    taking = {
        "username": "there",
        "email": "mine@example.org",
        "password_hash": HASH,
        "role": "moderator",
        "status": "inactive",
        "email_verified": True,
        "city": "Bern",
    }
    reply = imported(standard, token, [taking], on_existing="update")
    result = reply["results"][0]
    assert result["changed"] == ["city"]
    assert result["kept"] == ["email", "role", "status", "email_verified"]
    assert standard.user("there")._replace(city="", updated_at="") == before._replace(
        updated_at=""
    )


def test_administrators_are_neither_made_nor_changed(standard: Bench):
    token = standard.admin()
    admin = standard.user("admin")
    rows = [
        {"username": "admin", "email": admin.email, "city": "Bern"},
        row("second", role="admin"),
    ]
    reply = imported(standard, token, rows, on_existing="update")
    assert verdicts(reply)[1:] == ["refuse"]
    assert verdicts(reply)[0] == "refuse"
    assert standard.user("admin") == admin


def test_who_may_create_may_not_give_roles_nor_change(standard: Bench):
    token = importer(standard)
    rows = [row("one"), row("two", role="moderator")]
    assert verdicts(imported(standard, token, rows)) == ["create", "refuse"]
    refused = imported(standard, token, rows, on_existing="update")
    assert refused["code"] == "PERMISSION_DENIED"


def test_the_more_powerful_are_not_changed(standard: Bench):
    standard.register("mod")
    admin = standard.admin()
    standard.ask(**update(admin, standard.user_id("mod"), role="moderator"))
    token = importer(standard, "users.update")
    rows = [row("mod", city="Bern"), row("importer", city="Bern")]
    reply = imported(standard, token, rows, on_existing="update")
    assert verdicts(reply) == ["refuse", "update"]
    assert "diff" not in reply["results"][1]  # who may not read accounts sees no values
    assert standard.user("mod").city == ""


def test_it_takes_the_permission_and_a_recent_proof(standard: Bench):
    member, token = standard.member("alice"), standard.admin()
    assert imported(standard, member, [row("x1")])["code"] == "PERMISSION_DENIED"
    standard.clock.advance(standard.profile.recent_login_s + 1)
    late = imported(standard, token, [row("x1")])
    assert late["code"] == "REAUTHENTICATION_REQUIRED"
    assert standard.store.count(USERS) == 2


def test_names_that_look_alike_are_told_and_let_in(standard: Bench):
    token = standard.admin()
    standard.register("moderator")
    rows = [row("rnoderat0r"), row("paypal"), row("paypa1"), row("plain")]
    reply = imported(standard, token, rows)
    assert reply["created"] == 4
    warned = [result.get("warnings", []) for result in reply["results"]]
    assert warned == [
        ["username: looks like moderator"],
        [],
        ["username: looks like paypal"],
        [],
    ]
    again = imported(standard, token, [row("pl-a1n")])
    assert again["results"][0]["warnings"] == ["username: looks like plain"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("admin", "\u0430dmin"),
        ("admin", "adm1n"),
        ("warner", "vvamer"),
        ("a.b-c", "a_bc"),
        ("muller", "mu\u0308ller"),
        ("closed", "dosed"),
    ],
)
def test_skeletons(one: str, other: str):
    assert one != other
    assert skeleton(one) == skeleton(other)
    assert skeleton("anna") != skeleton("hanna")


def test_each_account_has_an_audit_entry_and_the_batch_has_one(standard: Bench):
    token = standard.admin()
    standard.register("there")
    rows = [row("new"), row("there", city="Bern"), row("bad", role="admin")]
    entries = standard.audited_by(
        lambda: imported(standard, token, rows, on_existing="update", label="file.csv")
    )
    events = [(e["event"], e.get("subject")) for e in entries]
    assert events == [
        ("user_imported", standard.user_id("new")),
        ("user_updated", standard.user_id("there")),
        ("users_imported", None),
    ]
    last = entries[-1]["details"]
    assert (last["create"], last["update"], last["refuse"]) == (1, 1, 1)
    assert last["label"] == "file.csv"
    assert {e["details"]["import_id"] for e in entries} == {last["import_id"]}
    shown = standard.ask(
        action="query_audit", session_token=token, events=["user_updated"]
    )
    assert shown["entries"][0]["changes"] == {"city": ["", "Bern"]}
    assert shown["entries"][0]["actor_name"] == "admin"


def test_hashes_are_in_no_reply_entry_or_repr(standard: Bench):
    token = standard.admin()
    given = row("alice", password_hash=HASH)
    replies: list[Message] = []
    entries = standard.audited_by(
        lambda: replies.append(imported(standard, token, [given]))
    )
    request = ImportUsers(users=[given], data=HASH)
    text = f"{entries} {replies} {request!r} {ImportedUser(**given)!r}"
    assert HASH not in text


def test_the_same_import_twice_with_one_key_is_done_once(standard: Bench):
    token, key = standard.admin(), "a key of 16 chars"
    both = [imported(standard, token, [row("one")], idempotency_key=key) for _ in "12"]
    assert both[0] == both[1]
    assert both[0]["created"] == 1
    assert standard.store.count(IMPORTS) == 1


def test_two_imports_of_one_file_at_once_make_each_account_once(standard: Bench):
    token = standard.admin()
    message = {
        "action": "import_users",
        "session_token": token,
        "users": [row(f"user{i}") for i in range(40)],
    }
    replies = standard.ask_all([message] * 4)
    assert sum(reply["created"] for reply in replies) == 40
    assert sum(reply["skipped"] for reply in replies) == 120
    assert standard.store.count(USERS) == 41


def test_a_message_holds_as_many_rows_as_its_limit(standard: Bench):
    token = standard.admin()
    rows = [row(f"u{i:04}", password_hash=HASH) for i in range(500)]
    assert len(json.dumps(rows)) < REQUEST_BYTES_MAX
    assert imported(standard, token, rows)["created"] == 500


def test_other_requests_are_answered_while_a_batch_is_judged(standard: Bench):
    """A read that comes after the import is answered before it."""
    token = standard.admin()
    rows = [row(f"u{i:04}") for i in range(400)]
    order: list[str] = []

    async def both() -> None:
        async def ask(name: str, message: Message) -> None:
            body = json.dumps(message | {"session_token": token}).encode()
            await standard.service.dispatch.answer(body, "127.0.0.1")
            order.append(name)

        await asyncio.gather(
            ask("import", {"action": "import_users", "users": rows}),
            ask("read", {"action": "get_user"}),
        )

    standard.run(both())
    assert order == ["read", "import"]


def test_new_accounts_without_a_password_are_mailed_a_link(make_bench: MakeBench):
    bench = make_bench(settings=MAIL)
    token = bench.admin()
    rows = [row("one"), row("two", password_hash=HASH), row("three", status="inactive")]
    waiting = bench.store.count(OUTBOX)
    reply = imported(bench, token, rows, send_invitations=True)
    assert reply["invited"] == 1
    assert bench.store.count(OUTBOX) == waiting + 1
    mail = list(bench.store.scan(OUTBOX))[-1]
    assert (mail.to, mail.purpose) == ("one@example.org", "reset")


def test_invitations_take_a_mail_server(standard: Bench):
    reply = imported(standard, standard.admin(), [row("one")], send_invitations=True)
    assert reply["code"] == "NOT_CONFIGURED"
    assert standard.store.count(USERS) == 1


def test_a_full_disk_imports_nothing():
    fault = Fault(Call.WRITE, number=1_000_000_000, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        token = bench.admin()
        fault.errno = errno.ENOSPC
        fault.number = fault.counts[Call.WRITE] + 1
        reply = imported(bench, token, [row("one"), row("two")])
        assert reply["code"] == "STORAGE_FULL"
        fault.mended = True
        assert bench.store.count(USERS) == 1
        assert imported(bench, token, [row("one"), row("two")])["created"] == 2


def test_names_are_not_kept_in_memory_for_ever(standard: Bench):
    names = standard.service.facilities.look_alikes
    standard.run(names.gather(standard.clock.now))
    assert names.find(skeleton("admin")) == "admin"
    standard.run(names.drop_if_old(standard.clock.now))
    assert names.find(skeleton("admin")) == "admin"
    standard.clock.advance(24 * 3600)
    standard.run(names.drop_if_old(standard.clock.now))
    assert names.find(skeleton("admin")) is None
