"""What is told of roles and permissions, and what has ended of them."""

from typing import Any

from tests.service.role_office import DAY_S, Office, lab
from ums_service.domain.entitlements import ENTITLEMENTS


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
