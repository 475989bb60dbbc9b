"""A change is taken back from its audit entry, unless something came after it."""

from typing import Any

import pytest

from tests.service.harness import Bench, Message, update
from ums_service.domain.errors import ChangedSince, WrongState
from ums_service.domain.reverts import revert_of


def revert(bench: Bench, token: str, entry: int, **more: Any) -> Message:
    message = {"action": "revert_change", "session_token": token, "entry": entry}
    return bench.ask(**message, **more)


def changed(bench: Bench, token: str, name: str, **data: Any) -> int:
    """The number of the entry of a change."""
    reply = bench.ask(**update(token, bench.user_id(name), **data))
    assert reply["status"] == "success", reply
    return bench.audit()[-1].sequence


BEFORE = {"city": "Oxford", "first_name": "Alice", "bio": "a", "title": "Dr"}
AFTER = {"city": "", "first_name": "Mallory", "bio": "b", "title": "", "mobile": "1"}


def test_a_change_is_taken_back_as_a_whole(standard: Bench):
    admin, alice = standard.admin(), standard.member("alice", **BEFORE)
    entry = changed(standard, admin, "alice", username="mallory", **AFTER)
    standard.restart()
    reply = revert(standard, standard.admin(), entry)
    assert reply["status"] == "success", reply
    assert set(reply["reverted"]) == {*AFTER, "username", "full_name"}
    alice = standard.login("alice")
    told = standard.ask(
        action="get_user", session_token=alice, include=["profile", "contact"]
    )
    shown = {**told["user"], **told["profile"], **told["contact"]}
    assert {n: shown[n] for n in BEFORE} == BEFORE
    assert (shown["mobile"], shown["full_name"]) == ("", "Alice")
    assert standard.audit()[-1].data["event"] in ("login", "user_read")


def test_a_revert_can_be_reverted(standard: Bench):
    admin = standard.admin()
    standard.register("alice", city="Oxford")
    entry = changed(standard, admin, "alice", city="London")
    revert(standard, admin, entry)
    assert standard.user("alice").city == "Oxford"
    assert revert(standard, admin, standard.audit()[-1].sequence)["reverted"]
    assert standard.user("alice").city == "London"


def test_what_came_after_is_told_and_nothing_is_changed(standard: Bench):
    admin = standard.admin()
    standard.register("alice", **BEFORE)
    entry = changed(standard, admin, "alice", city="London", title="Prof")
    changed(standard, admin, "alice", title="Sir")
    reply = revert(standard, admin, entry)
    assert (reply["code"], reply["details"][0]["field"]) == ("CONFLICT", "title")
    assert standard.user("alice").city == "London"


@pytest.mark.parametrize("data", [{"role": "admin"}, {"status": "suspended"}, {"email": "b@example.org"}], ids=str)  # fmt: skip
def test_what_opens_accounts_is_not_reverted(standard: Bench, data: Message):
    admin = standard.admin()
    standard.register("alice", city="Oxford")
    entry = changed(standard, admin, "alice", **data)
    assert revert(standard, admin, entry)["code"] == "WRONG_STATE"
    entry = changed(standard, admin, "alice", city="London", username="alice2")
    assert "skipped" not in revert(standard, admin, entry)


def test_what_is_left_as_it_is_is_told(standard: Bench):
    admin = standard.admin()
    standard.register("alice", city="Oxford")
    data = {"city": "London", "status": "inactive", "notes": "x" * 500}
    reply = revert(standard, admin, changed(standard, admin, "alice", **data))
    assert (reply["reverted"], reply["skipped"]) == (["city"], ["notes", "status"])
    assert standard.user("alice").status == "inactive"


def test_a_name_that_was_taken_meanwhile_is_not_given_back(standard: Bench):
    admin = standard.admin()
    standard.register("alice")
    entry = changed(standard, admin, "alice", username="alice2")
    standard.register("alice", email="other@example.org")
    reply = revert(standard, admin, entry)
    assert (reply["code"], reply["details"][0]["field"]) == ("CONFLICT", "username")


def test_nothing_is_reverted_of_who_is_gone_or_anonymous(standard: Bench):
    admin = standard.admin()
    standard.register("alice", city="Oxford")
    user_id = standard.user_id("alice")
    entry = changed(standard, admin, "alice", city="London")
    reason = {"user_id": user_id, "reason": "asked for"}
    standard.ask(action="anonymise_user", session_token=admin, **reason)
    assert revert(standard, admin, entry)["code"] == "WRONG_STATE"


@pytest.mark.parametrize("entry", [1, 2**53])
def test_what_is_no_change_to_an_account_cannot_be_reverted(
    standard: Bench, entry: int
):
    assert revert(standard, standard.admin(), entry)["code"] == "NOT_FOUND"


def test_a_cut_value_and_an_empty_entry_are_refused():
    with pytest.raises(WrongState):
        revert_of(None, lambda _: "")
    with pytest.raises(WrongState):
        revert_of({"notes": ["", "x" * 201]}, lambda _: "x" * 201)
    with pytest.raises(ChangedSince):
        revert_of({"city": ["a", "b"]}, lambda _: "c")
    assert revert_of({"city": ["a", "b"]}, lambda _: "b").values == {"city": "a"}
