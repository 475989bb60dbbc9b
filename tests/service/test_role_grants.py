"""Nobody gives roles or permissions that they lack."""

from typing import Any

from tests.service.harness import update
from tests.service.role_office import Office, lab, manager, may
from ums_service.domain.authorisation import FOREVER, Caller, Grant, Kind, has_all
from ums_service.domain.moment import Moment


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
