"""Accounts taken out of the service: what is in the file, what never is."""

import csv
import hashlib
import io
import json

import pytest

from tests.conftest import MakeBench
from tests.service.harness import Bench, Message, update
from ums_service.domain.users import USERS


def exported(bench: Bench, token: str, **more) -> Message:
    asked = {"action": "export_users", "session_token": token, "reason": "moving out"}
    return bench.ask(**asked, **more)


def pages(bench: Bench, token: str, **more) -> list[Message]:
    found = [exported(bench, token, **more)]
    while "next_cursor" in found[-1]:
        cursor = found[-1]["next_cursor"]
        found.append(exported(bench, token, cursor=cursor, **more))
    return found


@pytest.mark.parametrize("limit", [1, 3, 500])
def test_pages_joined_are_one_file(standard: Bench, limit: int):
    token = standard.admin()
    for i in range(6):
        standard.register(f"user{i}", full_name=f"Ümläut {i}, \u2028 and more")
    found = pages(standard, token, limit=limit)
    assert all(p["count"] <= limit for p in found)
    assert all(
        p["sha256"] == hashlib.sha256(p["data"].encode()).hexdigest() for p in found
    )
    users = [json.loads(x) for x in "".join(p["data"] for p in found).split("\n")[:-1]]
    assert [u["username"] for u in users] == [
        u.username for u in standard.store.scan(USERS)
    ]
    table = "".join(
        p["data"] for p in pages(standard, token, limit=limit, format="csv")
    )
    rows = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [r["full_name"] for r in rows] == [u["full_name"] for u in users]


def test_no_secret_is_in_an_export(standard: Bench):
    token = standard.admin()
    standard.register("alice")
    for kind in ("csv", "json", "jsonl"):
        text = exported(standard, token, format=kind)["data"]
        assert "alice" in text
        assert "argon2" not in text
        assert "hash" not in text
    refused = exported(standard, token, fields_wanted=["password_hash"])
    assert refused["code"] == "INVALID_REQUEST"


def test_cells_that_begin_like_formulas_are_made_harmless_and_read_again(
    make_bench: MakeBench,
):
    first, second = make_bench(), make_bench()
    names = ["=1+1", "+1", "-1", "@x", "'quoted", "\u00e4", "\uff1d1", "'=1", "''+1"]
    for i, name in enumerate(names):
        first.register(f"user{i}", full_name=name, metadata={"a": [i]})
    text = exported(first, first.admin(), format="csv", role="user")["data"]
    cells = [r["full_name"] for r in csv.DictReader(io.StringIO(text, newline=""))]
    assert cells[:6] == ["'=1+1", "'+1", "'-1", "'@x", "'quoted", "\u00e4"]
    assert cells[6:] == ["'\uff1d1", "''=1", "'''+1"]
    reply = second.ask(
        action="import_users", session_token=second.admin(), data=text, format="csv"
    )
    assert reply["created"] == len(names), reply
    for i, name in enumerate(names):
        user = second.user(f"user{i}")
        assert (user.full_name, user.metadata) == (name, {"a": [i]})


def test_fields_and_filters(standard: Bench):
    token = standard.admin()
    for name in ("alice", "bob1", "carol"):
        standard.register(name)
    standard.ask(**update(token, standard.user_id("bob1"), status="inactive"))
    standard.ask(**update(token, standard.user_id("carol"), role="moderator"))

    def names(**more) -> list[str]:
        data = exported(standard, token, format="json", **more)["data"]
        return [user["username"] for user in json.loads(data)]

    assert names() == ["admin", "alice", "carol"]
    assert names(include_inactive=True) == ["admin", "alice", "bob1", "carol"]
    assert names(status="inactive") == ["bob1"]
    assert names(role="moderator") == ["carol"]
    only = exported(standard, token, format="csv", fields_wanted=["email", "username"])
    assert only["data"].splitlines()[:2] == [
        "username,email",
        f"admin,{standard.user('admin').email}",
    ]


def test_it_takes_the_permission_a_proof_and_a_reason_and_is_entered(standard: Bench):
    member, token = standard.member("alice"), standard.admin()
    assert exported(standard, member)["code"] == "PERMISSION_DENIED"
    unreasoned = standard.ask(action="export_users", session_token=token)
    assert unreasoned["code"] == "INVALID_REQUEST"
    [entry] = standard.audited_by(lambda: exported(standard, token))
    assert entry["event"] == "users_exported"
    assert entry["details"]["reason"] == "moving out"
    assert entry["details"]["accounts"] == 2
    standard.clock.advance(standard.profile.recent_login_s + 1)
    assert exported(standard, token)["code"] == "REAUTHENTICATION_REQUIRED"


def test_a_cursor_of_an_account_that_is_gone_is_refused(standard: Bench):
    unknown = "00000000-0000-4000-8000-000000000000"
    reply = exported(standard, standard.admin(), cursor=unknown)
    assert reply["code"] == "INVALID_REQUEST"


def test_those_that_are_named_are_exported_whatever_their_status(standard: Bench):
    token = standard.admin()
    for i in range(4):
        standard.register(f"user{i}")
    ids = [standard.user_id(f"user{i}") for i in range(4)]
    standard.ask(
        action="set_user_status",
        session_token=token,
        user_id=ids[2],
        status="suspended",
        reason="a reason",
    )
    wanted = [ids[2], "0" * 32, ids[0]]
    for limit in (1, 2, 500):
        found = pages(standard, token, user_ids=wanted, limit=limit)
        text = "".join(page["data"] for page in found)
        names = [json.loads(line)["username"] for line in text.splitlines()]
        assert names == ["user2", "user0"], "in the order in which they were named"
    active = exported(standard, token, user_ids=wanted, status="active")
    assert active["count"] == 1
    for wrong in ([], ids * 200, ["no id"]):
        refused = exported(standard, token, user_ids=wrong)
        assert refused["code"] == "INVALID_REQUEST"
    other = exported(standard, token, user_ids=wanted, cursor=ids[1])
    assert other["code"] == "INVALID_REQUEST", "the cursor is none of those named"
