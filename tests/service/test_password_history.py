"""None of the latest passwords comes back."""

import asyncio
import itertools
import json
from typing import Any

import pytest

from tests.service.harness import GOOD, Bench, Message, update
from ums_service.domain.password_hashes import PasswordHashes
from ums_service.domain.password_history import HISTORIES, PasswordHistory
from ums_service.domain.users import USERS

USED = "Password must not be one of the last 5"


def choice(number: int) -> str:
    return f"choice number {number}0{number}"


def change(token: str, old: str, new: str) -> Message:
    return {
        "action": "change_password",
        "session_token": token,
        "current_password": old,
        "new_password": new,
    }


def changed(bench: Bench, token: str, *passwords: str) -> None:
    """Go through these passwords, of which the first is the present one."""
    for old, new in itertools.pairwise(passwords):
        reply = bench.ask(**change(token, old, new))
        assert reply["status"] == "success", reply


def hashes_of(bench: Bench, name: str) -> list[str]:
    history = bench.store.get(HISTORIES, bench.user_id(name))
    return history.hashes if history else []


@pytest.mark.parametrize("way", ["change_password", "update_user"])
def test_the_last_five_are_refused_and_the_sixth_is_not(standard: Bench, way: str):
    token = standard.member("alice", choice(1))
    changed(standard, token, *(choice(number) for number in range(1, 6)))

    def ask(new: str) -> Message:
        if way == "change_password":
            return standard.ask(**change(token, choice(5), new))
        return standard.ask(**update(token, password=new, current_password=choice(5)))

    for number in range(1, 6):
        reply = ask(choice(number))
        assert reply["code"] == "POLICY_VIOLATION", number
        assert reply["message"] == USED
    assert ask(choice(6))["status"] == "success"
    changed(standard, token, choice(6), choice(1))
    assert standard.login("alice", choice(1))


def test_what_is_refused_changes_nothing(standard: Bench):
    token = standard.member("alice")
    before, stored = hashes_of(standard, "alice"), standard.user("alice")
    standard.ask(**change(token, GOOD, GOOD))
    assert (hashes_of(standard, "alice"), standard.user("alice")) == (before, stored)
    assert standard.login("alice")


def test_the_history_is_bounded_and_survives_a_restart(standard: Bench):
    token = standard.member("alice", choice(0))
    changed(standard, token, *(choice(number) for number in range(9)))
    assert len(hashes_of(standard, "alice")) == 4
    standard.restart()
    token = standard.login("alice", choice(8))
    assert standard.ask(**change(token, choice(8), choice(5)))["message"] == USED


def test_a_password_typed_on_another_system_is_the_same_one(standard: Bench):
    token = standard.member("alice", "cafe\u0301-and-more")
    reply = standard.ask(**change(token, "cafe\u0301-and-more", "caf\u00e9-and-more"))
    assert reply["message"] == USED


def test_compat_allows_the_same_again_and_keeps_nothing(compat: Bench):
    token = compat.member("alice")
    assert compat.ask(**change(token, GOOD, GOOD))["status"] == "success"
    assert compat.store.count(HISTORIES) == 0


def test_a_shorter_history_forgets(make_bench):
    bench = make_bench(password_history=2)
    token = bench.member("alice", choice(1))
    changed(bench, token, choice(1), choice(2), choice(3))
    assert len(hashes_of(bench, "alice")) == 1
    assert bench.ask(**change(token, choice(3), choice(2)))["status"] == "error"
    changed(bench, token, choice(3), choice(1))


def test_the_history_is_erased_with_the_account(make_bench):
    bench = make_bench(deleted_kept_s=0)
    token = bench.member("alice", choice(1))
    changed(bench, token, choice(1), choice(2))
    assert bench.store.count(HISTORIES) == 1
    bench.ask(action="delete_user", session_token=token, password=choice(2))
    assert bench.store.count(HISTORIES) == 0


def test_a_conflict_does_not_compute_the_hashes_again(
    standard: Bench, monkeypatch: pytest.MonkeyPatch
):
    """While the new hash is computed another commit changes the account."""
    token = standard.member("alice", choice(1))
    changed(standard, token, choice(1), choice(2), choice(3))
    verified: list[str] = []
    verify, make = PasswordHashes.verify, PasswordHashes.hash
    made: list[str] = []

    def counted(self: PasswordHashes, stored: str, password: str) -> bool:
        verified.append(stored)
        return verify(self, stored, password)

    def hashed(self: PasswordHashes, password: str) -> str:
        made.append(password)
        return make(self, password)

    commits = 0
    begin = standard.store.transaction

    class Meddled:
        """The first commit of the request finds the account changed."""

        def __init__(self) -> None:
            self.tx = begin()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.tx, name)

        async def commit(self) -> None:
            nonlocal commits
            commits += 1
            if commits == 1:
                other = begin()
                user = await other.get(USERS, standard.user_id("alice"))
                other.put(USERS, user._replace(city="Oxford"))
                await other.commit()
            await self.tx.commit()

    monkeypatch.setattr(PasswordHashes, "verify", counted)
    monkeypatch.setattr(PasswordHashes, "hash", hashed)
    monkeypatch.setattr(standard.store, "transaction", Meddled)
    assert standard.ask(**change(token, choice(3), choice(4)))["status"] == "success"
    assert commits == 2
    assert len(verified) == 1 + 3, "the present one, then it and two former ones"
    assert len(made) == 1
    assert standard.user("alice").city == "Oxford"


def test_of_two_equal_changes_in_flight_one_is_done(standard: Bench):
    token = standard.member("alice", choice(1))
    replies = standard.ask_all([change(token, choice(1), choice(2))] * 2)
    assert sorted(reply["status"] for reply in replies) == ["error", "success"]
    assert len(hashes_of(standard, "alice")) == 1


def test_reads_are_answered_while_a_history_is_verified(standard: Bench):
    """The loop is free: a health check that came later is answered first."""
    token = standard.member("alice", choice(0))
    changed(standard, token, *(choice(number) for number in range(5)))
    order: list[str] = []

    async def asked(name: str, message: Message) -> None:
        await standard.service.dispatch.answer(
            json.dumps(message).encode(), "127.0.0.1"
        )
        order.append(name)

    async def both() -> None:
        slow = asyncio.create_task(asked("change", change(token, choice(4), choice(9))))
        await asyncio.sleep(0)
        await asyncio.gather(slow, asked("health", {"action": "health_check"}))

    standard.run(both())
    assert order == ["health", "change"]


def test_documents_of_a_history_come_back_as_they_were():
    history = PasswordHistory("id", ["a", "b"])
    assert HISTORIES.from_document(dict(HISTORIES.to_document(history))) == history
