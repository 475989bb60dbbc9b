"""Where rules of different parts meet: what is left over, what counts, what is told."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from tests.service.harness import Bench, update
from tests.service.test_roles import DAY_S, Office, may
from ums_service.domain.belongings import OWNED
from ums_service.domain.deleted import erase
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements
from ums_service.domain.invitations import INVITATIONS, Invitation, purge
from ums_service.domain.moment import Moment
from ums_service.domain.role_requests import ROLE_REQUESTS, RoleRequests
from ums_service.domain.roles import Role
from ums_service.grant_sweep import GrantSweep
from ums_service.handlers import role_requests
from ums_service.handlers.assignments import role_to_give


def test_what_is_asked_for_during_an_erasure_leaves_nothing(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    office = Office(standard)
    office.role("cashier", "till.open")
    ann, ann_id = standard.member("annie"), standard.user_id("annie")

    async def erased_meanwhile(*of: Any, **more: Any) -> Role:
        async with standard.store.transaction() as tx:
            await erase(tx, ann_id)
        return await role_to_give(*of, **more)

    monkeypatch.setattr(role_requests, "role_to_give", erased_meanwhile)
    asked = {"action": "request_role", "role": "cashier", "reason": "for the fair"}
    assert standard.ask(**asked, session_token=ann)["status"] == "error"
    for collection in OWNED:
        assert standard.store.get_value(collection, ann_id) is None, collection.name


def test_an_invitation_fills_no_account_with_roles(make_bench: Any):
    bench = make_bench(roles_per_user=2)
    office = Office(bench)
    for name in ("one", "two", "three"):
        office.role(name, f"till.{name}")
    ann = bench.member("annie")
    office.give("annie", "one", "two")
    made = office.do(
        "invite_user", email="annie@example.org", roles=["three"], send_email=False
    )
    accept = {"action": "accept_invitation", "token": made["token"]}
    reply = bench.ask(**accept, session_token=ann)
    assert reply["code"] == "INVALID_REQUEST", reply
    office.take("annie", "one")
    assert bench.ask(**accept, session_token=ann)["status"] == "success"
    assert may(bench, ann, "till.three")


def test_an_invitation_gives_a_role_that_has_ended_or_will(standard: Bench):
    office = Office(standard)
    office.role("cashier", "till.open")
    standard.register("annie")
    office.give("annie", "cashier", expires_in_days=1)
    made = office.do(
        "invite_user",
        email="annie@example.org",
        roles=["cashier"],
        send_email=False,
        expires_in_days=7,
    )
    standard.clock.advance(DAY_S)
    ann = standard.login("annie")
    assert not may(standard, ann, "till.open")
    accept = {"action": "accept_invitation", "token": made["token"]}
    assert standard.ask(**accept, session_token=ann)["status"] == "success"
    assert may(standard, ann, "till.open")


def test_what_was_anonymised_stays_so_also_by_compat(compat: Bench):
    admin = compat.admin()
    compat.register("annie")
    ann_id = compat.user_id("annie")
    asked = {"action": "anonymise_user", "user_id": ann_id, "reason": "asked for"}
    assert compat.ask(**asked, session_token=admin)["status"] == "success"
    for status in ("active", "inactive", "suspended"):
        reply = compat.ask(**update(admin, ann_id, status=status))
        assert reply["status"] == "error", status


def test_a_program_is_not_the_last_who_can_administer(standard: Bench):
    admin = standard.admin()
    asked = {"action": "create_service_account", "username": "billing-sync"}
    program = standard.ask(**asked, session_token=admin)["user_id"]
    assert standard.ask(**update(admin, program, role="admin"))["status"] == "success"
    leave = update(admin, role="user")
    refused = standard.ask(**leave)
    assert refused["message"] == "The last administrator must remain"


def test_the_name_of_a_key_goes_with_its_account(standard: Bench):
    ann = standard.member("annie")
    named = {"name": "annie of Oxford", "scopes": ["users.read"]}

    def act() -> None:
        made = standard.ask(action="create_api_key", session_token=ann, **named)
        key_id = made["key"]["key_id"]
        end = {"action": "revoke_api_key", "key_id": key_id}
        assert standard.ask(**end, session_token=ann)["status"] == "success"

    entries = standard.audited_by(act)
    assert "api_key_created" in {one["event"] for one in entries}
    assert "Oxford" not in str([one.get("details") for one in entries])


def test_attributes_that_were_granted_are_handed_out(standard: Bench):
    office = Office(standard)
    lab = office.do("create_lab", name="Lab one", code="LAB001")["lab"]["lab_id"]
    ann = standard.member("annie")
    office.do("add_lab_member", lab_id=lab, username="annie", role="viewer")
    given = {"lab_id": lab, "user_id": standard.user_id("annie")}
    office.do("grant_user_attribute", **given, attribute="lab.patient.delete")
    out = standard.ask(action="export_user_data", session_token=ann)
    granted = out["data"]["entitlements"]["attributes"]
    assert [one["attribute"] for one in granted] == ["lab.patient.delete"]


def waiting(number: int, now: Moment) -> Invitation:
    return Invitation(
        invitation_id=f"{number:010x}",
        email=f"guest{number}@example.org",
        first_name="",
        last_name="",
        roles=(),
        lab_id=None,
        lab_role=None,
        message="",
        invited_by="somebody",
        created_s=now.epoch_s,
        expires_s=now.epoch_s + 7 * DAY_S,
    )


def test_others_get_their_turn_while_what_waits_is_looked_at(standard: Bench):
    now, many = standard.clock.now, 2_000

    async def fill() -> None:
        async with standard.store.transaction() as tx:
            for number in range(many):
                tx.put(INVITATIONS, waiting(number, now))
                tx.put(ENTITLEMENTS, Entitlements(f"user {number}"))
                tx.put(ROLE_REQUESTS, RoleRequests(f"user {number}"))

    async def turns_during(work: Coroutine[Any, Any, None]) -> int:
        task, turns = asyncio.create_task(work), 0
        while not task.done():
            await asyncio.sleep(0)
            turns += 1
        await task
        return turns

    standard.run(fill())
    assert standard.run(turns_during(purge(standard.store, now))) >= many / 200
    sweep = GrantSweep(standard.store).round(now)
    assert standard.run(turns_during(sweep)) >= many / 200
