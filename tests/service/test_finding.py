"""Listing, searching and counting accounts, as clients see it."""

import asyncio
import json

import pytest

from tests.service.harness import ADMIN_PASSWORD, LOCAL, STRONG, Bench, Message, update
from tests.service.test_factors import set_up
from ums_service.directory.selection import Selection
from ums_service.directory.walk import Found, Page
from ums_service.domain.authorisation import Caller
from ums_service.domain.entitlements import (
    ENTITLEMENTS,
    AssignedRole,
    Entitlements,
    Membership,
)
from ums_service.domain.labs import LABS, Lab
from ums_service.domain.memberships import with_membership

LAB, OTHER_LAB = "1ab", "0ab"


def put_roles(bench: Bench, name: str, *roles: AssignedRole) -> None:
    async def run() -> None:
        async with bench.store.transaction() as tx:
            tx.put(ENTITLEMENTS, Entitlements(bench.user_id(name), roles))

    bench.run(run())


def put_lab(bench: Bench, **members: str) -> None:
    """The one lab, with members in their roles."""

    async def run() -> None:
        async with bench.store.transaction() as tx:
            tx.put(LABS, Lab(LAB, "LAB", "A lab", "a lab"))
            for name, role in members.items():
                membership = Membership(role, active=True, joined_at="")
                own = Entitlements(bench.user_id(name))
                tx.put(ENTITLEMENTS, with_membership(own, LAB, membership))

    bench.run(run())


def names(reply: Message) -> list[str]:
    assert reply["status"] == "success", reply
    return [user["username"] for user in reply["users"]]


def search(bench: Bench, token: str, **more: object) -> list[str]:
    order = {"sort_by": "username", "sort_order": "asc"} | more
    return names(bench.ask(action="search_users", session_token=token, **order))


# --- search_users ---


def test_a_query_finds_names_and_addresses_without_case_and_accents(standard: Bench):
    admin = standard.admin()
    standard.register("alice", full_name="Jürgen Møller")
    standard.register("bobby", full_name="Anna Muller-Ørsted")
    assert search(standard, admin, query="MOLLER") == ["alice"]
    assert search(standard, admin, query="muller orsted") == ["bobby"]
    assert search(standard, admin, query="möller jur") == ["alice"]
    assert search(standard, admin, query="bobby@EXAMPLE") == ["bobby"]
    assert search(standard, admin, query="lice") == ["alice"]
    assert search(standard, admin, query="lice", match="prefix") == []
    assert search(standard, admin, query="mull", match="prefix") == ["bobby"]
    assert search(standard, admin, query="\u0301") == ["admin", "alice", "bobby"]


def test_what_is_committed_is_found_at_once(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    assert search(standard, admin, query="ali") == ["alice"]
    standard.ask(**update(alice, full_name="Zoë"))
    assert search(standard, admin, query="zoe") == ["alice"]
    standard.ask(**update(admin, standard.user_id("alice"), status="suspended"))
    assert search(standard, admin, status="suspended") == ["alice"]
    standard.restart()
    admin = standard.admin()
    assert search(standard, admin, query="zoe", is_active=False) == ["alice"]
    standard.ask(**update(admin, standard.user_id("alice"), status="active"))
    token = standard.login("alice")
    standard.ask(action="delete_user", session_token=token, password="correct horse 7")
    assert search(standard, admin, query="ali") == []


def test_who_is_locked_out_is_found_until_that_is_over(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    standard.register("bobby")
    for _ in range(5):
        standard.try_login("alice", "wrong")
    assert search(standard, admin, locked=True) == ["alice"]
    assert search(standard, admin, locked=False) == ["admin", "bobby"]
    standard.restart()
    admin = standard.admin()
    assert search(standard, admin, locked=True) == ["alice"]
    standard.clock.advance(30 * 60)
    assert search(standard, admin, locked=True) == []


def test_roles_and_permissions_count_where_they_are_in_force(standard: Bench):
    admin = standard.admin()
    for name in ("alice", "bobby", "carol", "david"):
        standard.register(name)
    standard.ask(**update(admin, standard.user_id("alice"), role="moderator"))
    until = standard.clock.now.epoch_s + 60
    given = AssignedRole("moderator", None, until, "", "", "")
    put_lab(standard)
    put_roles(standard, "bobby", given)
    put_roles(standard, "carol", given._replace(lab_id=LAB))
    standard.ask(**update(admin, standard.user_id("david"), role="moderator"))
    standard.ask(**update(admin, standard.user_id("david"), status="inactive"))
    everybody = ["alice", "bobby", "carol", "david"]
    assert search(standard, admin, has_role="moderator") == everybody
    readers = {"has_permission": "users.read"}
    assert search(standard, admin, **readers) == ["admin", "alice", "bobby"]
    assert search(standard, admin, **readers, role="user") == ["bobby"]
    assert search(standard, admin, has_role="unheard of") == []
    standard.clock.advance(60)
    assert search(standard, admin, has_role="moderator") == ["alice", "david"]
    assert search(standard, admin, **readers) == ["admin", "alice"]


def test_who_administers_a_lab_finds_its_members_and_nobody_else(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    for name in ("bobby", "carol"):
        standard.register(name)
    put_lab(standard, alice="admin", bobby="viewer")
    assert search(standard, admin, lab_id=LAB) == ["alice", "bobby"]
    assert search(standard, alice, lab_id=LAB) == ["alice", "bobby"]
    assert search(standard, alice, lab_id=LAB, query="bob") == ["bobby"]
    ask = {"action": "search_users", "session_token": alice}
    assert standard.ask(**ask)["code"] == "PERMISSION_DENIED"
    assert standard.ask(**ask, lab_id=OTHER_LAB)["code"] == "PERMISSION_DENIED"
    by_name = {"action": "get_user", "session_token": alice}
    assert standard.ask(**by_name, username="bobby")["user"]["username"] == "bobby"
    hidden = standard.ask(**by_name, username="carol")
    assert hidden["code"] == "PERMISSION_DENIED"
    assert standard.ask(**by_name, username="nobody") == hidden


def test_second_factors_and_times_are_filters(standard: Bench):
    admin = standard.admin()
    set_up(standard, standard.member("alice", STRONG), STRONG)
    before = standard.clock.now.text
    standard.clock.advance(60)
    standard.register("bobby")
    assert search(standard, admin, mfa_enabled=True) == ["alice"]
    assert search(standard, admin, never_logged_in=True) == ["bobby"]
    assert search(standard, admin, last_login_before="2999-01-01") == ["admin", "alice"]
    later = standard.clock.now.text
    assert search(standard, admin, created_after=later) == ["bobby"]
    assert search(standard, admin, created_before=later) == ["admin", "alice"]
    assert search(standard, admin, created_after=before, query="bob") == ["bobby"]


def test_company_department_and_type_are_filters_and_orders(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    standard.register("bobby", company="École Noire", department="Ärzte")
    standard.ask(**update(alice, company="ecole noire annex", department="ärzte"))
    partner = {"user_type": "partner"}
    standard.ask(**update(admin, standard.user_id("bobby"), **partner))
    assert search(standard, admin, query="ecole") == ["alice", "bobby"]
    assert search(standard, admin, query="arzte") == []
    assert search(standard, admin, company="ECOLE NOIRE") == ["bobby"]
    assert search(standard, admin, company="noire") == []
    assert search(standard, admin, company="") == ["admin"]
    assert search(standard, admin, department="Ärzte") == ["alice", "bobby"]
    assert search(standard, admin, **partner) == ["bobby"]
    assert search(standard, admin, user_type="") == ["admin", "alice"]
    assert search(standard, admin, sort_by="company") == ["admin", "bobby", "alice"]
    assert search(standard, admin, sort_by="department")[0] == "admin"
    assert search(standard, admin, sort_by="user_type")[2] == "bobby"
    member = {"action": "list_users", "session_token": alice}
    assert names(standard.ask(**member, search="noire")) == []
    for sort_by in ("company", "department", "user_type"):
        denied = standard.ask(**member, sort_by=sort_by)
        assert denied["code"] == "PERMISSION_DENIED"
    reader = {"action": "list_users", "session_token": admin}
    assert names(standard.ask(**reader, search="noire")) == ["alice", "bobby"]


def test_pages_tell_where_they_are(standard: Bench):
    admin = standard.admin()
    for number in range(24):
        standard.clock.advance(1)
        standard.register(f"user{number:02}")
    ask = {"action": "search_users", "session_token": admin}
    first = standard.ask(**ask)
    assert names(first)[:2] == ["user23", "user22"]
    told = {
        name: first[name] for name in ("count", "total", "page", "page_size", "pages")
    }
    assert told == {"count": 20, "total": 25, "page": 1, "page_size": 20, "pages": 2}
    second = standard.ask(**ask, cursor=first["next_cursor"])
    assert names(second) == ["user03", "user02", "user01", "user00", "admin"]
    assert "page" not in second
    assert "next_cursor" not in second
    assert names(standard.ask(**ask, page=2)) == names(second)
    assert standard.ask(**ask, per_page=10)["pages"] == 3
    oldest = standard.ask(**ask, sort_order="asc", page_size=1)
    assert names(oldest) == ["admin"]


def test_a_cursor_outlives_a_restart_and_the_account_it_names(standard: Bench):
    admin = standard.admin()
    for name in ("alice", "bobby", "carol"):
        standard.register(name)
    ask = {"action": "search_users", "sort_by": "username", "page_size": 2}
    cursor = standard.ask(**ask, session_token=admin)["next_cursor"]
    alice = standard.login("alice")
    standard.ask(action="delete_user", session_token=alice, password="correct horse 7")
    standard.restart()
    rest = standard.ask(**ask, session_token=standard.admin(), cursor=cursor)
    assert names(rest) == ["bobby", "carol"]


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({"created_after": "yesterday"}, "created_after"),
        ({"last_login_before": "2026-02-30"}, "last_login_before"),
        ({"cursor": "x"}, "cursor"),
        ({"page_size": 10, "per_page": 20}, "per_page"),
        ({"page_size": 101}, "page_size"),
        ({"sort_by": "password_hash"}, "sort_by"),
        ({"query": "a\nb"}, "query"),
        ({"colour": "red"}, "colour"),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_refused(standard: Bench, fault: Message, field: str):
    ask = {"action": "search_users", "session_token": standard.admin()}
    reply = standard.ask(**ask, **fault)
    assert reply["code"] == "INVALID_REQUEST"
    assert reply["details"][0]["field"] == field


def test_a_cursor_goes_with_the_order_it_was_given_for(standard: Bench):
    ask = {"action": "search_users", "session_token": standard.admin()}
    standard.register("alice")
    cursor = standard.ask(**ask, sort_by="email", page_size=1)["next_cursor"]
    assert names(standard.ask(**ask, cursor=cursor)) == ["alice"]
    for more in ({"sort_by": "role"}, {"sort_order": "desc"}, {"page": 2}):
        assert standard.ask(**ask, **more, cursor=cursor)["code"] == "INVALID_REQUEST"


def test_a_search_leaves_an_entry_without_the_words_that_name_somebody(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    ask = {"action": "search_users", "session_token": admin}
    [entry] = standard.audited_by(
        lambda: standard.ask(**ask, query="alice", is_active=True)
    )
    assert (entry["event"], entry["actor"]) == (
        "users_searched",
        standard.user_id("admin"),
    )
    assert entry["details"] == {
        "wanted": {"is_active": True},
        "users": 1,
        "query": True,
    }
    [entry] = standard.audited_by(
        lambda: standard.ask(action="get_statistics", session_token=admin)
    )
    assert entry["event"] == "statistics_read"


# --- list_users ---


def test_members_find_names_but_nothing_they_are_not_shown(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice", full_name="Ann Smith")
    standard.register("bobby", full_name="Bob Alice")
    ask = {"action": "list_users", "session_token": alice}
    assert names(standard.ask(**ask, search="alice")) == ["alice", "bobby"]
    assert names(standard.ask(**ask, search="example.org")) == []
    reader = {"action": "list_users", "session_token": admin}
    assert len(names(standard.ask(**reader, search="example.org"))) == 2
    by_name = standard.ask(**ask, sort_by="full_name", sort_order="desc", page_size=1)
    assert names(by_name) == ["admin"]  # the System Administrator
    assert (by_name["total"], by_name["truncated"]) == (3, True)
    assert "next_cursor" not in by_name
    cursor = standard.ask(**reader, sort_by="email", page_size=1)["next_cursor"]
    for more in (
        {"sort_by": "email"},
        {"sort_by": "last_login"},
        {"sort_by": "created_at"},
        {"status": "suspended"},
        {"cursor": cursor},
    ):
        assert standard.ask(**ask, **more)["code"] == "PERMISSION_DENIED", more


def test_readers_list_other_statuses_and_go_on_by_cursor(standard: Bench):
    admin = standard.admin()
    for name in ("alice", "bobby", "carol"):
        standard.register(name)
    standard.ask(**update(admin, standard.user_id("bobby"), status="suspended"))
    ask = {"action": "list_users", "session_token": admin}
    assert names(standard.ask(**ask, status="suspended")) == ["bobby"]
    first = standard.ask(**ask, sort_by="username", page_size=2)
    assert (names(first), first["total"], first["pages"]) == (["admin", "alice"], 3, 2)
    second = standard.ask(**ask, cursor=first["next_cursor"])
    assert names(second) == ["carol"]
    assert names(standard.ask(**ask, role="admin")) == ["admin"]


def test_under_compat_a_plain_list_is_as_the_original_has_it(compat: Bench):
    plain = compat.ask(action="list_users", session_token=compat.admin())
    assert set(plain) == {"status", "users", "count"}
    paged = compat.ask(action="list_users", page_size=1)
    assert (paged["total"], paged["pages"]) == (1, 1)


# --- get_user ---


def test_an_account_is_read_by_its_name_or_address(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    ask = {"action": "get_user", "session_token": admin}
    by_id = standard.ask(**ask, user_id=standard.user_id("alice"))
    assert standard.ask(**ask, username=" Alice ") == by_id
    assert standard.ask(**ask, email="ALICE@example.org") == by_id
    own = {"action": "get_user", "session_token": alice}
    assert standard.ask(**own, username="alice") == standard.ask(**own)
    assert standard.audited_by(lambda: standard.ask(**own, username="alice")) == []
    [entry] = standard.audited_by(lambda: standard.ask(**ask, username="alice"))
    assert entry["subject"] == standard.user_id("alice")
    twice = standard.ask(**ask, username="alice", email="alice@example.org")
    assert twice["code"] == "INVALID_REQUEST"


def test_who_may_not_read_others_does_not_learn_which_names_there_are(standard: Bench):
    alice = standard.member("alice")
    standard.register("bobby")
    ask = {"action": "get_user", "session_token": alice}
    known = standard.ask(**ask, username="bobby")
    assert known["code"] == "PERMISSION_DENIED"
    for other in (
        {"username": "nobody"},
        {"email": "bobby@example.org"},
        {"email": "nobody@example.org"},
        {"username": "bobby@example.org"},
    ):
        assert standard.ask(**ask, **other) == known


# --- get_statistics ---


def test_statistics_count_what_there_is(standard: Bench):
    standard.register("early")
    standard.admin()
    standard.clock.advance(8 * 24 * 3600)
    admin, alice = standard.admin(), standard.member("alice", STRONG)
    standard.register("bobby")
    set_up(standard, alice, STRONG)
    standard.ask(**update(admin, standard.user_id("bobby"), status="suspended"))
    for _ in range(5):
        standard.try_login("bobby", "wrong")
    ask = {"action": "get_statistics", "session_token": admin}
    told = standard.ask(**ask, newest=2)
    assert told["total_users"] == 4
    assert told["by_status"] == {"active": 3, "suspended": 1}
    assert told["by_role"] == {"admin": 1, "user": 3}
    assert (told["mfa_enabled"], told["locked"]) == (1, 1)
    assert told["sessions"] == len(standard.sessions)
    assert (told["recent_logins"], told["new_users"]) == (2, 2)
    assert {user["username"] for user in told["recent_users"]} == {"alice", "bobby"}
    assert told["by_lab"] == {}
    assert standard.ask(**ask, since="2000-01-01")["new_users"] == 4
    assert standard.ask(**ask, until="2000-01-01")["new_users"] == 0
    assert standard.ask(**ask, since="x")["code"] == "INVALID_REQUEST"


def test_statistics_count_the_accounts_of_each_lab(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    standard.register("bobby")
    put_lab(standard, alice="admin", bobby="viewer")
    ask = {"action": "get_statistics"}
    told = standard.ask(**ask, session_token=admin)["by_lab"]
    assert told == {LAB: 2}
    gone = {"action": "delete_user", "user_id": standard.user_id("bobby")}
    reply = standard.ask(**gone, session_token=admin, password=ADMIN_PASSWORD)
    assert reply["status"] == "success", reply
    assert standard.ask(**ask, session_token=admin)["by_lab"] == {LAB: 1}
    assert standard.ask(**ask, session_token=alice, lab_id=LAB)["by_lab"] == {}
    assert standard.ask(**ask, session_token=alice)["code"] == "PERMISSION_DENIED"


def test_statistics_of_a_lab_count_its_active_members_only(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    standard.clock.advance(8 * 24 * 3600)
    alice = standard.login("alice")
    for name in ("bobby", "carol", "david"):
        standard.register(name)
    put_lab(standard, alice="admin", bobby="viewer", carol="viewer")
    paused = {"user_id": standard.user_id("carol"), "is_active": False}
    admin = standard.admin()
    member = {"action": "update_lab_member", "session_token": admin, "lab_id": LAB}
    assert standard.ask(**member, **paused)["status"] == "success"
    for name in ("bobby", "david"):
        for _ in range(5):
            standard.try_login(name, "wrong")
    invite = {"action": "invite_user", "session_token": admin, "send_email": False}
    into = {"lab_id": LAB, "lab_role": "viewer"}
    for more in ({"email": "a@example.org"}, {"email": "b@example.org", **into}):
        reply = standard.ask(**invite, **more, expires_in_days=2)
        assert reply["status"] == "success", reply
    ask = {"action": "get_statistics", "session_token": alice}
    assert standard.ask(**ask)["code"] == "PERMISSION_DENIED"
    assert standard.ask(**ask, lab_id=OTHER_LAB)["code"] == "PERMISSION_DENIED"
    told = standard.ask(**ask, lab_id=LAB)
    assert (told["total_users"], told["by_role"]) == (2, {"user": 2})
    assert told["by_status"] == {"active": 2}
    assert (told["locked"], told["pending_invitations"]) == (1, 1)
    assert (told["new_users"], told["recent_logins"]) == (1, 1)
    assert told["sessions"] == standard.sessions.count_of(standard.user_id("alice"))
    assert [user["username"] for user in told["recent_users"]] == ["bobby", "alice"]
    everything = standard.ask(**ask | {"session_token": admin})
    assert (everything["total_users"], everything["locked"]) == (5, 2)
    assert everything["pending_invitations"] == 2
    standard.clock.advance(2 * 24 * 3600)
    ask["session_token"] = standard.admin()
    assert standard.ask(**ask)["pending_invitations"] == 0
    assert standard.ask(**ask, lab_id=OTHER_LAB)["code"] == "NOT_FOUND"


def test_who_was_given_a_role_is_looked_at_and_members_of_labs_are_not(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    admin = standard.admin()
    for name in ("alice", "bobby", "carol"):
        standard.register(name)
    put_lab(standard, alice="admin", bobby="viewer")
    put_roles(standard, "carol", AssignedRole("moderator", None, None, "", "", ""))
    authority, looked_at = standard.service.facilities.authority, list[str]()
    glance = authority.glance

    def watched(user_id: str) -> Caller | None:
        looked_at.append(user_id)
        return glance(user_id)

    monkeypatch.setattr(authority, "glance", watched)
    found = search(standard, admin, has_permission="users.read")
    assert found == ["admin", "carol"]
    assert looked_at == [standard.user_id("carol")]


def test_who_loses_the_permission_during_a_search_gets_nothing(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    admin, alice = standard.admin(), standard.member("alice")
    moderator = update(admin, standard.user_id("alice"), role="moderator")
    standard.ask(**moderator)
    back = update(admin, standard.user_id("alice"), role="user")
    for number in range(3):
        standard.register(f"user{number}")
    directory, changed = standard.service.facilities.directory, asyncio.Event()
    find = directory.find

    async def find_late(selection: Selection, page: Page) -> Found:
        await changed.wait()
        return await find(selection, page)

    async def search_meanwhile() -> bytes:
        answer = standard.service.dispatch.answer
        ask = json.dumps({"action": "search_users", "session_token": alice}).encode()
        searching = asyncio.create_task(answer(ask, LOCAL))
        await asyncio.sleep(0)
        await answer(json.dumps(back).encode(), LOCAL)
        changed.set()
        return await searching

    monkeypatch.setattr(directory, "find", find_late)

    assert b"PERMISSION_DENIED" in standard.run(search_meanwhile())
