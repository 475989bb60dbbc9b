"""Attributes in labs: those of roles, those that are granted, and the answer to programs."""

from typing import Any

import pytest

from tests.service.harness import Bench, Message
from tests.service.role_office import DAY_S, Office, lab
from ums_service.domain.attributes import LAB_ROLES
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements, Membership

READ, EXPORT = "lab.patient.read", "lab.patient.export"


def join(
    bench: Bench, name: str, lab_id: str, role: str, *, active: bool = True
) -> None:
    """Make somebody a member."""
    user_id = bench.user_id(name)

    async def put() -> None:
        async with bench.store.transaction() as tx:
            own = await tx.get(ENTITLEMENTS, user_id) or Entitlements(user_id)
            labs = {**own.labs, lab_id: Membership(role, active, "2026-01-01")}
            entitled = Entitlements(user_id, own.roles, labs, own.attributes)
            tx.put(ENTITLEMENTS, entitled)

    bench.run(put())


def asked(bench: Bench, token: str, *names: str, **more: Any) -> Message:
    """The answer of `authorize`."""
    given = {"lab_id": "a1", "required_attributes": list(names), **more}
    reply = bench.ask(action="authorize", session_token=token, **given)
    assert reply["status"] == "success", reply
    return reply


def has(bench: Bench, token: str, name: str, lab_id: str = "a1") -> bool:
    return bool(asked(bench, token, name, lab_id=lab_id)["has_access"])


class Lab(Office):
    """Two labs; the first has an administrator, a member and a viewer."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)
        lab(bench, "a1")
        lab(bench, "b2")
        self.tokens = {}
        for role in LAB_ROLES:
            self.tokens[role] = bench.member(f"the.{role}")
            join(bench, f"the.{role}", "a1", role)

    def by(self, role: str, action: str, /, **fields: Any) -> Message:
        given = {"session_token": self.tokens[role], **fields}
        return self.bench.ask(action=action, **given)

    def grant(self, name: str = EXPORT, *, by: str = "admin", **more: Any) -> Message:
        to = {"user_id": self.bench.user_id("the.member"), "attribute": name}
        return self.by(by, "grant_user_attribute", **{"lab_id": "a1", **to, **more})

    def revoke(self, name: str = EXPORT, *, by: str = "admin") -> Message:
        to = {"user_id": self.bench.user_id("the.member"), "attribute": name}
        return self.by(by, "revoke_user_attribute", lab_id="a1", **to)


@pytest.fixture
def a1(standard: Bench) -> Lab:
    return Lab(standard)


# --- authorize ---


@pytest.mark.parametrize("role", LAB_ROLES)
def test_a_role_of_a_lab_has_its_attributes_there_and_nowhere_else(a1: Lab, role: str):
    token = a1.tokens[role]
    reply = asked(a1.bench, token, READ)
    assert reply["all_user_attributes"] == sorted(LAB_ROLES[role])
    assert (reply["has_access"], reply["reason"]) == (True, "granted")
    assert (reply["lab_name"], reply["membership_role"]) == ("a1", role)
    [decision] = reply["decisions"]
    assert decision["sources"] == [
        {"kind": "lab_role", "name": role, "lab_id": "a1", "expires_at": None}
    ]
    for elsewhere in ("b2", "c3"):
        other = asked(a1.bench, token, READ, lab_id=elsewhere)
        assert not other["has_access"]
        assert (other["all_user_attributes"], other["lab_name"]) == ([], None)


def test_all_or_any_of_what_is_required(a1: Lab):
    bench, token = a1.bench, a1.tokens["member"]
    all_of = asked(bench, token, READ, EXPORT)
    assert (all_of["has_access"], all_of["reason"]) == (False, "missing")
    assert (all_of["granted_attributes"], all_of["missing_attributes"]) == (
        [READ],
        [EXPORT],
    )
    assert asked(bench, token, READ, EXPORT, mode="any")["has_access"]
    assert not asked(bench, token, EXPORT, "lab.qc.approve", mode="any")["has_access"]


def test_administrators_have_all_that_is_active_in_active_labs(a1: Lab):
    reply = asked(a1.bench, a1.token, EXPORT, "system.admin.full")
    assert (reply["has_access"], reply["is_system_admin"]) == (True, True)
    assert (reply["reason"], len(reply["all_user_attributes"])) == ("administrator", 40)
    assert not has(a1.bench, a1.token, "billing.all.close")
    a1.do("save_attribute", name="billing.all.close")
    assert not has(a1.bench, a1.token, "billing.all.close")
    a1.do("save_attribute", name=EXPORT, active=False)
    assert not has(a1.bench, a1.token, EXPORT)
    assert not has(a1.bench, a1.token, READ, "c3")


@pytest.mark.parametrize("doubt", ["lab", "membership", "attribute", "account"])
def test_in_any_doubt_there_are_no_attributes(a1: Lab, doubt: str):
    bench = a1.bench
    assert a1.grant()["status"] == "success"
    user_id = bench.user_id("the.member")
    about = {"user_id": user_id}
    assert asked(bench, a1.token, READ, EXPORT, **about)["has_access"]
    if doubt == "lab":
        lab(bench, "a1", active=False)
    elif doubt == "membership":
        join(bench, "the.member", "a1", "member", active=False)
    elif doubt == "attribute":
        for name in (READ, EXPORT):
            a1.do("save_attribute", name=name, active=False)
    else:
        a1.do("update_user", user_id=user_id, update_data={"status": "suspended"})
    reply = asked(bench, a1.token, READ, EXPORT, **about, mode="any")
    assert not reply["has_access"]
    assert reply["granted_attributes"] == []
    assert READ not in reply["all_user_attributes"]
    if doubt != "attribute":
        assert reply["all_user_attributes"] == []


def test_a_denial_of_a_role_counts_in_labs(a1: Lab):
    a1.role("trainee", denied=[READ])
    a1.give("the.member", "trainee")
    reply = asked(a1.bench, a1.tokens["member"], READ)
    assert (reply["has_access"], reply["reason"]) == (False, "denied")
    assert reply["decisions"][0]["sources"][0]["name"] == "trainee"
    assert READ not in reply["all_user_attributes"]


def test_others_are_asked_about_by_who_may_read_them_there(a1: Lab):
    bench = a1.bench
    outsider = bench.member("outsider")
    about = {"lab_id": "a1", "user_id": bench.user_id("the.member")}
    for action, more in (
        ("authorize", {"required_attributes": [READ]}),
        ("get_effective_attributes", {}),
    ):
        given = {"action": action, **about, **more}
        for token in (outsider, a1.tokens["viewer"]):
            assert (
                bench.ask(**given, session_token=token)["code"] == "PERMISSION_DENIED"
            )
        for token in (a1.tokens["admin"], a1.token):
            assert bench.ask(**given, session_token=token)["status"] == "success"
        given |= {"user_id": bench.user_id("outsider")}  # of no lab of theirs
        reply = bench.ask(**given, session_token=a1.tokens["admin"])
        assert reply["code"] == "PERMISSION_DENIED"


def test_all_attributes_are_read_with_an_entry_where_they_are_somebody_elses(a1: Lab):
    bench = a1.bench
    own = a1.by("viewer", "get_effective_attributes", lab_id="a1")
    assert own["attributes"] == sorted(LAB_ROLES["viewer"])
    assert (own["username"], own["lab_code"], own["is_admin"]) == (
        "the.viewer",
        "A1",
        False,
    )
    about = {"lab_id": "a1", "user_id": bench.user_id("the.viewer")}
    entries = bench.audited_by(lambda: a1.do("get_effective_attributes", **about))
    assert [entry["event"] for entry in entries] == ["user_attributes_read"]


# --- what is granted to one ---


def test_an_attribute_is_granted_for_a_while_revoked_and_granted_again(a1: Lab):
    bench = a1.bench
    assert not has(bench, a1.tokens["member"], EXPORT)
    grant = a1.grant(expires_in_days=1)["grant"]
    assert not grant["is_expired"]
    assert has(bench, a1.tokens["member"], EXPORT)
    assert not has(bench, a1.tokens["member"], EXPORT, "b2")
    assert a1.revoke()["status"] == "success"
    assert not has(bench, a1.tokens["member"], EXPORT)
    assert a1.revoke()["code"] == "NOT_FOUND"
    a1.grant(expires_in_days=1)
    bench.clock.advance(DAY_S)
    a1.tokens = {role: bench.login(f"the.{role}") for role in LAB_ROLES}
    assert not has(bench, a1.tokens["member"], EXPORT)
    [listed] = a1.by("admin", "list_user_attributes", lab_id="a1")["users"]
    assert listed["attributes"][0]["is_expired"]
    [entry] = bench.audited_by(bench.purge)
    assert entry["event"] == "user_attribute_expired"
    assert a1.grant()["grant"]["expires_at"] is None
    assert has(bench, a1.tokens["member"], EXPORT)


def test_who_gives_attributes_in_a_lab(a1: Lab):
    bench = a1.bench
    for by in ("member", "viewer"):
        assert a1.grant(READ, by=by)["code"] == "PERMISSION_DENIED"
        assert a1.revoke(READ, by=by)["code"] == "PERMISSION_DENIED"
    for where in ("b2", "c3"):
        assert a1.grant(lab_id=where)["code"] == "PERMISSION_DENIED"
    lacking = a1.grant("lab.viewer.read")  # administrators of labs lack it
    assert lacking["code"] == "PERMISSION_DENIED"
    assert a1.grant("system.admin.full")["code"] == "PERMISSION_DENIED"
    assert a1.grant("lab.no.such")["code"] == "NOT_FOUND"
    stranger = bench.register("stranger")["user_id"]
    assert a1.grant(user_id=stranger)["code"] == "NOT_FOUND"
    assert a1.grant(user_id="0" * 32)["code"] == "NOT_FOUND"
    bench.clock.advance(bench.profile.recent_login_s + 1)
    assert a1.grant()["code"] == "REAUTHENTICATION_REQUIRED"


def test_grants_are_told_with_old_and_new(a1: Lab):
    a1.grant(expires_in_days=1)
    a1.grant()
    about = {"subject": a1.bench.user_id("the.member"), "limit": 1}
    [entry] = a1.do("query_audit", **about)["entries"]
    assert entry["event"] == "user_attribute_granted"
    old, new = entry["changes"][f"attribute {EXPORT}"]
    assert old.startswith("until 2")
    assert new == "without end"


def test_an_account_is_given_so_many_attributes(make_bench):
    a1 = Lab(make_bench(attributes_per_user=1))
    assert a1.grant()["status"] == "success"
    assert a1.grant("lab.qc.approve")["code"] == "INVALID_REQUEST"


# --- what roles have ---


def test_a_lab_sets_what_its_roles_have_and_no_other_lab_is_touched(a1: Lab):
    bench = a1.bench
    other = bench.member("other")
    join(bench, "other", "b2", "viewer")
    wanted = {"role": "viewer", "attribute": EXPORT, "lab_id": "a1"}
    view = a1.by("admin", "set_role_attribute", **wanted, granted=True)["role"]
    assert {"name": EXPORT, "scope": "lab"} in view["attributes"]
    assert has(bench, a1.tokens["viewer"], EXPORT)
    assert not has(bench, other, EXPORT, "b2")
    taken = {"role": "viewer", "attribute": READ, "lab_id": "a1", "granted": False}
    assert a1.by("admin", "set_role_attribute", **taken)["role"]["taken"] == [READ]
    assert not has(bench, a1.tokens["viewer"], READ)
    assert has(bench, other, READ, "b2")
    for by in ("member", "viewer"):
        refused = a1.by(by, "set_role_attribute", **wanted, granted=True)
        assert refused["code"] == "PERMISSION_DENIED"


def test_what_all_labs_have_is_set_by_who_manages_attributes(a1: Lab):
    bench = a1.bench
    wanted = {"role": "viewer", "attribute": EXPORT, "granted": True}
    for by in LAB_ROLES:
        refused = a1.by(by, "set_role_attribute", **wanted)
        assert refused["code"] == "PERMISSION_DENIED"
    a1.do("set_role_attribute", **wanted)
    assert has(bench, a1.tokens["viewer"], EXPORT)
    own = wanted | {"lab_id": "a1", "granted": False}
    assert a1.by("admin", "set_role_attribute", **own)["status"] == "success"
    assert not has(bench, a1.tokens["viewer"], EXPORT)


def test_administrators_of_labs_keep_what_they_need_to_repair(a1: Lab):
    taken = {"role": "admin", "attribute": "lab.admin.manage", "granted": False}
    refused = a1.by("admin", "set_role_attribute", **taken, lab_id="a1")
    assert refused["code"] == "INVALID_REQUEST"


def test_the_map_of_a_lab_is_read_by_those_who_set_it(a1: Lab):
    roles = a1.by("admin", "list_role_attributes", lab_id="a1")["roles"]
    found = {one["role"]: {a["name"] for a in one["attributes"]} for one in roles}
    assert found == {role: set(names) for role, names in LAB_ROLES.items()}
    for by, where in (("member", "a1"), ("admin", "b2"), ("admin", None)):
        refused = (
            a1.by(by, "list_role_attributes", lab_id=where)
            if where
            else (a1.by(by, "list_role_attributes"))
        )
        assert refused["code"] == "PERMISSION_DENIED"


# --- which there are ---


def test_attributes_are_made_by_who_manages_them_and_found(a1: Lab):
    made = {"name": "reports.month.close", "description": "ends a month"}
    for by in LAB_ROLES:
        refused = a1.by(by, "save_attribute", **made)
        assert refused["code"] == "PERMISSION_DENIED"
    reply = a1.do("save_attribute", **made)
    assert reply["created"]
    assert reply["attribute"]["category"] == "reports"
    assert a1.ask("save_attribute", name="other.thing")["code"] == "INVALID_REQUEST"
    assert a1.ask("save_attribute", name="Lab.Thing")["code"] == "INVALID_REQUEST"
    found = a1.by("viewer", "list_attributes")
    assert found["total"] == 41
    found = a1.by("viewer", "list_attributes", category="system")
    assert found["total"] == 6
    a1.do("save_attribute", name="reports.month.close", active=False)
    only = {"name": "reports.month.close"}
    assert a1.by("viewer", "list_attributes", **only)["total"] == 0
    again = a1.by("viewer", "list_attributes", **only, include_inactive=True)
    assert again["attributes"][0]["description"] == "ends a month"


def test_what_was_granted_of_a_deleted_attribute_is_not_granted_of_a_new_one(a1: Lab):
    name, bench = "lab.robot.start", a1.bench
    a1.do("save_attribute", name=name)
    to = {"user_id": bench.user_id("the.member"), "attribute": name, "lab_id": "a1"}
    a1.do("grant_user_attribute", **to)
    own = {"role": "viewer", "attribute": name, "granted": True, "lab_id": "a1"}
    a1.do("set_role_attribute", **own)
    both = [a1.tokens["member"], a1.tokens["viewer"]]
    assert [has(bench, token, name) for token in both] == [True, True]
    a1.do("delete_attribute", name=name)
    assert [has(bench, token, name) for token in both] == [False, False]
    a1.do("save_attribute", name=name)
    assert [has(bench, token, name) for token in both] == [False, False]
    a1.do("grant_user_attribute", **to)
    assert has(bench, a1.tokens["member"], name)
    assert a1.ask("delete_attribute", name=READ)["code"] == "PERMISSION_DENIED"
    assert a1.ask("delete_attribute", name="lab.no.such")["code"] == "NOT_FOUND"


def test_all_of_it_is_there_after_a_restart(a1: Lab):
    bench, name = a1.bench, "lab.robot.start"
    a1.do("save_attribute", name=name)
    to = {"user_id": bench.user_id("the.member"), "attribute": name, "lab_id": "a1"}
    a1.do("grant_user_attribute", **to)
    own = {"role": "viewer", "attribute": EXPORT, "granted": True, "lab_id": "a1"}
    a1.do("set_role_attribute", **own)
    bench.restart()
    assert has(bench, bench.login("the.member"), name)
    assert has(bench, bench.login("the.viewer"), EXPORT)


def test_a_key_asks_about_others_and_has_nothing_of_its_own_account(a1: Lab):
    bench = a1.bench
    a1.role("reader", "users.read")
    a1.give("the.member", "reader")
    made = a1.by("member", "create_api_key", name="portal", scopes=["users.read"])
    assert made["status"] == "success", made

    def by_key(**more: Any) -> Message:
        question = {"lab_id": "a1", "required_attributes": [READ], **more}
        return bench.ask(action="authorize", api_key=made["api_key"], **question)

    assert by_key(user_id=bench.user_id("the.viewer"))["has_access"]
    own = by_key()
    assert (own["has_access"], own["reason"]) == (False, "scope")
    assert own["all_user_attributes"] == []
    assert has(bench, a1.tokens["member"], READ)
    assert not by_key()["has_access"]
