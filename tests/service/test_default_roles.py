"""Roles that every new account is given."""

import pytest

from tests.service.harness import Bench, Message, creation
from tests.service.test_roles import Office, may
from ums_service.domain.entitlements import ENTITLEMENTS


@pytest.fixture
def office(standard: Bench) -> Office:
    return Office(standard)


def roles_of(bench: Bench, name: str) -> list[str]:
    own = bench.store.get(ENTITLEMENTS, bench.user_id(name))
    return [given.role for given in own.roles] if own else []


def test_who_comes_from_then_on_has_it(office: Office):
    bench = office.bench
    bench.register("early")
    office.role("guest", "door.open", default=True)
    bench.restart()
    office.login_again()
    annie = bench.member("annie")
    assert may(bench, annie, "door.open")
    assert roles_of(bench, "early") == []
    entry = [e.data for e in bench.audit() if e.data["event"] == "user_created"][-1]
    assert entry["details"]["roles"] == ["guest"]
    office.do("save_role", name="guest", default=False)
    bench.register("later")
    assert roles_of(bench, "later") == []
    assert may(bench, bench.login("annie"), "door.open")


def test_one_that_is_made_by_an_administrator_or_invited_has_it_too(office: Office):
    bench = office.bench
    office.role("guest", "door.open", default=True)
    made = bench.ask(**creation("bobby"), session_token=office.token)
    assert made["status"] == "success", made
    invited = office.do(
        "invite_user", email="carol@example.org", send_email=False, roles=[]
    )
    accepted: Message = {"action": "accept_invitation", "token": invited["token"]}
    reply = bench.ask(**accepted, username="carol", password="correct horse 7")
    assert reply["status"] == "success", reply
    assert roles_of(bench, "bobby") == roles_of(bench, "carol") == ["guest"]


def test_one_that_is_not_active_is_not_given(office: Office):
    office.role("guest", "door.open", default=True)
    office.do("save_role", name="guest", active=False)
    office.bench.register("annie")
    assert roles_of(office.bench, "annie") == []


def test_they_are_told_and_found(office: Office):
    office.role("guest", "door.open", default=True)
    office.role("cashier", "till.open")
    found = office.do("list_roles", default=True)["roles"]
    assert [(role["name"], role["default"]) for role in found] == [("guest", True)]


def test_to_give_to_everybody_is_to_assign(office: Office):
    bench, mia = office.bench, office.bench.member("mia")
    office.role("maker", "roles.manage", "door.open")
    office.give("mia", "maker")
    role = {"action": "save_role", "name": "guest", "permissions": ["door.open"]}
    refused = bench.ask(**role, default=True, session_token=mia)
    assert refused["code"] == "PERMISSION_DENIED"
    plain = bench.ask(**role, session_token=mia)
    assert plain["status"] == "success", plain


def test_no_template_is_given(office: Office):
    refused = office.ask("save_role", name="guest", template=True, default=True)
    assert refused["details"][0]["field"] == "default"


def test_it_goes_with_an_account_that_registers_while_it_changes(office: Office):
    bench = office.bench
    office.role("guest", "door.open", default=True)
    change = {"action": "save_role", "name": "guest", "default": False}
    asked = [creation(f"user{i}") for i in range(5)]
    asked.insert(2, change | {"session_token": office.token})
    replies = bench.ask_all(asked)
    assert {reply["status"] for reply in replies} == {"success"}, replies
    for number in range(5):
        assert roles_of(bench, f"user{number}") in (["guest"], [])
