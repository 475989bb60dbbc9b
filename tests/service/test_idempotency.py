"""Writes with an idempotency key are done once, however often they are asked for."""

from pathlib import Path

import pytest

from storage import RealDisk
from tests.service.harness import GOOD, Bench, creation, update
from ums_service.domain.idempotency import DONE
from ums_service.domain.users import USERS

KEY, OTHER_KEY = "a" * 16, "b" * 32
DAY_S = 24 * 3600


def keyed(message: dict, key: str = KEY) -> dict:
    return message | {"idempotency_key": key}


def deletion(token: str, password: str = GOOD) -> dict:
    return {"action": "delete_user", "session_token": token, "password": password}


def new_password(token: str, current: str, new: str) -> dict:
    more = {"current_password": current, "new_password": new}
    return {"action": "change_password", "session_token": token, **more}


@pytest.fixture(params=["create_user", "update_user", "delete_user", "change_password"])
def write(request: pytest.FixtureRequest, standard: Bench) -> dict:
    """A write of each kind, with a key."""
    alice = standard.member("alice")
    writes = {
        "create_user": creation("bobby"),
        "update_user": update(alice, city="Oxford"),
        "delete_user": deletion(alice),
        "change_password": new_password(alice, GOOD, "another pass 1"),
    }
    return keyed(writes[request.param])


def test_the_same_write_gets_the_same_reply_and_is_done_once(
    standard: Bench, write: dict
):
    first = standard.ask(**write)
    assert first["status"] == "success"
    standard.clock.advance(60)
    entries = standard.audited_by(lambda: [standard.ask(**write) for _ in range(3)])
    assert entries == []
    assert standard.ask(**write) == first


def test_twenty_at_once_are_one(standard: Bench, write: dict):
    before = len(standard.audit())
    replies = standard.ask_all([write] * 20)
    done = [reply for reply in replies if reply["status"] == "success"]
    assert len(done) == 20 or {r["code"] for r in replies if r not in done} == {"BUSY"}
    assert all(reply == done[0] for reply in done)
    changes = [e for e in standard.audit(after=before) if e.data["outcome"] == "done"]
    assert len(changes) == 1


def test_a_restart_does_not_forget(standard: Bench, write: dict):
    first = standard.ask(**write)
    standard.restart()
    assert standard.ask(**write) == first


def test_other_arguments_are_a_conflict_and_change_nothing(
    standard: Bench, write: dict
):
    assert standard.ask(**write)["status"] == "success"
    other = {
        "create_user": {"user_data": creation("bobby", city="x")["user_data"]},
        "update_user": {"update_data": {"city": "Cambridge"}},
        "delete_user": {"password": "other pass 2"},
        "change_password": {"new_password": "other pass 2"},
    }[write["action"]]
    before = list(standard.store.scan(USERS))
    assert standard.ask(**write | other)["code"] == "IDEMPOTENCY_CONFLICT"
    assert list(standard.store.scan(USERS)) == before


def test_the_order_of_keys_makes_no_other_arguments(standard: Bench):
    request = keyed(creation("alice", city="Oxford"))
    first = standard.ask(**request)
    turned = dict(reversed(request["user_data"].items()))
    assert standard.ask(**request | {"user_data": turned}) == first


def test_each_request_id_is_echoed_in_the_repeated_reply(standard: Bench, write: dict):
    first = standard.ask(**write, request_id=1)
    again = standard.ask(**write, request_id="two")
    assert (first.pop("request_id"), again.pop("request_id")) == (1, "two")
    assert first == again


def test_another_user_may_use_the_same_key(standard: Bench):
    alice, bobby = standard.member("alice"), standard.member("bobby")
    standard.ask(**keyed(update(alice, city="Oxford")))
    reply = standard.ask(**keyed(update(bobby, city="Cambridge")))
    assert reply["user"]["city"] == "Cambridge"


def test_another_action_may_use_the_same_key(standard: Bench):
    alice = standard.member("alice")
    standard.ask(**keyed(update(alice, city="Oxford")))
    assert standard.ask(**keyed(deletion(alice)))["status"] == "success"


def test_another_session_of_the_user_gets_the_same_reply(standard: Bench):
    first, second = standard.member("alice"), standard.login("alice")
    reply = standard.ask(**keyed(update(first, city="Oxford")))
    standard.clock.advance(5)
    assert standard.ask(**keyed(update(second, city="Oxford"))) == reply


def test_a_repeated_deletion_is_answered_to_the_ended_session_only(standard: Bench):
    alice = standard.member("alice")
    first = standard.ask(**keyed(deletion(alice)))
    assert standard.ask(**keyed(deletion(alice))) == first
    assert standard.ask(**keyed(deletion("x" * 43)))["code"] == "INVALID_SESSION"
    assert (
        standard.ask(**keyed(deletion(alice), OTHER_KEY))["code"] == "INVALID_SESSION"
    )


def test_a_repeated_deletion_does_not_touch_the_next_owner_of_the_name(standard: Bench):
    alice = standard.member("alice")
    standard.ask(**keyed(deletion(alice)))
    standard.register("alice")
    assert standard.ask(**keyed(deletion(alice)))["status"] == "success"
    assert standard.try_login("alice")["status"] == "success"


def test_a_refused_write_may_be_tried_again_with_its_key(standard: Bench):
    standard.register("alice")
    request = keyed(creation("alice", email="second@example.org"))
    assert standard.ask(**request)["code"] == "CONFLICT"
    token = standard.login("alice")
    standard.ask(**deletion(token))
    assert standard.ask(**request)["status"] == "success"


def test_without_a_key_a_write_is_done_again(standard: Bench):
    standard.ask(**creation("alice"))
    assert standard.ask(**creation("alice"))["code"] == "CONFLICT"


@pytest.mark.parametrize(
    "key", ["short", "x" * 15, "x" * 129, 1234567890123456, ["a" * 16]], ids=repr
)
def test_a_key_is_text_that_nobody_guesses(standard: Bench, key: object):
    reply = standard.ask(**creation("alice"), idempotency_key=key)
    assert reply["code"] == "INVALID_REQUEST"
    assert reply["details"][0]["field"] == "idempotency_key"


def test_a_key_is_ignored_where_nothing_is_written(standard: Bench):
    alice = standard.member("alice")
    read = keyed({"action": "get_user", "session_token": alice})
    before = standard.ask(**read)["user"]
    standard.ask(**update(alice, city="Oxford"))
    assert standard.ask(**read)["user"] != before


def test_a_reply_is_kept_for_a_day_and_then_forgotten(standard: Bench):
    standard.ask(**keyed(creation("alice")))
    standard.clock.advance(DAY_S)
    standard.purge()
    assert standard.store.count(DONE) == 1
    standard.clock.advance(1)
    standard.purge()
    assert standard.store.count(DONE) == 0


def test_one_round_forgets_all_that_a_busy_minute_left(standard: Bench):
    alice = standard.member("alice")
    for number in range(250):
        standard.ask(**keyed(update(alice, city="x"), f"{number:016}"))
    standard.clock.advance(DAY_S + 1)
    standard.purge()
    assert standard.store.count(DONE) == 0


def test_a_stolen_store_names_neither_key_nor_arguments(tmp_path: Path):
    with Bench(RealDisk(tmp_path / "data")) as bench:
        bench.ask(
            **keyed(creation("alice", "canary-Passw0rd"), "canary-key-canary-key")
        )
        [done] = bench.store.scan(DONE)
        assert bench.store.count(USERS) == 2
        assert "canary" not in repr(done)
