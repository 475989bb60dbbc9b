"""Imports of many accounts: verdicts, one commit, taken back."""

import asyncio
import errno
import json

import pytest

from tests.conftest import MakeBench
from tests.service.harness import GOOD, STRONG, Bench, Message, update
from tests.service.mailbox import MAIL
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_client.protocol.imports import ImportedUser, ImportUsers
from ums_client.protocol.limits import REQUEST_BYTES_MAX
from ums_service.domain.entitlements import (
    ENTITLEMENTS,
    AssignedRole,
    Entitlements,
)
from ums_service.domain.imports import IMPORTED_CHANGES, IMPORTS
from ums_service.domain.look_alikes import skeleton
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.password_hashes import NO_PASSWORD
from ums_service.domain.roles import STORED_ROLES, Role
from ums_service.domain.users import USERS

DAY_S = 86_400
HASH = "{SSHA}TYCCT7Vh/uqvcLX/1Z6jr0RcDrQXAiCE"
Rows = list[Message]


def imported(bench: Bench, token: str, rows: Rows | None, **more) -> Message:
    return bench.ask(action="import_users", session_token=token, users=rows, **more)


def reverted(bench: Bench, token: str, reply: Message, **more) -> Message:
    return bench.ask(
        action="revert_import",
        session_token=token,
        import_id=reply["import_id"],
        **more,
    )


def row(name: str, **more) -> Message:
    return {"username": name, "email": f"{name}@example.org", **more}


def verdicts(reply: Message) -> list[str]:
    return [result["verdict"] for result in reply["results"]]


def importer(bench: Bench, *permissions: str) -> str:
    """The token of somebody whose role allows just this."""
    token = bench.member("importer", STRONG)
    role = Role("importers", allows=frozenset({"users.create", *permissions}))
    assigned = AssignedRole("importers", None, None, "", "", "")

    async def give() -> None:
        async with bench.store.transaction() as tx:
            tx.put(STORED_ROLES, role)
            own = Entitlements(bench.user_id("importer"), roles=(assigned,))
            tx.put(ENTITLEMENTS, own)

    bench.run(give())
    return token


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


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (
            "csv",
            (
                "Username,email,full_name,email_verified,metadata,user_id\r\n"
                'al1ce,al1ce@example.org,"A, ""B""",yes,"{""a"": [1]}",77\r\n'
                "bob,bob@example.org,'=SUM(1),,,\r\n"
            ),
        ),
        (
            "jsonl",
            (
                '{"username": "al1ce", "email": "al1ce@example.org", "user_id": "77", '
                '"full_name": "A, \\"B\\"", "email_verified": true, "metadata": {"a": [1]}}\n\n'
                '{"username": "bob", "email": "bob@example.org", "full_name": "=SUM(1)"}\n'
            ),
        ),
        (
            "json",
            (
                '[{"username": "al1ce", "email": "al1ce@example.org", '
                '"full_name": "A, \\"B\\"", "email_verified": true, "metadata": {"a": [1]}},'
                '{"username": "bob", "email": "bob@example.org", "full_name": "=SUM(1)"}]'
            ),
        ),
    ],
)
def test_text_is_read_in_three_formats(standard: Bench, kind: str, text: str):
    token = standard.admin()
    reply = imported(standard, token, None, data=text, format=kind)
    assert verdicts(reply) == ["create", "create"], reply
    first, second = standard.user("al1ce"), standard.user("bob")
    assert first.full_name == 'A, "B"'
    assert (first.email_verified, first.metadata) == (True, {"a": [1]})
    assert second.full_name == "=SUM(1)"


@pytest.mark.parametrize(
    ("kind", "text", "place"),
    [
        ("csv", "username,email\na,b,c\n", "line 2"),
        ("csv", "username,username\na,b\n", "line 1"),
        ("csv", 'username,email\n"a,b\n', "line"),
        ("jsonl", '{"username": "a"}\n{"username"\n', "line 2"),
        ("jsonl", "[1]\n", "line 1"),
        ("json", '{"username": "a"}', "list"),
        ("json", "[[]]", "row 1"),
        ("json", "[" * 50_000, "deep"),
        ("jsonl", "", "no rows"),
        ("csv", "username,email\n", "no rows"),
        ("jsonl", "{}\n" * 1_001, "at most"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    standard: Bench, kind: str, text: str, place: str
):
    token = standard.admin()
    reply = imported(standard, token, None, data=text, format=kind)
    assert reply["code"] == "INVALID_REQUEST"
    assert place in reply["message"], reply
    assert standard.store.count(USERS) == 1


@pytest.mark.parametrize(
    "value",
    ["NaN", "-Infinity", "1e999", "9" * 30, '"\\ud800"', '{"b": 1, "b": 2}', "[" * 14],
)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_text_is_read_as_strictly_as_messages(standard: Bench, kind: str, value: str):
    value += "]" * value.count("[")
    metadata = f'{{"a": {value}}}'
    text = f'{{"username": "alice", "email": "a@example.org", "metadata": {metadata}}}'
    if kind == "json":
        text = f"[{text}]"
    elif kind == "csv":
        cell = metadata.replace('"', '""')
        text = f'username,email,metadata\nalice,a@example.org,"{cell}"\n'
    token = standard.admin()
    reply = imported(standard, token, None, data=text, format=kind)
    assert reply["status"] == "error" or verdicts(reply) == ["refuse"], reply
    assert "codec" not in json.dumps(reply)
    assert standard.store.count(USERS) == 1


def test_no_name_of_an_imported_text_costs_the_reply(standard: Bench):
    text = '{"username": "\\ud800", "email": "a@example.org"}'
    token = standard.admin()
    reply = imported(standard, token, None, data=text, format="jsonl")
    assert reply["code"] == "INVALID_REQUEST"


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_only_line_ends_end_a_line(standard: Bench, kind: str):
    odd = "a\u2028b\u2029c"
    text = json.dumps(row("alice", full_name=odd), ensure_ascii=False)
    if kind == "json":
        text = f"[{text}]"
    elif kind == "csv":
        text = f"username,email,full_name\ralice,alice@example.org,{odd}\r"
    token = standard.admin()
    reply = imported(standard, token, None, data=f"\ufeff{text}", format=kind)
    assert verdicts(reply) == ["create"], reply
    assert standard.user("alice").full_name == odd


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


def test_a_revert_erases_what_was_made_and_restores_what_was_changed(standard: Bench):
    token = standard.admin()
    standard.register("there", full_name="Old", city="Bern")
    rows = [row("one"), row("two"), row("there", full_name="New", city="Basel")]
    reply = imported(standard, token, rows, on_existing="update")
    standard.restart()
    token = standard.admin()
    dry = reverted(standard, token, reply, dry_run=True)
    assert standard.user("there").city == "Basel"
    back = reverted(standard, token, reply)
    assert (dry["erased"], dry["reverted"], dry["left"]) == (2, 1, [])
    assert (back["erased"], back["reverted"], back["left"]) == (2, 1, [])
    assert standard.store.find(USERS, "username", "one") is None
    there = standard.user("there")
    assert (there.full_name, there.city) == ("Old", "Bern")
    assert standard.store.count(IMPORTED_CHANGES) == 0
    assert reverted(standard, token, reply)["code"] == "NOT_FOUND"
    listed = standard.ask(action="list_imports", session_token=token)["imports"]
    assert listed[0]["reverted_at"]


def test_a_revert_leaves_what_was_used_or_changed_since(standard: Bench):
    token = standard.admin()
    standard.register("there", full_name="Old", city="Bern")
    stored = "{SSHA}TYCCT7Vh/uqvcLX/1Z6jr0RcDrQXAiCE"
    rows = [
        row("used", password_hash=stored),
        row("changed"),
        row("untouched"),
        row("there", full_name="New", city="Basel"),
    ]
    reply = imported(standard, token, rows, on_existing="update")
    standard.login("used", "correct horse 7 \u2013 \u00fc")
    standard.ask(**update(token, standard.user_id("changed"), notes="hers"))
    standard.ask(**update(token, standard.user_id("there"), city="Genf"))
    kept = {name: standard.user_id(name) for name in ("used", "changed", "there")}
    back = reverted(standard, token, reply)
    assert (back["erased"], back["reverted"]) == (1, 1)
    assert [(e["user_id"], e.get("fields", [])) for e in back["left"]] == [
        (kept["used"], []),
        (kept["changed"], []),
        (kept["there"], ["city"]),
    ]
    there = standard.user("there")
    assert (there.full_name, there.city) == ("Old", "Genf")
    assert standard.user("changed").notes == "hers"


def test_a_revert_and_a_change_at_once_lose_nothing(standard: Bench):
    token = standard.admin()
    reply = imported(standard, token, [row(f"user{i}") for i in range(30)])
    ids = [r["user_id"] for r in reply["results"]]
    messages = [update(token, i, notes="hers") for i in ids[:10]]
    back = {
        "action": "revert_import",
        "session_token": token,
        "import_id": reply["import_id"],
    }
    *changed, told = standard.ask_all([*messages, back])
    done = {i for i, c in zip(ids, changed, strict=False) if c["status"] == "success"}
    left = {entry["user_id"] for entry in told["left"]}
    assert done == left
    assert {i for i in ids if standard.store.get(USERS, i)} == left


def test_batches_are_listed_and_forgotten_in_time(make_bench: MakeBench):
    bench = make_bench(imports_kept_s=DAY_S)
    token = bench.admin()
    bench.register("there")
    first = imported(
        bench, token, [row("there", city="Bern")], on_existing="update", label="a"
    )
    bench.clock.advance(60)
    second = imported(bench, token, [row("one"), row("two")], label="b")
    listed = bench.ask(action="list_imports", session_token=token)
    assert [(i["import_id"], i["label"]) for i in listed["imports"]] == [
        (second["import_id"], "b"),
        (first["import_id"], "a"),
    ]
    assert listed["imports"][0]["created"] == 2
    assert listed["total"] == 2
    bench.clock.advance(DAY_S - 30)
    bench.purge()
    assert bench.store.count(IMPORTS) == 1
    assert bench.store.count(IMPORTED_CHANGES) == 0
    token = bench.admin()
    assert reverted(bench, token, first)["code"] == "NOT_FOUND"


def test_what_an_import_replaced_is_erased_with_the_account(make_bench: MakeBench):
    bench = make_bench(deleted_kept_s=0)
    token = bench.admin()
    bench.register("there", full_name="Canary")
    imported(bench, token, [row("there", full_name="New")], on_existing="update")
    assert bench.store.count(IMPORTED_CHANGES) == 1
    session = bench.login("there")
    bench.ask(action="delete_user", session_token=session, password=GOOD)
    assert bench.store.count(IMPORTED_CHANGES) == 0


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
