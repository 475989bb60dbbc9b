"""What roles of a lab give, where, and when it ends."""

from dataclasses import replace

import pytest

from tests.service.harness import Bench
from ums_client.protocol.permissions import Permission
from ums_service.domain.attributes import ATTRIBUTES, LAB_ROLES, WITHIN_LAB
from ums_service.domain.authorisation import NOTHING, Caller, Kind, permissions_of
from ums_service.domain.entitlements import (
    ENTITLEMENTS,
    AssignedRole,
    Entitlements,
    Membership,
)
from ums_service.domain.labs import LABS, Lab
from ums_service.guard.authority import Authority

LAB = Lab("11", "CRL001", "Cancer Research Lab", "cancer research lab")
OTHER = Lab("22", "GEN001", "Genetics Lab", "genetics lab")
SINCE = "2026-01-01T00:00:00+00:00"


def test_there_are_40_attributes_34_of_labs_and_6_of_the_system():
    categories = [attribute.category for attribute in ATTRIBUTES.values()]
    assert len(categories) == 40
    assert (categories.count("lab"), categories.count("system")) == (34, 6)
    assert all(len(name.split(".")) == 3 for name in ATTRIBUTES)


def test_the_roles_of_a_lab_have_33_14_and_7_attributes():
    assert {role: len(names) for role, names in LAB_ROLES.items()} == {
        "admin": 33,
        "member": 14,
        "viewer": 7,
    }
    of_labs = {name for name in ATTRIBUTES if name.startswith("lab.")}
    assert all(names <= of_labs for names in LAB_ROLES.values())
    assert LAB_ROLES["admin"] == of_labs - {"lab.viewer.read"}
    assert LAB_ROLES["viewer"] - LAB_ROLES["member"] == {"lab.viewer.read"}
    assert LAB_ROLES["member"] < LAB_ROLES["admin"]


def test_what_the_service_asks_for_has_the_names_of_attributes():
    names = {permission.value for permission in Permission}
    assert {name for name in names if name.startswith("lab.")} <= ATTRIBUTES.keys()
    assert WITHIN_LAB.keys() == LAB_ROLES.keys()
    assert NOTHING.union(*WITHIN_LAB.values()) <= names


def put(bench: Bench, *documents: object) -> None:
    async def commit() -> None:
        async with bench.store.transaction() as tx:
            for document in documents:
                tx.put(LABS if isinstance(document, Lab) else ENTITLEMENTS, document)

    bench.run(commit())


def entitled(bench: Bench, *roles: AssignedRole, **labs: Membership) -> Entitlements:
    by_id = {f"{name[1:]}": membership for name, membership in labs.items()}
    return Entitlements(bench.user_id("alice"), roles, by_id)


@pytest.fixture
def lab_bench(standard: Bench) -> Bench:
    standard.register("alice")
    put(standard, LAB, OTHER)
    return standard


def caller(bench: Bench) -> Caller:
    found = bench.service.facilities.authority.caller(bench.user_id("alice"))
    assert found is not None
    return found


def allowed(bench: Bench, lab_id: str) -> frozenset[str]:
    return permissions_of(caller(bench), frozenset({lab_id}), bench.clock.now)


@pytest.mark.parametrize("role", LAB_ROLES)
def test_a_role_counts_in_its_lab_and_nowhere_else(lab_bench: Bench, role: str):
    put(lab_bench, entitled(lab_bench, _11=Membership(role, True, SINCE)))
    assert allowed(lab_bench, "11") == LAB_ROLES[role] | WITHIN_LAB[role]
    assert allowed(lab_bench, "22") == NOTHING
    assert permissions_of(caller(lab_bench), NOTHING, lab_bench.clock.now) == NOTHING
    assert caller(lab_bench).lab_ids == {"11"}
    (own, *_) = [g for g in caller(lab_bench).grants if g.kind is Kind.LAB_ROLE]
    assert (own.name, own.lab_id) == (role, "11")


def test_one_account_has_different_roles_in_two_labs(lab_bench: Bench):
    viewer, admin = (Membership(role, True, SINCE) for role in ("viewer", "admin"))
    put(lab_bench, entitled(lab_bench, _11=viewer, _22=admin))
    assert allowed(lab_bench, "11") == LAB_ROLES["viewer"]
    assert "lab.admin.manage" in allowed(lab_bench, "22")


GRANTED = AssignedRole("moderator", "11", None, "", "", "")


@pytest.mark.parametrize("what", ["membership", "lab", "deleted"])
def test_nothing_in_a_lab_counts_once_it_or_the_membership_is_not_active(
    lab_bench: Bench, what: str
):
    active = entitled(lab_bench, GRANTED, _11=Membership("admin", True, SINCE))
    put(lab_bench, active)
    assert {"users.status", "lab.admin.manage"} <= allowed(lab_bench, "11")
    if what == "membership":
        ended = Membership("admin", False, SINCE)
        put(lab_bench, entitled(lab_bench, GRANTED, _11=ended))
    elif what == "lab":
        put(lab_bench, replace(LAB, active=False))
    else:

        async def delete() -> None:
            async with lab_bench.store.transaction() as tx:
                tx.delete(LABS, "11")

        lab_bench.run(delete())
    assert allowed(lab_bench, "11") == NOTHING
    assert caller(lab_bench).lab_ids == NOTHING


def test_a_document_from_before_there_were_labs_is_read(lab_bench: Bench):
    user_id = lab_bench.user_id("alice")
    old = {"user_id": user_id, "roles": [["moderator", None, None, "", "", ""]]}
    read = ENTITLEMENTS.from_document(old)
    assert read.labs == {}
    put(lab_bench, read)
    fresh = Authority(lab_bench.store).caller(user_id)
    assert fresh is not None
    assert permissions_of(fresh, NOTHING, lab_bench.clock.now) >= {"users.status"}
