"""Roles: made, placed below others, given, ended, taken away; what counts when."""

from typing import Any

import pytest

from tests.service.harness import Bench, Message, update
from ums_service.domain.authorisation import FOREVER, Caller, Grant, Kind, has_all
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.labs import LABS, Lab
from ums_service.domain.moment import Moment
from ums_service.domain.roles import (
    ANCESTORS_MAX,
    STORED_ROLES,
    Role,
    circle_or_depth,
)

DAY_S = 24 * 3600


class Office:
    """A service with an administrator, who is asked to do things."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.token = bench, bench.admin()

    def ask(self, action: str, **fields: Any) -> Message:
        return self.bench.ask(action=action, session_token=self.token, **fields)

    def do(self, action: str, **fields: Any) -> Message:
        reply = self.ask(action, **fields)
        assert reply["status"] == "success", reply
        return reply

    def role(self, name: str, *permissions: str, **more: Any) -> Message:
        return self.do("save_role", name=name, permissions=list(permissions), **more)

    def give(self, name: str, *roles: str, **more: Any) -> Message:
        ids = [self.bench.user_id(name)]
        return self.do("assign_role", user_ids=ids, roles=list(roles), **more)

    def take(self, name: str, *roles: str, **more: Any) -> Message:
        ids = [self.bench.user_id(name)]
        return self.do("revoke_role", user_ids=ids, roles=list(roles), **more)

    def login_again(self) -> None:
        self.token = self.bench.admin()


@pytest.fixture
def office(standard: Bench) -> Office:
    return Office(standard)


def may(bench: Bench, token: str, permission: str, **more: Any) -> bool:
    asked = {"action": "check_permission", "permissions": [permission]}
    reply = bench.ask(**asked, session_token=token, **more)
    assert reply["status"] == "success", reply
    return bool(reply["has_permission"])


def lab(bench: Bench, lab_id: str, *, active: bool = True) -> None:
    """A lab that is simply there."""

    async def put() -> None:
        async with bench.store.transaction() as tx:
            tx.put(LABS, Lab(lab_id, lab_id.upper(), lab_id, lab_id, active=active))

    bench.run(put())


# --- giving and taking ---


def test_a_role_counts_from_the_next_request_until_it_is_taken(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    office.role("cashier", "till.open", "users.read")
    other = {"action": "get_user", "user_id": bench.user_id("admin")}
    assert bench.ask(**other, session_token=ann)["code"] == "PERMISSION_DENIED"
    assert office.give("annie", "cashier")["assigned"] == 1
    assert bench.ask(**other, session_token=ann)["status"] == "success"
    assert may(bench, ann, "till.open")
    assert office.take("annie", "cashier")["revoked"] == 1
    assert bench.ask(**other, session_token=ann)["code"] == "PERMISSION_DENIED"
    assert not may(bench, ann, "till.open")
    assert office.take("annie", "cashier")["revoked"] == 0


def test_what_a_role_allows_changes_for_those_who_have_it(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    office.role("cashier", "till.open")
    office.give("annie", "cashier")
    office.do("save_role", name="cashier", permissions=["till.close"])
    assert (may(bench, ann, "till.open"), may(bench, ann, "till.close")) == (0, 1)
    office.do("save_role", name="cashier", active=False)
    assert not may(bench, ann, "till.close")
    office.do("save_role", name="cashier", active=True)
    assert may(bench, ann, "till.close")


def test_a_role_ends_by_itself_also_over_a_restart(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    office.role("cashier", "till.open")
    end = bench.clock.now.utc.replace(microsecond=0).isoformat()
    refused = office.ask(
        "assign_role",
        user_ids=[bench.user_id("annie")],
        roles=["cashier"],
        expires_at=end,
    )
    assert refused["details"][0]["field"] == "expires_at"
    office.give("annie", "cashier", expires_in_days=1)
    bench.restart()
    bench.clock.advance(DAY_S - 2)
    ann = bench.login("annie")
    assert may(bench, ann, "till.open")
    bench.clock.advance(3)
    assert not may(bench, ann, "till.open")


def test_a_role_in_a_lab_counts_there_only_while_the_lab_is_active(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    lab(bench, "a1")
    lab(bench, "b2")
    office.role("cashier", "till.open")
    office.give("annie", "cashier", lab_id="a1")
    assert may(bench, ann, "till.open", lab_id="a1")
    assert not may(bench, ann, "till.open", lab_id="b2")
    assert not may(bench, ann, "till.open")
    assert office.take("annie", "cashier")["revoked"] == 0
    lab(bench, "a1", active=False)
    assert not may(bench, ann, "till.open", lab_id="a1")


def test_a_role_in_a_lab_that_is_not_there_is_refused(office: Office):
    office.role("cashier", "till.open")
    office.bench.register("annie")
    asked = {"user_ids": [office.bench.user_id("annie")], "roles": ["cashier"]}
    assert office.ask("assign_role", **asked, lab_id="abc")["code"] == "NOT_FOUND"


def test_many_accounts_and_roles_at_once_are_all_or_nothing(office: Office):
    bench = office.bench
    names = [f"person{n}" for n in range(5)]
    ids = [bench.register(name)["user_id"] for name in names]
    office.role("one", "a.b")
    office.role("two", "a.c")
    asked = {"roles": ["one", "two"]}
    missing = office.ask("assign_role", user_ids=[*ids, "0" * 32], **asked)
    assert missing["code"] == "NOT_FOUND"
    assert bench.store.count(ENTITLEMENTS) == 0
    entries = bench.audited_by(
        lambda: office.do("assign_role", user_ids=ids, **asked, reason="a new shop")
    )
    assert [entry["event"] for entry in entries] == ["role_assigned"] * 5
    assert {entry["subject"] for entry in entries} == set(ids)
    assert office.do("assign_role", user_ids=ids, **asked)["assigned"] == 0
    assert office.do("revoke_role", user_ids=ids, **asked)["revoked"] == 10


@pytest.mark.parametrize("name", ["admin", "support_agent", "resting", "nowhere"])
def test_some_roles_cannot_be_assigned(office: Office, name: str):
    office.role("resting", "a.b", active=False)
    ids = [office.bench.register("annie")["user_id"]]
    reply = office.ask("assign_role", user_ids=ids, roles=[name])
    wanted = {"nowhere": "NOT_FOUND"}.get(name, "INVALID_REQUEST")
    assert reply["code"] == wanted, reply
    if name == "admin":
        assert "update_user" in reply["message"]


def test_parallel_assignments_to_one_account_all_stay(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    for number in range(8):
        office.role(f"r{number}", f"p.{number}")
    asked = {"action": "assign_role", "session_token": office.token}
    ids = {"user_ids": [bench.user_id("annie")]}
    replies = bench.ask_all([asked | ids | {"roles": [f"r{n}"]} for n in range(8)])
    assert {reply["status"] for reply in replies} == {"success"}
    assert all(may(bench, ann, f"p.{number}") for number in range(8))


def test_an_account_has_so_many_roles_and_no_more(make_bench):
    office = Office(make_bench(roles_per_user=2))
    office.bench.register("annie")
    for name in ("one", "two", "three"):
        office.role(name, "a.b")
    office.give("annie", "one", "two", expires_in_days=1)
    ids = [office.bench.user_id("annie")]
    refused = office.ask("assign_role", user_ids=ids, roles=["three"])
    assert refused["code"] == "INVALID_REQUEST"
    office.bench.clock.advance(DAY_S)
    office.login_again()
    office.give("annie", "three")


# --- the tree ---


def test_a_role_has_what_those_above_allow_and_not_what_they_deny(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    office.role("staff", "door.open", denied=["safe.open"])
    office.role("cashier", "till.open", "safe.open", parent="staff")
    office.give("annie", "cashier")
    asked = ["door.open", "till.open", "safe.open"]
    reply = bench.ask(
        action="check_permission", permissions=asked, session_token=ann, mode="any"
    )
    assert (reply["has_permission"], reply["missing"]) == (True, ["safe.open"])
    by = {
        d["permission"]: (d["by"], d["sources"][0]["name"]) for d in reply["decisions"]
    }
    assert by == {
        "door.open": ("granted", "staff"),
        "till.open": ("granted", "cashier"),
        "safe.open": ("denied", "staff"),
    }
    office.do("save_role", name="cashier", parent="")
    assert may(bench, ann, "safe.open")
    assert not may(bench, ann, "door.open")


def test_no_role_is_below_itself(office: Office):
    office.role("a", "x")
    office.role("b", "x", parent="a")
    office.role("c", "x", parent="b")
    for name, parent in (("a", "c"), ("a", "b"), ("a", "a")):
        refused = office.ask("save_role", name=name, parent=parent)
        assert refused["details"][0]["field"] == "parent"
    assert office.ask("save_role", name="a", parent="nowhere")["code"] == "NOT_FOUND"
    for parent in ("admin", "support_agent"):
        refused = office.ask("save_role", name="a", parent=parent)
        assert refused["code"] in ("INVALID_REQUEST", "NOT_FOUND")


def test_two_at_once_make_no_circle(office: Office):
    bench = office.bench
    office.role("a", "x")
    office.role("b", "x")
    asked = {"action": "save_role", "session_token": office.token}
    replies = bench.ask_all(
        [asked | {"name": "a", "parent": "b"}, asked | {"name": "b", "parent": "a"}]
    )
    assert sorted(reply["status"] for reply in replies) == ["error", "success"]


def test_a_tree_is_only_so_deep_wherever_a_role_is_put_in():
    stored = {f"r{n}": Role(f"r{n}", parent=f"r{n - 1}") for n in range(1, 9)}
    stored["r0"] = Role("r0")
    assert circle_or_depth(stored["r8"], stored) is None
    assert circle_or_depth(Role("r9", parent="r8"), stored) is not None
    assert circle_or_depth(Role("r0", parent="top"), {**stored, "top": Role("top")})
    assert len(stored) == ANCESTORS_MAX + 1


# --- deleting ---


def test_a_role_that_somebody_has_cannot_be_deleted(office: Office):
    bench = office.bench
    bench.register("annie")
    office.role("cashier", "till.open")
    office.role("junior", "x", parent="cashier")
    office.give("annie", "junior", expires_in_days=1)
    refused = office.ask("delete_role", name="cashier")
    assert refused["code"] == "PERMISSION_DENIED"
    refused = office.ask("delete_role", name="junior")
    assert refused["message"] == "Cannot delete role with 1 active users"
    bench.clock.advance(DAY_S)
    office.login_again()
    office.do("delete_role", name="junior")
    office.do("delete_role", name="cashier")
    assert office.ask("delete_role", name="cashier")["code"] == "NOT_FOUND"


def test_a_role_is_given_or_deleted_where_both_are_asked_at_once(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    ids, outcomes = [bench.user_id("annie")], set()
    asked = {"session_token": office.token}
    give = {"action": "assign_role", "user_ids": ids, "roles": ["cashier"], **asked}
    delete = {"action": "delete_role", "name": "cashier", **asked}
    for both in ([give, delete], [delete, give]) * 3:
        office.role("cashier", "till.open")
        done = [reply["status"] == "success" for reply in bench.ask_all(both)]
        assert sorted(done) == [False, True]
        given = done[both.index(give)]
        assert may(bench, ann, "till.open") is given
        outcomes.add(given)
        if given:
            office.take("annie", "cashier")
            office.do("delete_role", name="cashier")
    assert outcomes == {True, False}


@pytest.mark.parametrize("name", ["user", "moderator", "admin", "support_agent"])
@pytest.mark.parametrize("action", ["delete_role", "save_role"])
def test_what_comes_with_the_service_stays(office: Office, action: str, name: str):
    refused = office.ask(action, name=name)
    assert refused["message"] == "What comes with the service stays as it is"


def test_a_later_role_of_the_name_is_not_given_to_who_had_the_first(office: Office):
    """An account that is gone for a while is no active user; its role may be deleted."""
    bench, ann = office.bench, office.bench.member("annie")
    office.role("cashier", "till.open")
    office.give("annie", "cashier")

    async def delete_behind_the_rules() -> None:
        async with bench.store.transaction() as tx:
            tx.delete(STORED_ROLES, "cashier")

    bench.run(delete_behind_the_rules())
    office.role("cashier", "users.delete")
    assert not may(bench, ann, "users.delete")
    told = bench.ask(action="get_user_permissions", session_token=ann)
    assert [role["role"] for role in told["roles"]] == ["user"]


# --- nobody gives what they lack ---


def manager(office: Office, name: str, *permissions: str) -> str:
    """Somebody who manages and assigns roles, and has these permissions."""
    office.role(f"of.{name}", "roles.manage", "roles.assign", *permissions)
    token = office.bench.member(name)
    office.give(name, f"of.{name}")
    return token


def test_nobody_gives_what_they_lack(office: Office):
    bench = office.bench
    token, target = manager(office, "mia", "users.read"), bench.register("annie")
    office.role("eraser", "users.delete")
    ids = [target["user_id"]]

    def by_mia(action: str, **fields: Any) -> str:
        reply = bench.ask(action=action, session_token=token, **fields)
        return str(reply.get("code", "ok"))

    denied = "PERMISSION_DENIED"
    assert by_mia("assign_role", user_ids=ids, roles=["eraser"]) == denied
    assert by_mia("save_role", name="mine", permissions=["users.delete"]) == denied
    assert by_mia("save_role", name="mine", parent="eraser") == denied
    assert by_mia("save_role", name="mine", like="eraser") == denied
    assert by_mia("save_role", name="eraser", active=False) == denied
    assert by_mia("delete_role", name="eraser") == denied
    assert by_mia("save_role", name="mine", permissions=["users.read"]) == "ok"
    widened = {"roles": ["mine"], "permissions": ["users.delete"], "effect": "allow"}
    assert by_mia("set_role_permissions", **widened) == denied
    assert by_mia("assign_role", user_ids=ids, roles=["mine"]) == "ok"
    assert by_mia("revoke_role", user_ids=ids, roles=["mine"]) == "ok"
    raised = update(token, ids[0], role="admin")
    assert bench.ask(**raised)["code"] == denied
    boss = [bench.user_id("admin")]
    assert by_mia("assign_role", user_ids=boss, roles=["mine"]) == denied


def test_who_is_denied_something_cannot_undo_it(office: Office):
    bench = office.bench
    token = manager(office, "mia", "users.delete")
    office.role("suspended", denied=["users.delete"])
    office.give("mia", "suspended")
    ids = [bench.user_id("mia")]
    for action, fields in (
        ("revoke_role", {"user_ids": ids, "roles": ["suspended"]}),
        ("save_role", {"name": "suspended", "active": False}),
        ("save_role", {"name": "suspended", "denied": []}),
        ("delete_role", {"name": "suspended"}),
        (
            "assign_role",
            {"user_ids": ids, "roles": ["suspended"], "expires_in_days": 1},
        ),
        (
            "set_role_permissions",
            {
                "roles": ["suspended"],
                "permissions": ["users.delete"],
                "effect": "revoke",
            },
        ),
    ):
        reply = bench.ask(action=action, session_token=token, **fields)
        assert reply.get("code") == "PERMISSION_DENIED", (action, reply)


def test_nobody_gives_for_longer_than_they_have(office: Office):
    bench, ids = office.bench, [office.bench.register("annie")["user_id"]]
    office.role("lead", "roles.assign", "till.open")
    office.role("cashier", "till.open")
    mia = bench.member("mia")
    office.give("mia", "lead", expires_in_days=2)
    asked = {"action": "assign_role", "user_ids": ids, "roles": ["cashier"]}
    for days, outcome in (
        (None, "error"),
        (3, "error"),
        (2, "success"),
        (1, "success"),
    ):
        reply = bench.ask(**asked, session_token=mia, expires_in_days=days)
        assert reply["status"] == outcome, days


def test_who_gives_in_one_lab_gives_there_only(office: Office):
    bench, ids = office.bench, [office.bench.register("annie")["user_id"]]
    lab(bench, "a1")
    lab(bench, "b2")
    office.role("lead", "roles.assign", "till.open")
    office.role("cashier", "till.open")
    mia = bench.member("mia")
    office.give("mia", "lead", lab_id="a1")
    asked = {"action": "assign_role", "user_ids": ids, "roles": ["cashier"]}
    codes = [
        bench.ask(**asked, session_token=mia, lab_id=where).get("code", "ok")
        for where in ("a1", "b2", "c3", None)
    ]
    assert codes == ["ok", *["PERMISSION_DENIED"] * 3]


def test_to_have_all_for_good_is_not_to_have_it_for_a_while():
    now = Moment(1_000 * 10**9, 0.0)
    grant = Grant(Kind.ROLE, "r", frozenset({"a"}), until_s=2_000)
    one = Caller("u", grants=(grant,))
    names, nowhere = frozenset({"a"}), frozenset[str]()
    assert has_all(one, names, nowhere, now, 2_000)
    assert not has_all(one, names, nowhere, now, 2_001)
    assert not has_all(one, names, nowhere, now, None)
    denial = Grant(Kind.ROLE, "d", frozenset(), names, until_s=1_500)
    both = one._replace(grants=(grant._replace(until_s=None), denial))
    assert not has_all(both, names, nowhere, now, None)
    assert has_all(both._replace(grants=(both.grants[0],)), names, nowhere, now, None)
    assert not has_all(both._replace(active=False, grants=()), names, nowhere, now, 1)
    assert FOREVER.epoch_s > 4_000_000_000


def test_changes_of_roles_need_a_recent_proof(office: Office):
    bench = office.bench
    ids = [bench.register("annie")["user_id"]]
    office.role("cashier", "till.open")
    bench.clock.advance(bench.profile.recent_login_s + 1)
    for action, fields in (
        ("save_role", {"name": "x"}),
        ("delete_role", {"name": "cashier"}),
        ("assign_role", {"user_ids": ids, "roles": ["cashier"]}),
        ("revoke_role", {"user_ids": ids, "roles": ["cashier"]}),
        (
            "set_role_permissions",
            {"roles": ["cashier"], "permissions": ["a"], "effect": "allow"},
        ),
    ):
        assert office.ask(action, **fields)["code"] == "REAUTHENTICATION_REQUIRED"


# --- single permissions ---


def test_permissions_are_set_on_several_roles_and_end_by_themselves(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    office.role("one", "a.b")
    office.role("two")
    office.give("annie", "one", "two")
    end = bench.clock.now.utc.replace(microsecond=0).timestamp() + 100
    from datetime import UTC, datetime

    at = datetime.fromtimestamp(end, UTC).isoformat()
    wanted = {"roles": ["one", "two"], "permissions": ["a.b", "a.c"]}
    reply = office.do("set_role_permissions", **wanted, effect="allow", expires_at=at)
    assert reply["changed"] == 4
    assert may(bench, ann, "a.b")
    assert may(bench, ann, "a.c")
    bench.clock.advance(101)
    assert not may(bench, ann, "a.b")
    assert not may(bench, ann, "a.c")
    assert office.do("set_role_permissions", **wanted, effect="allow")["changed"] == 4
    assert may(bench, ann, "a.b")
    assert office.do("set_role_permissions", **wanted, effect="deny")["changed"] == 4
    assert not may(bench, ann, "a.b")
    assert office.do("set_role_permissions", **wanted, effect="revoke")["changed"] == 4
    listed = office.do("list_roles", name="one", include=["permissions"])["roles"][0]
    assert (listed["permissions"], listed["denied"], listed["ends"]) == ([], [], {})


# --- lists ---


def test_roles_are_found_by_what_is_said_of_them(office: Office):
    office.role("staff", "door.open", description="Everybody who works here")
    office.role("cashier", "till.open", parent="staff", category="user")
    office.role("old", active=False)

    def names(**filters: Any) -> list[str]:
        reply = office.do("list_roles", **filters)
        assert reply["total"] == len(reply["roles"])
        return [role["name"] for role in reply["roles"]]

    assert names() == ["admin", "cashier", "moderator", "old", "staff", "user"]
    assert names(query="WORKS") == ["staff"]
    assert names(built_in=False, active=True) == ["cashier", "staff"]
    assert names(parent="staff") == ["cashier"]
    assert names(category="system") == ["admin", "moderator", "user"]
    assert names(has_permissions=["door.open"]) == ["cashier", "staff"]
    assert "support_agent" in names(template=True)
    assert names(sort_order="desc", built_in=False) == ["staff", "old", "cashier"]
    page = office.do("list_roles", page=2, page_size=4)
    assert ([r["name"] for r in page["roles"]], page["total"]) == (["staff", "user"], 6)
    assert office.ask("list_roles", name="nowhere")["code"] == "NOT_FOUND"


def test_one_role_is_shown_with_all_about_it_to_who_manages_roles(office: Office):
    bench = office.bench
    ann = bench.member("annie")
    office.role("staff", "door.open", "safe.open")
    office.role("cashier", "till.open", parent="staff", denied=["safe.open"])
    office.give("annie", "staff")
    wanted = {"name": "staff", "include": ["permissions", "children", "users"]}
    [role] = office.do("list_roles", **wanted)["roles"]
    assert role["permissions"] == ["door.open", "safe.open"]
    assert role["children"] == ["cashier"]
    assert [user["username"] for user in role["users"]] == ["annie"]
    [role] = office.do("list_roles", name="cashier", include=["permissions"])["roles"]
    assert role["inherited"] == ["door.open"]
    [admin] = office.do("list_roles", name="admin", include=["users"])["roles"]
    assert [user["username"] for user in admin["users"]] == ["admin"]
    asked = {"action": "list_roles", "session_token": ann}
    assert "permissions" not in bench.ask(**asked)["roles"][0]
    for more in ({"include": ["permissions"]}, {"has_permissions": ["a"]}):
        assert bench.ask(**asked, **more)["code"] == "PERMISSION_DENIED"


def test_permissions_are_those_of_the_service_and_of_roles(office: Office):
    bench = office.bench
    ann = bench.member("annie")
    office.role("cashier", "till.open", "crm:read")
    office.role("guest", denied=["till.open"])
    found = office.do("list_permissions", built_in=False)
    assert [p["name"] for p in found["permissions"]] == ["crm:read", "till.open"]
    assert found["permissions"][1]["allowed_by"] == ["cashier"]
    assert found["permissions"][1]["denied_by"] == ["guest"]
    assert {"till", "crm", "users", "lab.users"} <= set(found["groups"])
    of_users = office.do("list_permissions", group="users")["permissions"]
    assert "users.read" in [p["name"] for p in of_users]
    theirs = bench.ask(action="list_permissions", session_token=ann)
    assert "till.open" not in [p["name"] for p in theirs["permissions"]]


def test_a_new_role_can_begin_like_a_template(office: Office):
    reply = office.do("save_role", name="helpdesk", like="support_agent")
    assert reply["created"]
    assert reply["role"]["permissions"] == [
        "users.read",
        "users.status",
        "users.update",
    ]
    assert not reply["role"]["template"]
    again = office.do("save_role", name="helpdesk", display_name="Help")
    assert (again["created"], again["role"]["display_name"]) == (False, "Help")


# --- what is told ---


def test_permissions_of_an_account_are_told_with_their_sources(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    lab(bench, "a1")
    office.role("cashier", "till.open")
    office.role("keeper", "safe.open")
    office.give("annie", "cashier", expires_in_days=1, reason="for the fair")
    office.give("annie", "keeper", lab_id="a1")
    told = bench.ask(action="get_user_permissions", session_token=ann)
    assert told["effective_permissions"] == ["till.open"]
    assert told["per_lab"] == {"a1": ["safe.open"]}
    assert [(r["role"], r.get("reason")) for r in told["roles"]] == [
        ("user", None),
        ("cashier", "for the fair"),
        ("keeper", ""),
    ]
    [detail] = told["permission_details"]
    assert (detail["permission"], detail["by"]) == ("till.open", "granted")
    asked = {"action": "get_user_permissions", "user_id": bench.user_id("annie")}
    entries = bench.audited_by(lambda: office.do(**asked))
    assert [entry["event"] for entry in entries] == ["permissions_read"]
    boss = office.do("get_user_permissions")
    assert boss["is_admin"]
    assert "system.admin" in boss["effective_permissions"]


def test_others_are_asked_about_only_by_who_may_read_them(office: Office):
    bench, ann = office.bench, office.bench.member("annie")
    lab(bench, "a1")
    office.role("reader", "users.read")
    office.give("annie", "reader", lab_id="a1")
    boss = bench.user_id("admin")
    for action, more in (
        ("check_permission", {"permissions": ["a"]}),
        ("get_user_permissions", {}),
    ):
        for lab_id in (None, "a1"):
            for user_id in (boss, "0" * 32):
                asked = {"user_id": user_id, "lab_id": lab_id, **more}
                reply = bench.ask(action=action, session_token=ann, **asked)
                assert reply["code"] == "PERMISSION_DENIED", (action, asked)


def test_a_change_is_told_with_old_and_new(office: Office):
    bench = office.bench
    bench.register("annie")
    office.role("cashier", "till.open")
    [entry] = bench.audited_by(
        lambda: office.do("save_role", name="cashier", permissions=["till.close"])
    )
    assert entry["event"] == "role_saved"
    assert entry["details"] == {
        "role": "cashier",
        "old": {"allows": ["till.open"]},
        "new": {"allows": ["till.close"]},
    }
    office.give("annie", "cashier", reason="she asked")
    office.give("annie", "cashier", expires_in_days=1)
    found = office.do("query_audit", subject=bench.user_id("annie"), limit=2)
    newest, older = found["entries"]
    assert older["changes"] == {
        "role cashier": ["", "everywhere"],
        "reason": ["", "she asked"],
    }
    assert newest["changes"]["role cashier"][0] == "everywhere"
    assert newest["changes"]["role cashier"][1].startswith("everywhere until 2")


# --- by itself ---


def test_what_has_ended_is_cleaned_away_with_an_entry(office: Office):
    bench = office.bench
    user_id = bench.register("annie")["user_id"]
    office.role("cashier", "till.open")
    office.role("keeper", "safe.open")
    office.give("annie", "cashier", expires_in_days=1)
    office.give("annie", "keeper")
    bob = bench.member("bobby")
    asked = {"action": "request_role", "role": "keeper", "reason": "for the fair"}
    bench.ask(**asked, session_token=bob)
    assert bench.audited_by(bench.purge) == []
    bench.clock.advance(DAY_S)
    [entry] = bench.audited_by(bench.purge)
    assert (entry["event"], entry["subject"]) == ("role_expired", user_id)
    assert entry["details"] == {"role": "cashier", "lab_id": None}
    kept = bench.store.get(ENTITLEMENTS, user_id)
    assert kept is not None
    assert [given.role for given in kept.roles] == ["keeper"]
    bench.clock.advance(bench.profile.role_request_s)
    entries = bench.audited_by(bench.purge)
    assert [e["event"] for e in entries if e["event"].startswith("role")] == [
        "role_request_expired"
    ]
    assert bench.audited_by(bench.purge) == []
