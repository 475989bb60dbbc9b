"""Imports that are taken back, listed and forgotten."""

from tests.conftest import MakeBench
from tests.service.harness import GOOD, Bench, update
from tests.service.importing import DAY_S, imported, reverted, row
from ums_service.domain.imports import IMPORTED_CHANGES, IMPORTS
from ums_service.domain.users import USERS


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
