"""One operation on many accounts: each decided, committed and entered by itself."""

import asyncio
import json

import pytest

from tests.conftest import MakeBench
from tests.service.harness import ADMIN_PASSWORD, LOCAL, Bench, Message, update
from tests.service.mailbox import MAIL
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.users import USERS


def bulk(bench: Bench, token: str, user_ids: list[str], operation: str, **more):
    return bench.ask(
        action="bulk_users",
        session_token=token,
        user_ids=user_ids,
        operation=operation,
        **more,
    )


def people(bench: Bench, number: int) -> list[str]:
    for i in range(number):
        bench.register(f"user{i}")
    return [bench.user_id(f"user{i}") for i in range(number)]


def moderator(bench: Bench, admin: str) -> str:
    bench.register("mod")
    bench.ask(**update(admin, bench.user_id("mod"), role="moderator"))
    return bench.login("mod")


@pytest.mark.parametrize(
    ("operation", "status"),
    [("deactivate", "inactive"), ("suspend", "suspended")],
)
def test_statuses_are_set_and_sessions_end(
    standard: Bench, operation: str, status: str
):
    admin, ids = standard.admin(), people(standard, 3)
    session = standard.login("user0")
    reply = bulk(standard, admin, ids, operation, reason="a reason")
    assert (reply["succeeded"], reply["failed"]) == (3, 0), reply
    assert {standard.store.get(USERS, i).status for i in ids} == {status}
    told = standard.ask(
        action="query_audit", session_token=admin, events=["users_bulk"]
    )["entries"][0]
    assert told["changes"] == {"reason": ["", "a reason"]}
    assert all("a reason" not in str(entry.data) for entry in standard.audit())
    gone = standard.ask(action="get_user", session_token=session)
    assert gone["code"] == "INVALID_SESSION"
    standard.restart()
    assert {standard.store.get(USERS, i).status for i in ids} == {status}
    back = bulk(standard, standard.admin(), ids, "activate")
    assert back["succeeded"] == 3


def test_each_account_is_a_decision_of_its_own(standard: Bench):
    admin, ids = standard.admin(), people(standard, 2)
    mod = moderator(standard, admin)
    boss, own = standard.user_id("admin"), standard.user_id("mod")
    unknown = "00000000-0000-4000-8000-000000000000"
    asked = [ids[0], boss, own, unknown, ids[1]]
    replies: list[Message] = []
    entries = standard.audited_by(
        lambda: replies.append(bulk(standard, mod, asked, "deactivate"))
    )
    results = replies[0]["results"]
    assert [(r["ok"], r.get("code", "")) for r in results] == [
        (True, ""),
        (False, "PERMISSION_DENIED"),
        (False, "INVALID_REQUEST"),
        (False, "NOT_FOUND"),
        (True, ""),
    ]
    assert standard.user("admin").status == standard.user("mod").status == "active"
    told = sorted(
        (e["event"], e.get("subject") or "", e["outcome"])
        for e in entries
        if e["event"] != "users_bulk"
    )
    assert told == sorted(
        [
            ("status_changed", ids[0], "done"),
            ("status_changed", ids[1], "done"),
            ("status_changed", boss, "refused"),
            ("status_changed", unknown, "refused"),
        ]
    )
    assert sum(e["event"] == "users_bulk" for e in entries) == 1
    shown = standard.ask(
        action="query_audit",
        session_token=standard.admin(),
        events=["status_changed"],
        outcome="refused",
    )
    names = {(e["actor_name"], e.get("subject_name")) for e in shown["entries"]}
    assert names == {("mod", "admin"), ("mod", None)}


def test_it_takes_the_permission_of_the_operation_and_a_recent_proof(standard: Bench):
    admin, ids = standard.admin(), people(standard, 1)
    mod, member = moderator(standard, admin), standard.login("user0")
    assert bulk(standard, member, ids, "unlock")["code"] == "PERMISSION_DENIED"
    for operation in ("delete", "force_password_change", "assign_role"):
        refused = bulk(standard, mod, ids, operation, role="moderator", password="x")
        assert refused["code"] == "PERMISSION_DENIED", operation
    standard.clock.advance(standard.profile.recent_login_s + 1)
    late = bulk(standard, admin, ids, "deactivate")
    assert late["code"] == "REAUTHENTICATION_REQUIRED"
    assert standard.user("user0").status == "active"


def test_a_dry_run_tells_the_same_and_changes_nothing(standard: Bench):
    admin, ids = standard.admin(), people(standard, 2)
    mod = moderator(standard, admin)
    asked = [*ids, standard.user_id("admin")]
    before = {i: standard.store.get(USERS, i) for i in asked}
    dry = bulk(standard, mod, asked, "suspend", dry_run=True)
    assert {i: standard.store.get(USERS, i) for i in asked} == before
    wet = bulk(standard, mod, asked, "suspend")
    assert dry["results"] == wet["results"]
    assert (dry["succeeded"], dry["failed"]) == (2, 1)


def test_deleting_takes_the_password_of_the_caller_once(standard: Bench):
    admin, ids = standard.admin(), people(standard, 3)
    assert bulk(standard, admin, ids, "delete")["code"] == "REAUTHENTICATION_REQUIRED"
    wrong = bulk(standard, admin, ids, "delete", password="wrong")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    assert standard.store.count(USERS) == 4
    done = bulk(standard, admin, ids, "delete", password=ADMIN_PASSWORD)
    assert done["succeeded"] == 3
    assert standard.store.count(USERS) == 1


def test_passwords_must_change_and_sessions_end(standard: Bench):
    admin, ids = standard.admin(), people(standard, 2)
    session = standard.login("user0")
    assert bulk(standard, admin, ids, "end_sessions")["succeeded"] == 2
    gone = standard.ask(action="get_user", session_token=session)
    assert gone["code"] == "INVALID_SESSION"
    assert bulk(standard, admin, ids, "force_password_change")["succeeded"] == 2
    assert standard.try_login("user1")["code"] == "PASSWORD_CHANGE_REQUIRED"


def test_roles_are_given_and_taken(standard: Bench):
    admin, ids = standard.admin(), people(standard, 2)
    assert bulk(standard, admin, ids, "assign_role")["code"] == "INVALID_REQUEST"
    given = bulk(standard, admin, ids, "assign_role", role="moderator")
    assert given["succeeded"] == 2, given
    token = standard.login("user0")
    read = {"action": "get_user", "session_token": token, "user_id": ids[1]}
    assert standard.ask(**read)["status"] == "success"
    assert bulk(standard, admin, ids, "remove_role", role="moderator")["succeeded"] == 2
    assert standard.ask(**read)["code"] == "PERMISSION_DENIED"


def test_failures_are_forgotten(standard: Bench):
    admin, ids = standard.admin(), people(standard, 1)
    for _ in range(standard.profile.failures_max):
        standard.try_login("user0", "wrong")
    assert standard.try_login("user0")["status"] == "error"
    assert bulk(standard, admin, ids, "unlock")["succeeded"] == 1
    assert standard.try_login("user0")["status"] == "success"


def test_links_for_new_passwords_are_mailed(make_bench: MakeBench, standard: Bench):
    bench = make_bench(settings=MAIL)
    admin, ids = bench.admin(), people(bench, 2)
    before = bench.store.count(OUTBOX)
    reply = bulk(bench, admin, ids, "reset_password")
    assert reply["succeeded"] == 2
    mails = list(bench.store.scan(OUTBOX))[before:]
    assert [mail.purpose for mail in mails] == ["reset", "reset"]
    ids = people(standard, 1)
    without = bulk(standard, standard.admin(), ids, "reset_password")
    assert without["code"] == "NOT_CONFIGURED"


def test_many_take_the_permission_for_all_accounts(standard: Bench):
    admin = standard.admin()
    mod = moderator(standard, admin)
    many = [f"00000000-0000-4000-8000-{i:012}" for i in range(101)]
    assert bulk(standard, mod, many, "unlock")["code"] == "PERMISSION_DENIED"
    assert bulk(standard, mod, many[:100], "unlock")["failed"] == 100
    assert bulk(standard, admin, many, "unlock")["failed"] == 101
    twice = bulk(standard, admin, [many[0], many[0]], "unlock")
    assert twice["code"] == "INVALID_REQUEST"


def test_the_last_administrator_remains(standard: Bench):
    """Both are asked to deactivate the other at once."""
    admin = standard.admin()
    standard.register("second")
    second_id, first_id = standard.user_id("second"), standard.user_id("admin")
    standard.ask(**update(admin, second_id, role="admin"))
    second = standard.login("second")

    def message(token: str, user_id: str) -> Message:
        return {
            "action": "bulk_users",
            "session_token": token,
            "user_ids": [user_id],
            "operation": "deactivate",
        }

    standard.ask_all([message(admin, second_id), message(second, first_id)])
    assert any(standard.user(name).administers for name in ("admin", "second"))


def job_messages(bench: Bench, token: str, ids: list[str]) -> Message:
    return {
        "action": "bulk_users",
        "session_token": token,
        "user_ids": ids,
        "operation": "deactivate",
        "background": True,
    }


def test_a_job_goes_on_tells_how_far_it_is_and_ends(standard: Bench):
    admin, ids = standard.admin(), people(standard, 25)
    other = moderator(standard, admin)

    async def follow() -> tuple[Message, Message]:
        async def ask(**message) -> Message:
            body = json.dumps(message).encode()
            return dict(json.loads(await standard.service.dispatch.answer(body, LOCAL)))

        begun = await ask(**job_messages(standard, admin, ids))
        asked = {"action": "get_bulk_job", "job_id": begun["job_id"]}
        foreign = await ask(**asked, session_token=other)
        assert foreign["code"] == "NOT_FOUND"
        first = await ask(**asked, session_token=admin)
        told = first
        while told["state"] == "running":
            await asyncio.sleep(0)
            told = await ask(**asked, session_token=admin)
        return first, told

    first, last = standard.run(follow())
    assert first["state"] == "running"
    assert first["total"] == 25
    assert len(first["results"]) < 25
    assert (last["state"], last["succeeded"], last["failed"]) == ("done", 25, 0)
    assert {standard.store.get(USERS, i).status for i in ids} == {"inactive"}


def test_a_job_can_be_cancelled_and_what_is_done_stays(standard: Bench):
    admin, ids = standard.admin(), people(standard, 45)

    async def cancel() -> Message:
        async def ask(**message) -> Message:
            body = json.dumps(message | {"session_token": admin}).encode()
            return dict(json.loads(await standard.service.dispatch.answer(body, LOCAL)))

        begun = await ask(**job_messages(standard, admin, ids))
        one = {"job_id": begun["job_id"]}
        await ask(action="cancel_bulk_job", **one)
        told = await ask(action="get_bulk_job", **one)
        while told["state"] == "running":
            await asyncio.sleep(0)
            told = await ask(action="get_bulk_job", **one)
        return told

    told = standard.run(cancel())
    assert told["state"] == "cancelled"
    done = {r["user_id"] for r in told["results"] if r["ok"]}
    assert 0 < len(done) < 45
    inactive = {i for i in ids if standard.store.get(USERS, i).status == "inactive"}
    assert inactive == done
