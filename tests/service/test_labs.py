"""Labs: made, listed, read, changed, deleted; who is in them, and as what."""

import pytest

from tests.service.harness import STRONG, Bench
from tests.service.lab_bench import LabBench
from tests.service.test_lab_roles import put
from ums_service.chores.ended_labs import EndedLabs
from ums_service.domain.attribute_book import ROLE_MAPS
from ums_service.domain.entitlements import ENTITLEMENTS, AssignedRole
from ums_service.domain.labs import ENDED_LABS
from ums_service.domain.roles import STORED_ROLES, Role

DENIED, MISSING, TAKEN, INVALID = (
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "CONFLICT",
    "INVALID_REQUEST",
)


@pytest.fixture
def labs(standard: Bench) -> LabBench:
    return LabBench(standard, standard.admin())


@pytest.fixture
def crl(labs: LabBench) -> LabBench:
    labs.lab("CRL001", lena="admin", mark="member", vera="viewer")
    return labs


def test_a_lab_is_made_with_its_first_administrator(labs: LabBench):
    labs.account("lena")
    made = labs.does(
        "admin",
        "create_lab",
        name="  Cancer   Research Lab ",
        code="crl001",
        description="Wing B",
        admin_user_id=labs.id("lena"),
    )
    lab = made["lab"]
    assert (lab["name"], lab["code"]) == ("Cancer Research Lab", "CRL001")
    assert (lab["is_active"], lab["features"]) == (True, [])
    for named in ({"lab_id": lab["lab_id"]}, {"code": "Crl001"}):
        read = labs.does("lena", "get_lab", **named)
        assert (read["lab"], read["my_role"]) == (lab, "admin")
    assert "my_role" not in labs.does("admin", "get_lab", code="CRL001")


def test_a_lab_whose_administrator_is_nobody_is_not_made(labs: LabBench):
    nobody = "0" * 8
    made = {"name": "Genetics", "code": "GEN001", "admin_user_id": nobody}
    assert labs.refused("admin", "create_lab", **made) == MISSING
    assert labs.does("admin", "list_labs")["total"] == 0


def test_names_and_codes_of_labs_are_unique_whatever_their_case(crl: LabBench):
    taken = crl.as_("admin", "create_lab", name="LAB crl001", code="NEW")
    assert (taken["code"], taken["details"][0]["field"]) == (TAKEN, "name")
    taken = crl.as_("admin", "create_lab", name="Another", code="crl001")
    assert (taken["code"], taken["details"][0]["field"]) == (TAKEN, "code")
    crl.lab("GEN001")
    renamed = {"lab_id": crl.labs["GEN001"], "name": "lab CRL001"}
    assert crl.refused("admin", "update_lab", **renamed) == TAKEN


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("ab", "OK1"),
        ("  a  ", "OK1"),
        ("a" * 101, "OK1"),
        ("Good", "X"),
        ("Good", "A" * 21),
        ("Good", "A B"),
        ("Good", "ÄB"),
    ],
)
def test_names_and_codes_have_a_form(labs: LabBench, name: str, code: str):
    assert labs.refused("admin", "create_lab", name=name, code=code) == INVALID


def test_two_labs_made_at_once_do_not_share_a_code(labs: LabBench):
    both = [
        {
            "action": "create_lab",
            "name": f"Lab {n}",
            "code": "SAME",
            "session_token": labs.admin,
        }
        for n in range(2)
    ]
    replies = labs.bench.ask_all(both)
    assert sorted(reply.get("code", "") for reply in replies) == ["", TAKEN]


def test_everybody_lists_their_own_labs_and_managers_all(crl: LabBench):
    crl.lab("GEN001", gina="member")
    crl.lab("OLD001", mark="viewer")
    closed = {"lab_id": crl.labs["OLD001"], "is_active": False}
    crl.does("admin", "update_lab", **closed)

    def codes(name: str, **more: object) -> list[str]:
        listed = crl.does(name, "list_labs", **more)
        assert listed["total"] == len(listed["labs"])
        return [lab["code"] for lab in listed["labs"]]

    assert codes("mark") == ["CRL001"]
    assert codes("mark", include_inactive=True) == ["CRL001"]
    assert codes("gina") == ["GEN001"]
    assert codes("admin") == ["CRL001", "GEN001"]
    assert codes("admin", include_inactive=True) == ["CRL001", "GEN001", "OLD001"]
    assert codes("admin", search="gen") == ["GEN001"]
    assert codes("mark", search="gen") == []


def test_labs_come_in_pages(labs: LabBench):
    for number in range(5):
        labs.lab(f"L{number}")
    second = labs.does("admin", "list_labs", page=2, page_size=2)
    assert [lab["code"] for lab in second["labs"]] == ["L2", "L3"]
    assert (second["total"], second["pages"]) == (5, 3)


def test_an_admin_of_the_lab_changes_its_name_and_nothing_more(crl: LabBench):
    there = {"lab_id": crl.labs["CRL001"]}
    changed = crl.does("lena", "update_lab", **there, name="New name", description="x")
    lab = changed["lab"]
    assert (lab["name"], lab["description"], lab["code"]) == ("New name", "x", "CRL001")
    for field, value in (("is_active", False), ("features", ["imaging"])):
        assert crl.refused("lena", "update_lab", **there, **{field: value}) == DENIED
    assert crl.refused("mark", "update_lab", **there, name="Mine") == DENIED
    changed = crl.does("admin", "update_lab", **there, features=["imaging", "imaging"])
    assert changed["lab"]["features"] == ["imaging"]
    assert changed["lab"]["name"] == "New name"
    assert crl.refused("admin", "update_lab", **there, code="X99") == INVALID


def test_members_are_added_by_id_name_or_address(crl: LabBench):
    crl.account("alice", "bobby", "carol")
    there = {"lab_id": crl.labs["CRL001"]}
    added = crl.does("lena", "add_lab_member", **there, user_id=crl.id("alice"))
    assert added["membership"]["role"] == "member"
    crl.does("lena", "add_lab_member", **there, username=" Bobby ", role="viewer")
    crl.does("lena", "add_lab_member", **there, email="CAROL@example.org", role="admin")
    assert crl.members("CRL001") == {
        "lena": "admin",
        "mark": "member",
        "vera": "viewer",
        "alice": "member",
        "bobby": "viewer",
        "carol": "admin",
    }
    again = {"username": "alice", "role": "admin"}
    assert crl.refused("lena", "add_lab_member", **there, **again) == TAKEN
    assert crl.refused("lena", "add_lab_member", **there, username="none") == MISSING
    assert crl.refused("lena", "add_lab_member", **there) == INVALID
    both = {"username": "dave", "email": "dave@example.org"}
    assert crl.refused("lena", "add_lab_member", **there, **both) == INVALID


def test_an_account_is_in_so_many_labs_and_no_more(make_bench):
    bench = make_bench(labs_per_user=1)
    labs = LabBench(bench, bench.admin())
    labs.lab("ONE", alice="member")
    labs.lab("TWO")
    second = {"lab_id": labs.labs["TWO"], "username": "alice"}
    assert labs.refused("admin", "add_lab_member", **second) == INVALID


def test_nobody_gives_or_takes_a_role_with_more_than_they_have(crl: LabBench):
    """A member who may invite, remove and assign still makes and unmakes no admin."""
    helping = Role(
        "helper",
        allows=frozenset({"lab.users.invite", "lab.users.remove", "lab.roles.assign"}),
    )

    async def grant() -> None:
        async with crl.bench.store.transaction() as tx:
            tx.put(STORED_ROLES, helping)

    crl.bench.run(grant())
    lab_id, own = crl.labs["CRL001"], crl.bench.store.get(ENTITLEMENTS, crl.id("mark"))
    assert own is not None
    given = AssignedRole("helper", lab_id, None, "", "", "")
    put(crl.bench, type(own)(own.user_id, (given,), own.labs))
    crl.account("alice")
    there = {"lab_id": lab_id}
    crl.does("mark", "add_lab_member", **there, username="alice", role="viewer")
    alice, lena = crl.id("alice"), crl.id("lena")
    crl.does("mark", "update_lab_member", **there, user_id=alice, role="member")
    for user_id, role in (
        (alice, "admin"),
        (crl.id("mark"), "admin"),
        (lena, "member"),
    ):
        to = {"user_id": user_id, "role": role}
        assert crl.refused("mark", "update_lab_member", **there, **to) == DENIED
    assert crl.refused("mark", "remove_lab_member", **there, user_id=lena) == DENIED
    crl.does("mark", "remove_lab_member", **there, user_id=alice)
    as_admin = {"username": "alice", "role": "admin"}
    assert crl.refused("mark", "add_lab_member", **there, **as_admin) == DENIED


def test_a_change_of_role_counts_at_the_next_request(crl: LabBench):
    there = {"lab_id": crl.labs["CRL001"]}
    mark = {"user_id": crl.id("mark")}
    assert crl.refused("mark", "update_lab", **there, name="By mark") == DENIED
    crl.does("lena", "update_lab_member", **there, **mark, role="admin")
    crl.does("mark", "update_lab", **there, name="By mark")
    crl.does("lena", "update_lab_member", **there, **mark, is_active=False)
    assert crl.refused("mark", "get_lab", **there) == DENIED
    assert crl.members("CRL001") == {"lena": "admin", "vera": "viewer"}
    assert crl.members("CRL001", include_inactive=True)["mark"] == "admin"
    crl.does("lena", "update_lab_member", **there, **mark, is_active=True)
    assert crl.does("mark", "get_lab", **there)["my_role"] == "admin"


def test_members_leave_by_themselves_and_are_removed(crl: LabBench):
    there = {"lab_id": crl.labs["CRL001"]}
    assert crl.refused("vera", "remove_lab_member", **there, user_id=crl.id("mark"))
    crl.does("vera", "remove_lab_member", **there)
    crl.does("lena", "remove_lab_member", **there, user_id=crl.id("mark"))
    assert crl.members("CRL001") == {"lena": "admin"}
    assert crl.refused("vera", "get_lab", **there) == DENIED
    gone = {"user_id": crl.id("mark")}
    assert crl.refused("lena", "remove_lab_member", **there, **gone) == MISSING
    assert crl.refused("lena", "update_lab_member", **there, **gone) == MISSING
    assert crl.bench.store.get(ENTITLEMENTS, crl.id("vera")) is None


@pytest.mark.parametrize(
    ("action", "more"),
    [
        ("remove_lab_member", {}),
        ("update_lab_member", {"role": "member"}),
        ("update_lab_member", {"is_active": False}),
    ],
)
def test_the_last_administrator_of_a_lab_stays(
    crl: LabBench, action: str, more: dict[str, object]
):
    lena = {"lab_id": crl.labs["CRL001"], "user_id": crl.id("lena"), **more}
    reply = crl.as_("lena", action, **lena)
    assert reply["message"] == "The last administrator of a lab must remain"
    crl.lab("GEN001", gina="admin")  # another lab changes nothing
    assert crl.refused("lena", action, **lena) == DENIED
    crl.account("alice")
    crl.join("CRL001", "alice", "admin")
    suspended = {"update_data": {"status": "suspended"}, "user_id": crl.id("alice")}
    crl.does("admin", "update_user", **suspended)
    assert crl.refused("lena", action, **lena) == DENIED, "the other cannot log in"
    suspended["update_data"] = {"status": "active"}
    crl.does("admin", "update_user", **suspended)
    crl.does("lena", action, **lena)


def test_who_manages_labs_may_remove_the_last_administrator(crl: LabBench):
    lena = {"lab_id": crl.labs["CRL001"], "user_id": crl.id("lena")}
    crl.does("admin", "remove_lab_member", **lena)
    statistics = crl.does("admin", "get_lab_statistics", lab_id=lena["lab_id"])
    assert statistics["admins"] == 0


@pytest.mark.parametrize("others", [1, 12])
def test_of_all_administrators_who_leave_at_once_one_stays(crl: LabBench, others: int):
    names = [f"boss{n}" for n in range(others)]
    for name in names:
        crl.account(name)
        crl.join("CRL001", name, "admin")
    leaving = [
        {
            "action": "remove_lab_member",
            "lab_id": crl.labs["CRL001"],
            "session_token": crl.tokens[name],
        }
        for name in [*names, "lena"]
    ]
    replies = crl.bench.ask_all(leaving)
    codes = [reply.get("code") for reply in replies if reply["status"] == "error"]
    assert codes == [DENIED]
    assert list(crl.members("CRL001", role="admin").values()) == ["admin"]


def test_an_admin_who_leaves_while_the_other_is_suspended(crl: LabBench):
    crl.account("alice")
    crl.join("CRL001", "alice", "admin")
    suspend = {"action": "update_user", "user_id": crl.id("alice")}
    suspend |= {"update_data": {"status": "suspended"}, "session_token": crl.admin}
    leave = {"action": "remove_lab_member", "lab_id": crl.labs["CRL001"]}
    first, second = crl.bench.ask_all(
        [suspend, leave | {"session_token": crl.tokens["lena"]}]
    )
    assert first["status"] == "success"
    assert second["code"] == DENIED


def test_members_come_in_pages_that_meet_everybody_once(crl: LabBench):
    names = [f"user{n}" for n in range(7)]
    for name in names:
        crl.account(name)
        crl.join("CRL001", name, "viewer")
    found: list[str] = []
    cursor = None
    for _ in range(10):
        page = crl.does(
            "vera",
            "list_lab_members",
            lab_id=crl.labs["CRL001"],
            limit=3,
            role="viewer",
            cursor=cursor,
        )
        assert len(page["members"]) <= 3
        found += [one["username"] for one in page["members"]]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
    assert sorted(found) == sorted([*names, "vera"])


def test_no_page_is_without_bound(crl: LabBench):
    there = {"lab_id": crl.labs["CRL001"]}
    assert crl.refused("mark", "list_lab_members", **there, limit=101) == INVALID
    assert crl.refused("mark", "list_labs", page_size=101) == INVALID


def test_what_is_shown_of_a_member(crl: LabBench):
    listed = crl.does(
        "mark", "list_lab_members", lab_id=crl.labs["CRL001"], role="admin"
    )
    (lena,) = listed["members"]
    assert lena.pop("joined_at")
    assert lena == {
        "user_id": crl.id("lena"),
        "username": "lena",
        "full_name": "",
        "email": "lena@example.org",
        "role": "admin",
        "is_active": True,
    }


def test_a_membership_goes_and_comes_back_with_its_account(crl: LabBench):

    mark = crl.id("mark")
    crl.does("mark", "delete_user", password=STRONG)
    assert "mark" not in crl.members("CRL001", include_inactive=True)
    crl.does("admin", "restore_user", user_id=mark)
    assert crl.members("CRL001")["mark"] == "member"


def test_the_last_administrator_may_delete_their_account(crl: LabBench):
    crl.does("lena", "delete_user", password=STRONG)
    assert crl.members("CRL001") == {"mark": "member", "vera": "viewer"}
    statistics = crl.does("admin", "get_lab_statistics", lab_id=crl.labs["CRL001"])
    assert (statistics["admins"], statistics["members"]) == (0, 2)


def test_labs_of_an_account_are_shown_as_far_as_the_reader_may_see_them(crl: LabBench):
    crl.lab("GEN001", gina="admin", mark="viewer")

    def codes(reader: str, **more: str) -> dict[str, str]:
        found = crl.does(reader, "get_user_labs", **more)["memberships"]
        return {one["code"]: one["role"] for one in found}

    mark = {"user_id": crl.id("mark")}
    assert codes("mark") == {"CRL001": "member", "GEN001": "viewer"}
    assert codes("admin", **mark) == {"CRL001": "member", "GEN001": "viewer"}
    assert codes("lena", **mark) == {"CRL001": "member"}
    assert codes("gina", **mark) == {"GEN001": "viewer"}
    assert crl.refused("vera", "get_user_labs", **mark) == DENIED
    assert crl.refused("gina", "get_user_labs", user_id=crl.id("vera")) == DENIED


def test_a_lab_admin_reads_accounts_of_members_and_of_nobody_else(crl: LabBench):
    crl.account("alice")
    shown = crl.does("lena", "get_user", user_id=crl.id("mark"))
    assert shown["user"]["username"] == "mark"
    assert crl.refused("lena", "get_user", user_id=crl.id("alice")) == DENIED
    crl.does(
        "lena", "remove_lab_member", lab_id=crl.labs["CRL001"], user_id=crl.id("mark")
    )
    assert crl.refused("lena", "get_user", user_id=crl.id("mark")) == DENIED


def test_statistics_count_the_members(crl: LabBench):
    lab_id = crl.labs["CRL001"]
    crl.bench.clock.advance(8 * 24 * 3600)
    crl.tokens["admin"] = crl.bench.admin()
    crl.tokens["lena"] = crl.bench.login("lena", STRONG)
    crl.bench.register("never", STRONG)
    crl.join("CRL001", "never", "viewer")
    idle = {"lab_id": lab_id, "user_id": crl.id("vera"), "is_active": False}
    crl.does("lena", "update_lab_member", **idle)
    suspended = {"update_data": {"status": "suspended"}, "user_id": crl.id("mark")}
    crl.does("admin", "update_user", **suspended)
    counted = crl.does("lena", "get_lab_statistics", lab_id=lab_id)
    del counted["status"]
    assert counted == {
        "members": 4,
        "active": 3,
        "suspended": 1,
        "admins": 1,
        "by_role": {"admin": 1, "member": 1, "viewer": 1},
        "recent_logins": 1,
        "never_logged_in": 1,
        "recently_joined": 1,
    }
    assert crl.refused("mark", "get_lab_statistics", lab_id=lab_id) != "success"


def test_what_was_granted_in_a_lab_goes_with_the_membership(crl: LabBench):
    there, mark = {"lab_id": crl.labs["CRL001"]}, {"user_id": crl.id("mark")}
    dispose = {"attribute": "lab.samples.dispose"}
    crl.does("lena", "grant_user_attribute", **there, **mark, **dispose)
    crl.does(
        "admin", "assign_role", **there, user_ids=[crl.id("mark")], roles=["moderator"]
    )
    told = crl.does("lena", "query_audit", **there)["entries"]
    assert {"user_attribute_granted", "role_assigned"} <= {e["event"] for e in told}

    def has() -> set[str]:
        read = crl.does("admin", "get_user_permissions", **there, **mark)
        return set(read["per_lab"].get(there["lab_id"], []))

    assert {"lab.samples.dispose", "users.status"} <= has()
    crl.does("lena", "remove_lab_member", **there, **mark)
    crl.join("CRL001", "mark", "member")
    assert not {"lab.samples.dispose", "users.status"} & has()


# --- the end of a lab ---


def end_memberships(bench: Bench) -> None:
    """A round of what happens by itself."""
    bench.do(EndedLabs(bench.store).round)


def test_a_lab_is_deleted_by_its_code_and_counts_for_nothing_at_once(crl: LabBench):
    lab_id = crl.labs["CRL001"]
    there = {"lab_id": lab_id}
    wrong = {**there, "confirm_code": "CRL002"}
    assert crl.refused("admin", "delete_lab", **wrong) == INVALID
    assert crl.refused("lena", "delete_lab", **there, confirm_code="CRL001") == DENIED
    crl.does("admin", "delete_lab", **there, confirm_code="crl001")
    assert crl.refused("lena", "get_lab", **there) == DENIED
    assert crl.does("lena", "list_labs")["total"] == 0
    for action, more in (
        ("get_lab", {}),
        ("list_lab_members", {}),
        ("get_lab_statistics", {}),
        ("update_lab", {"name": "Again"}),
        ("delete_lab", {"confirm_code": "CRL001"}),
        ("add_lab_member", {"username": "lena"}),
    ):
        assert crl.refused("admin", action, **there, **more) == MISSING, action
    assert (
        crl.does("admin", "get_user_labs", user_id=crl.id("lena"))["memberships"] == []
    )
    again = crl.lab("CRL001")
    assert again != lab_id, "name and code are free"
    assert crl.members("CRL001") == {}


def test_a_map_of_roles_goes_with_its_lab(crl: LabBench):
    there = {"lab_id": crl.labs["CRL001"]}
    more = {"role": "viewer", "attribute": "lab.qc.perform", "granted": True}
    crl.does("lena", "set_role_attribute", **there, **more)
    assert crl.bench.store.get(ROLE_MAPS, there["lab_id"]) is not None
    crl.does("admin", "delete_lab", **there, confirm_code="CRL001")
    assert crl.bench.store.get(ROLE_MAPS, there["lab_id"]) is None


def test_memberships_of_a_deleted_lab_go_bit_by_bit_also_after_a_restart(
    crl: LabBench, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("ums_service.domain.memberships.ENDED_AT_ONCE", 2)
    monkeypatch.setattr("ums_service.chores.ended_labs.COMMITS_MAX", 1)
    crl.lab("GEN001", mark="viewer")
    bench, lab_id = crl.bench, crl.labs["CRL001"]
    crl.does("vera", "delete_user", password=STRONG)
    crl.does("admin", "delete_lab", lab_id=lab_id, confirm_code="CRL001")

    def left() -> int:
        return bench.store.count_where(ENTITLEMENTS, "member_of", lab_id)

    assert left() == 3, "that of the deleted account, too"
    end_memberships(bench)
    assert left() == 1
    bench.restart()
    assert bench.store.count(ENDED_LABS) == 1
    end_memberships(bench)
    assert left() == 0
    end_memberships(bench)
    assert bench.store.count(ENDED_LABS) == 0
    crl.tokens["admin"] = bench.admin()
    assert crl.members("GEN001") == {"mark": "viewer"}
