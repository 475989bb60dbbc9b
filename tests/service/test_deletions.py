"""The end of accounts: soft and for good, restored, anonymised, held, purged."""

from typing import Any

import pytest

from tests.service.authenticator import set_up
from tests.service.harness import GOOD, Bench, Message, creation, update
from tests.service.mailbox import MAIL, planted_mail
from ums_service.domain.belongings import OWNED
from ums_service.domain.deleted import DELETED_USERS
from ums_service.domain.factors import FACTORS
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.users import USERS

DAY_S = 24 * 3600
WHY = "asked for by its owner"


def delete(bench: Bench, token: str, password: str = GOOD, **more: Any) -> Message:
    message = {"action": "delete_user", "session_token": token, "password": password}
    return bench.ask(**message, **more)


def ask(bench: Bench, action: str, token: str, **more: Any) -> Message:
    return bench.ask(action=action, session_token=token, **more)


def hold(bench: Bench, token: str, user_id: str, *, on: bool = True) -> Message:
    return ask(bench, "legal_hold", token, user_id=user_id, hold=on, reason=WHY)


def owned_by(bench: Bench, user_id: str) -> dict[str, object]:
    """What an account has in each collection."""
    found = {c.name: bench.store.get(c, user_id) for c in OWNED}
    return {name: document for name, document in found.items() if document}


def is_gone(bench: Bench, user_id: str) -> bool:
    left = [c for c in (USERS, DELETED_USERS) if bench.store.get(c, user_id)]
    return not left and not owned_by(bench, user_id)


# --- restore ---


def test_a_restored_account_is_what_it_was(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice", city="Oxford")
    phone = set_up(standard, alice)
    before, owned = standard.user("alice"), owned_by(standard, before_id(standard))
    told = delete(standard, alice, mfa_code=None)
    assert told["purge_after"] > told["deleted_at"]
    standard.restart()
    admin = standard.admin()
    reply = ask(standard, "restore_user", admin, user_id=before.user_id)
    assert reply["status"] == "success", reply
    after = standard.user("alice")
    assert after == before._replace(updated_at=after.updated_at)
    assert owned_by(standard, before.user_id).keys() >= owned.keys()
    assert standard.store.get(FACTORS, before.user_id) == owned["factors"]
    refused = standard.try_login("alice")
    assert refused["code"] == "MFA_REQUIRED"
    done = standard.ask(
        action="verify_mfa", mfa_token=refused["mfa_token"], code=phone.backup_codes[0]
    )
    assert done["status"] == "success"
    assert standard.store.count(DELETED_USERS) == 0


def before_id(bench: Bench) -> str:
    return bench.user_id("alice")


def test_the_sessions_of_before_stay_ended(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    delete(standard, alice)
    ask(standard, "restore_user", admin, user_id=user_id)
    assert ask(standard, "get_user", alice)["code"] == "INVALID_SESSION"


@pytest.mark.parametrize("field", ["username", "email"])
def test_names_that_were_taken_meanwhile_are_told_and_can_be_others(
    standard: Bench, field: str
):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    delete(standard, alice)
    taken = {"username": "alice", "email": "alice@example.org"}
    message = creation("other", **{field: taken[field]})
    assert standard.ask(**message)["status"] == "success"
    refused = ask(standard, "restore_user", admin, user_id=user_id)
    assert (refused["code"], refused["details"][0]["field"]) == ("CONFLICT", field)
    instead = {"username": "alice2", "email": "Alice2@example.org "}[field]
    reply = ask(standard, "restore_user", admin, user_id=user_id, **{field: instead})
    assert reply["user"][field] == instead.strip().lower()
    assert reply["user"]["email_verified"] is False


@pytest.mark.parametrize("bad", [{"username": "a b"}, {"email": "nobody"}], ids=str)
def test_a_name_that_cannot_be_is_not_taken_instead(standard: Bench, bad: Message):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    delete(standard, alice)
    reply = ask(standard, "restore_user", admin, user_id=user_id, **bad)
    assert reply["code"] == "INVALID_REQUEST"
    assert standard.store.get(DELETED_USERS, user_id)


def test_of_a_restore_and_a_registration_at_once_one_gets_the_name(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    delete(standard, alice)
    restore = {"action": "restore_user", "session_token": admin, "user_id": user_id}
    replies = standard.ask_all([restore, creation("alice")])
    assert sorted(reply["status"] for reply in replies) == ["error", "success"]


def test_nobody_restores_who_may_more_than_they(standard: Bench, lend):
    admin, alice = standard.admin(), standard.member("alice")
    alice_id = standard.user_id("alice")
    standard.ask(**update(admin, alice_id, role="admin"))
    alice = standard.login("alice")
    delete(standard, alice)
    clerk = lend(standard, "users.delete")
    assert ask(standard, "list_deleted", clerk)["users"][0]["username"] == "alice"
    for message in (
        {"action": "restore_user"},
        {"action": "delete_user", "mode": "erase", "password": GOOD},
    ):
        reply = standard.ask(**message, session_token=clerk, user_id=alice_id)
        assert reply["code"] == "PERMISSION_DENIED", message
    assert standard.store.get(DELETED_USERS, alice_id)


@pytest.fixture
def lend():
    """A function that makes somebody with one permission, and logs them in."""
    from ums_service.domain.roles import STORED_ROLES, Role

    def made(bench: Bench, permission: str) -> str:
        token = bench.member("clerk")

        async def grant() -> None:
            async with bench.store.transaction() as tx:
                tx.put(STORED_ROLES, Role("clerks", allows=frozenset({permission})))
                tx.put(USERS, bench.user("clerk")._replace(role="clerks"))

        bench.run(grant())
        return token

    return made


def test_an_administrator_who_is_restored_counts_again(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    alice_id = standard.user_id("alice")
    standard.ask(**update(admin, alice_id, role="admin"))
    delete(standard, standard.login("alice"))
    ask(standard, "restore_user", admin, user_id=alice_id)
    assert standard.ask(**update(admin, role="user"))["status"] == "success"


# --- erase ---


def test_erasing_leaves_nothing_of_an_account_at_once(make_bench):
    bench = make_bench(settings=MAIL)
    alice = bench.member("alice")
    user_id = bench.user_id("alice")
    planted_mail(bench, "alice")
    reply = delete(bench, alice, mode="erase")
    assert "purge_after" not in reply
    assert is_gone(bench, user_id)
    assert [m for m in bench.store.scan(OUTBOX) if m.user_id == user_id] == []
    assert bench.register("alice")["user_id"] != user_id


def test_an_account_that_was_deleted_can_be_erased_before_its_time(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    delete(standard, alice)
    again = delete(standard, admin, "Chosen-By-Myself-1!", user_id=user_id)
    assert again["code"] == "NOT_FOUND"
    reply = delete(
        standard, admin, "Chosen-By-Myself-1!", user_id=user_id, mode="erase"
    )
    assert reply["status"] == "success", reply
    assert is_gone(standard, user_id)


def test_the_last_administrator_cannot_be_erased_or_anonymised(standard: Bench):
    admin = standard.admin()
    admin_id = standard.user_id("admin")
    erased = delete(standard, admin, "Chosen-By-Myself-1!", mode="erase")
    emptied = ask(standard, "anonymise_user", admin, user_id=admin_id, reason=WHY)
    for reply in (erased, emptied):
        assert reply["message"] == "The last administrator must remain"
    assert standard.user("admin").administers


# --- anonymise ---


def test_an_anonymised_account_keeps_its_id_and_times_only(make_bench):
    bench = make_bench(settings=MAIL)
    admin = bench.admin()
    alice = bench.member("alice", full_name="Alice Liddell", city="Oxford")
    before = bench.user("alice")
    planted_mail(bench, "alice")
    user_id = before.user_id
    reply = ask(bench, "anonymise_user", admin, user_id=user_id, reason=WHY)
    assert reply["status"] == "success", reply
    after = bench.store.get(USERS, user_id)
    assert after is not None
    kept = {"user_id", "created_at", "last_login", "updated_at", "password_changed_at"}
    words = " ".join(str(v) for n, v in after._asdict().items() if n not in kept)
    assert "lice" not in words.replace(user_id, "")
    assert "Oxford" not in words
    assert (after.created_at, after.last_login) == (
        before.created_at,
        before.last_login,
    )
    assert owned_by(bench, user_id).keys() <= {"audit_keys"}
    assert [m for m in bench.store.scan(OUTBOX) if m.user_id == user_id] == []
    assert ask(bench, "get_user", alice)["code"] == "INVALID_SESSION"
    assert bench.try_login("alice")["code"] == "INVALID_CREDENTIALS"
    assert bench.try_login(after.username)["code"] == "INVALID_CREDENTIALS"
    assert bench.register("alice")["status"] == "success"
    [entry] = [
        e.data for e in bench.audit() if e.data.get("details", {}).get("receipt")
    ]
    assert entry["details"] == {"receipt": reply["receipt"]}
    assert WHY not in str(entry)
    found = ask(bench, "query_audit", admin, subject=user_id)
    assert "subject_name" not in found["entries"][-1]
    [told] = [e for e in found["entries"] if e["event"] == entry["event"]]
    assert told["changes"] == {"reason": ["", WHY]}


def test_an_anonymised_account_never_comes_back(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    user_id = standard.user_id("alice")
    ask(standard, "anonymise_user", admin, user_id=user_id, reason=WHY)
    back = {"action": "set_user_status", "user_id": user_id, "status": "active"}
    assert standard.ask(**back, session_token=admin)["code"] == "WRONG_STATE"
    reply = standard.ask(**update(admin, user_id, status="active"))
    assert reply["code"] == "WRONG_STATE"
    again = ask(standard, "anonymise_user", admin, user_id=user_id, reason=WHY)
    assert again["code"] == "WRONG_STATE"


# --- legal hold ---


def test_nothing_erases_an_account_that_is_held(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    assert hold(standard, admin, user_id)["held"] is True
    emptied = ask(standard, "anonymise_user", admin, user_id=user_id, reason=WHY)
    assert emptied["code"] == "LEGAL_HOLD"
    mine = ask(standard, "query_audit", alice, limit=1_000)["entries"]
    assert "legal" not in str(mine)
    erased = delete(standard, alice, mode="erase")  # the owner is not told
    assert erased["status"] == "success"
    assert standard.store.get(DELETED_USERS, user_id)
    standard.clock.advance(31 * DAY_S)
    standard.purge()
    admin = standard.admin()
    told = ask(standard, "apply_retention", admin, dry_run=False)
    assert ([h["user_id"] for h in told["held"]], told["purged"]) == ([user_id], [])
    erased = delete(
        standard, admin, "Chosen-By-Myself-1!", user_id=user_id, mode="erase"
    )
    assert erased["code"] == "LEGAL_HOLD"
    standard.restart()
    assert standard.store.get(DELETED_USERS, user_id)
    hold(standard, standard.admin(), user_id, on=False)
    standard.purge()
    assert is_gone(standard, user_id)


def test_a_hold_does_not_keep_others_from_being_purged(standard: Bench):
    admin = standard.admin()
    ids = []
    for name in ("alice", "bobby"):
        token = standard.member(name)
        ids.append(standard.user_id(name))
        delete(standard, token)
    hold(standard, admin, ids[0])
    standard.clock.advance(31 * DAY_S)
    standard.purge()
    assert [is_gone(standard, user_id) for user_id in ids] == [False, True]


def test_where_accounts_are_erased_at_once_a_held_one_is_kept(make_bench):
    bench = make_bench(deleted_kept_s=0)
    admin, alice = bench.admin(), bench.member("alice")
    user_id = bench.user_id("alice")
    hold(bench, admin, user_id)
    assert delete(bench, alice)["status"] == "success"
    bench.purge()
    assert bench.store.get(DELETED_USERS, user_id)
    hold(bench, admin, user_id, on=False)
    bench.purge()
    assert is_gone(bench, user_id)


def test_of_a_hold_and_an_erasure_at_once_one_is_first(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    order = {"action": "legal_hold", "hold": True, "reason": WHY, "user_id": user_id}
    erase = {"action": "delete_user", "mode": "erase", "password": GOOD}
    replies = standard.ask_all(
        [order | {"session_token": admin}, erase | {"session_token": alice}]
    )
    assert replies[1]["status"] == "success"
    kept = standard.store.get(DELETED_USERS, user_id) is not None
    assert kept is (replies[0]["status"] == "success")
    assert kept is not is_gone(standard, user_id)


def test_a_hold_is_set_and_ended_once(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    user_id = standard.user_id("alice")
    assert hold(standard, admin, user_id, on=False)["code"] == "WRONG_STATE"
    assert hold(standard, admin, user_id)["status"] == "success"
    assert hold(standard, admin, user_id)["code"] == "WRONG_STATE"
    assert hold(standard, admin, user_id, on=False)["held"] is False
    nobody = "0" * 32
    assert hold(standard, admin, nobody)["code"] == "NOT_FOUND"


def test_the_reason_of_a_hold_is_told_to_readers_of_the_log(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    delete(standard, alice)
    hold(standard, admin, user_id)
    [entry] = ask(standard, "query_audit", admin, events=["legal_hold_changed"])[
        "entries"
    ]
    assert entry["details"] == {"account": user_id, "hold": True}
    assert entry["changes"] == {"reason": ["", WHY]}
    assert all(WHY not in str(e.data) for e in standard.audit())


# --- retention ---


def test_a_dry_run_tells_what_is_due_and_erases_nothing(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    delete(standard, alice)
    told = ask(standard, "apply_retention", admin)
    assert (told["due"], told["purged"]) == ([], [])
    ahead = ask(standard, "apply_retention", admin, within_days=30)
    assert [one["user_id"] for one in ahead["due"]] == [user_id]
    refused = ask(standard, "apply_retention", admin, within_days=30, dry_run=False)
    assert refused["details"][0]["field"] == "within_days"
    standard.clock.advance(30 * DAY_S)
    admin = standard.admin()
    told = ask(standard, "apply_retention", admin)
    assert (len(told["due"]), told["purged"]) == (1, [])
    assert standard.store.get(DELETED_USERS, user_id)
    told = ask(standard, "apply_retention", admin, dry_run=False)
    assert told["purged"] == [user_id]
    assert is_gone(standard, user_id)
    events = [entry.data["event"] for entry in standard.audit()][-2:]
    assert events == ["user_purged", "retention_applied"]


def test_deleted_accounts_are_listed_a_page_at_a_time(standard: Bench):
    admin = standard.admin()
    for name in ("alice", "bobby", "carol"):
        delete(standard, standard.member(name))
    first = ask(standard, "list_deleted", admin, page_size=2)
    assert [one["username"] for one in first["users"]] == ["alice", "bobby"]
    assert first["truncated"] is True
    last = ask(standard, "list_deleted", admin, page_size=2, page=2)
    assert [one["username"] for one in last["users"]] == ["carol"]
    assert "truncated" not in last
