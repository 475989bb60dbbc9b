"""Everything about a person is handed out, and nothing that opens anything."""

import json
from typing import Any

import pytest

from tests.service.authenticator import set_up
from tests.service.harness import ADMIN_PASSWORD, GOOD, ROOT, Bench, Message, update
from tests.service.mailbox import MAIL, planted_mail
from tests.service.test_details import EVERYTHING
from ums_client.protocol.personal_data import ExportUserDataReply
from ums_service.deployment.opening import COLLECTIONS
from ums_service.domain.belongings import GROUPED, OWNED
from ums_service.transfer.personal_data import EXPORTED, NOT_PERSONAL, WITHHELD


def export(bench: Bench, token: str, **more: Any) -> Message:
    return bench.ask(action="export_user_data", session_token=token, **more)


def whole(bench: Bench, token: str, **more: Any) -> tuple[Message, list[Message]]:
    """All parts: the data of the first, and all entries."""
    part = export(bench, token, **more)
    assert part["status"] == "success", part
    data, entries = part["data"], list(part["audit"])
    while "next_cursor" in part:
        part = export(bench, token, **more, cursor=part["next_cursor"])
        assert "data" not in part
        entries += part["audit"]
    return data, entries


def test_every_collection_is_handed_out_or_said_not_to_be():
    names = {collection.name for collection in COLLECTIONS}
    exported = {collection.name for collection in EXPORTED}
    assert exported | set(WITHHELD) | NOT_PERSONAL == names
    assert not exported & (set(WITHHELD) | NOT_PERSONAL)
    assert not set(WITHHELD) & NOT_PERSONAL
    about_people = {collection.name for collection in (*OWNED, *GROUPED)}
    assert about_people <= exported | set(WITHHELD)


def test_every_section_is_described():
    page = (ROOT / "docs" / "personal-data.md").read_text()
    for name, _ in EXPORTED.values():
        assert f"| `{name}` |" in page


def everything_about(bench: Bench) -> tuple[str, str]:
    """An account that has something in every section; its token and password."""
    alice = bench.member("alice", **EVERYTHING)
    set_up(bench, alice)
    planted_mail(bench, "alice")
    bench.ask(action="set_consent", session_token=alice, type="terms", granted=True)
    return alice, GOOD


def test_a_document_has_all_that_is_known(make_bench):
    bench = make_bench(settings=MAIL)
    alice, password = everything_about(bench)
    data, entries = whole(bench, alice, password=password)
    told = {**data["account"], **data["details"]}
    assert {name: told[name] for name in EVERYTHING} == EVERYTHING
    kinds = [(c["type"], c["granted"]) for c in data["consents"]]
    assert kinds == [("privacy", True), ("terms", True)]
    assert [f["method"] for f in data["factors"]["factors"]] == ["totp"]
    assert data["sessions"][0]["address"] == "127.0.0.1"
    assert {m["template"] for m in data["mails"]} >= {"welcome", "factor_added"}
    events = [e["event"] for e in entries]
    assert {"user_created", "login", "mfa_enabled", "consent_set"} <= set(events)


def test_it_comes_in_parts_that_miss_and_repeat_nothing(standard: Bench):
    alice = standard.member("alice")
    for number in range(7):
        standard.ask(**update(alice, city=f"city {number}"))
    last = standard.audit()[-1].sequence
    _, entries = whole(standard, alice, limit=2)
    numbers = [e["number"] for e in entries if e["number"] <= last]
    user_id = standard.user_id("alice")
    expected = [
        e.sequence
        for e in reversed(standard.audit())
        if user_id in (e.data.get("actor"), e.data.get("subject"))
        and e.sequence <= last
    ]
    assert numbers == expected
    assert len(expected) >= 9


def test_nothing_that_opens_anything_is_in_it(make_bench):
    bench = make_bench(settings=MAIL)
    alice, password = everything_about(bench)
    user = bench.user("alice")
    told = json.dumps(whole(bench, alice, password=password))
    factors = bench.store.get_document(
        next(c for c in COLLECTIONS if c.name == "factors"), user.user_id
    )
    assert factors is not None
    for secret in (password, alice, user.password_hash, "argon2", "secret", "digest"):
        assert secret not in told, secret
    assert factors["totp"]["secret"].hex() not in told


def test_an_export_leaves_an_entry(standard: Bench):
    alice = standard.member("alice")
    entries = standard.audited_by(lambda: export(standard, alice))
    assert [e["event"] for e in entries] == ["user_data_exported"]


def test_a_session_left_open_does_not_hand_it_out(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    standard.clock.advance(601)
    assert export(standard, alice)["code"] == "REAUTHENTICATION_REQUIRED"
    wrong = export(standard, alice, password="wrong")
    assert wrong["code"] == "INVALID_CREDENTIALS"
    assert export(standard, alice, password=GOOD)["status"] == "success"
    of_other = export(standard, admin, user_id=user_id, password=ADMIN_PASSWORD)
    assert of_other["code"] == "REAUTHENTICATION_REQUIRED"


def test_one_permission_of_the_two_is_not_enough(standard: Bench):
    from ums_service.domain.roles import STORED_ROLES, Role
    from ums_service.domain.users import USERS

    standard.register("alice")
    clerk = standard.member("clerk")
    outcomes = []
    for allows in ({"users.read"}, {"audit.export"}, {"users.read", "audit.export"}):

        async def grant(allows: set[str] = allows) -> None:
            async with standard.store.transaction() as tx:
                tx.put(STORED_ROLES, Role("clerks", allows=frozenset(allows)))
                tx.put(USERS, standard.user("clerk")._replace(role="clerks"))

        standard.run(grant())
        reply = export(standard, clerk, user_id=standard.user_id("alice"))
        outcomes.append(reply.get("code", "ok"))
    assert outcomes == ["PERMISSION_DENIED", "PERMISSION_DENIED", "ok"]


def test_a_deleted_account_and_its_hold(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice")
    user_id = standard.user_id("alice")
    order = {"action": "legal_hold", "hold": True, "reason": "a lawsuit"}
    standard.ask(**order, session_token=admin, user_id=user_id)
    mine, _ = whole(standard, alice)
    assert "lawsuit" not in json.dumps(mine)
    standard.ask(action="delete_user", session_token=alice, password=GOOD)
    data, _ = whole(standard, admin, user_id=user_id)
    assert data["deleted"]["account"]["username"] == "alice"
    assert "account" not in data
    assert export(standard, admin, user_id="0" * 32)["code"] == "NOT_FOUND"


@pytest.mark.parametrize("profile", ["standard", "hipaa", "compat"])
def test_every_part_is_valid_for_its_class(make_bench, profile: str):
    bench = make_bench(profile=profile, require_email_verification=False)
    alice = bench.member("alice", "Wq7!nebula-Orchid", **EVERYTHING)
    part = export(bench, alice, password="Wq7!nebula-Orchid")
    assert part.pop("status") == "success"
    ExportUserDataReply.model_validate(part, strict=True)
