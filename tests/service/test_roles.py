"""Roles: made, placed below others, given, ended, taken away; what counts when."""

import pytest

from tests.service.role_office import DAY_S, Office, lab, may
from ums_service.domain.entitlements import ENTITLEMENTS
from ums_service.domain.roles import (
    ANCESTORS_MAX,
    STORED_ROLES,
    Role,
    circle_or_depth,
)

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
