"""Where rules of different parts meet: what is left over, what counts, what is told."""

import asyncio
import json
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

import pytest

from storage import Transaction
from tests.service.harness import GOOD, Bench, Message, update
from tests.service.mailbox import MAIL
from tests.service.role_office import DAY_S, Office, may
from ums_service.chores.grants import GrantSweep
from ums_service.domain.belongings import GROUPED, OWNED
from ums_service.domain.deleted import DELETED_USERS, erase
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements
from ums_service.domain.invitations import INVITATIONS, Invitation, purge
from ums_service.domain.moment import Moment
from ums_service.domain.outbox import OUTBOX, Template
from ums_service.domain.role_requests import ROLE_REQUESTS, RoleRequests
from ums_service.sending.mails import mail_to

PUSH = MAIL | {"push_gateway_url": "http://127.0.0.1:9/"}
OWN: dict[str, Message] = {
    "request_role": {"role": "cashier", "reason": "for the fair"},
    "register_device": {"device_type": "ios", "device_token": "t" * 40},
    "test_notification": {"channel": "in_app"},
    "send_notification": {"user_ids": ["0a"], "title": "a", "body": "b"},
    "create_api_key": {"name": "job", "scopes": ["users.read"]},
    "update_preferences": {"theme": "dark"},
    "set_consent": {"type": "marketing", "granted": True},
}


@pytest.mark.parametrize("action", OWN)
def test_nothing_is_left_of_who_asks_during_the_erasure(
    make_bench: Any, monkeypatch: pytest.MonkeyPatch, action: str
):
    bench = make_bench(settings=PUSH)
    office = Office(bench)
    office.role("cashier", "till.open")
    office.role("caller", "notifications.send")
    ann, ann_id = bench.member("annie"), bench.user_id("annie")
    office.give("annie", "caller")
    commit, erased = Transaction.commit, list[str]()

    async def after_the_erasure(tx: Transaction) -> None:
        if not erased:
            erased.append(ann_id)
            async with bench.store.transaction() as erasing:
                await erase(erasing, ann_id)
        await commit(tx)

    monkeypatch.setattr(Transaction, "commit", after_the_erasure)
    reply = bench.ask(action=action, session_token=ann, **OWN[action])
    assert (erased, reply["status"]) == ([ann_id], "error"), reply
    for collection in OWNED:
        assert bench.store.get_value(collection, ann_id) is None, collection.name
    for collection in GROUPED:
        left = bench.store.ids_where(collection, "user_id", ann_id)
        assert left == [], collection.name


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


async def turns_during(work: Coroutine[Any, Any, object]) -> int:
    task, turns = asyncio.create_task(work), 0
    while not task.done():
        await asyncio.sleep(0)
        turns += 1
    await task
    return turns


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

    standard.run(fill())
    assert standard.run(turns_during(purge(standard.store, now))) >= many / 200
    sweep = GrantSweep(standard.store).round(now)
    assert standard.run(turns_during(sweep)) >= many / 200


def test_a_key_is_not_told_what_its_owner_was_answered(standard: Bench):
    admin = standard.admin()
    made = {"name": "reader", "scopes": ["users.read", "users.create"]}
    made_key = {"action": "create_api_key", **made, "session_token": admin}
    key = standard.ask(**made_key)["api_key"]
    once = {"action": "force_password_change", "idempotency_key": "0123456789abcdef"}
    standard.register("annie")
    once |= {"user_id": standard.user_id("annie"), "mode": "temporary"}
    assert standard.ask(**once, session_token=admin)["status"] == "success"
    repeated = standard.ask(**once, api_key=key)
    assert repeated["code"] == "PERMISSION_DENIED", repeated


def test_who_is_outranked_does_not_take_an_import_back(standard: Bench):
    office = Office(standard)
    row = {"username": "mona", "email": "mona@example.org", "role": "moderator"}
    made = office.do("import_users", users=[row])
    office.role("cleaner", "users.create", "users.delete")
    cleaner = standard.member("cleaner")
    office.give("cleaner", "cleaner")
    revert = {"action": "revert_import", "import_id": made["import_id"]}
    reply = standard.ask(**revert, session_token=cleaner)
    assert (reply["erased"], len(reply["left"])) == (0, 1), reply
    assert standard.user("mona").role == "moderator"


def test_who_wanted_to_be_erased_is_once_the_hold_has_ended(standard: Bench):
    office = Office(standard)
    ann, bob = standard.member("annie"), standard.member("bobby")
    bob_id = standard.user_id("bobby")
    leave = {"action": "delete_user", "password": GOOD}
    standard.ask(**leave, session_token=ann)  # kept for a while, before the other
    held = {"user_id": bob_id, "reason": "a case"}
    office.do("legal_hold", **held, hold=True)
    gone = standard.ask(**leave, mode="erase", session_token=bob)
    assert gone["status"] == "success"
    standard.purge()
    assert standard.store.get(DELETED_USERS, bob_id)
    office.do("legal_hold", **held, hold=False)
    standard.purge()
    assert standard.store.get(DELETED_USERS, bob_id) is None


def test_what_imports_have_changed_is_handed_out(standard: Bench):
    office, ann = Office(standard), standard.member("annie")
    row = {"username": "annie", "email": "annie@example.org", "city": "Oxford"}
    office.do("import_users", users=[row], on_existing="update")
    out = standard.ask(action="export_user_data", session_token=ann)
    [change] = out["data"]["imported_changes"]
    assert (change["before"]["city"], change["after"]["city"]) == ("", "Oxford")


def test_an_invitation_goes_with_who_accepted_it_and_moved_since(make_bench: Any):
    bench = make_bench(email_change="immediate")
    office = Office(bench)
    made = office.do("invite_user", email="guest@example.org", send_email=False)
    accept = {"action": "accept_invitation", "token": made["token"]}
    assert bench.ask(**accept, username="guest", password=GOOD)["status"] == "success"
    guest = bench.login("guest")
    assert bench.ask(**update(guest, email="new@example.org"))["status"] == "success"
    out = bench.ask(action="export_user_data", session_token=guest)
    assert out["data"]["invitations"][0]["email"] == "guest@example.org"
    gone = {"action": "delete_user", "mode": "erase", "password": GOOD}
    assert bench.ask(**gone, session_token=guest)["status"] == "success"
    assert list(bench.store.scan(INVITATIONS)) == []


def test_others_get_their_turn_while_the_outbox_is_listed(make_bench: Any):
    bench, many = make_bench(settings=MAIL), 2_000
    admin, user = bench.admin(), bench.user("admin")

    async def fill() -> None:
        async with bench.store.transaction() as tx:
            for number in range(many):
                name = f"mail {number}"
                mail = mail_to(user, Template.WELCOME, bench.clock.now, "", name)
                tx.put(OUTBOX, replace(mail, to=f"{number}@example.org"))

    bench.run(fill())
    asked = {"action": "list_mail", "session_token": admin, "state": "dead"}
    answering = bench.service.dispatch.answer(json.dumps(asked).encode(), "127.0.0.1")
    assert bench.run(turns_during(answering)) >= many / 200
    assert bench.ask(**asked)["pending"] >= many
