"""The levels of health_check: alive, ready, and everything for who may see it."""

import errno
from collections.abc import Iterator

import pytest

from tests.service.harness import Bench, Message, update
from tests.service.mailbox import MAIL
from tests.service.test_keys import admin_key, key_of
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk


@pytest.fixture
def fault() -> Fault:
    """A fault that lies far in the future until the test brings it near."""
    return Fault(Call.WRITE, number=1_000_000_000, for_good=True)


@pytest.fixture
def bench(fault: Fault) -> Iterator[Bench]:
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        yield bench
        fault.mended = True


def health(bench: Bench, level: str, **more: str | None) -> Message:
    return bench.ask(action="health_check", level=level, **more)


def states(reply: Message) -> dict[str, str]:
    return {part["name"]: part["state"] for part in reply["checks"]}


@pytest.mark.parametrize("profile", ["standard", "hipaa", "compat"])
def test_the_basic_level_is_the_plain_answer(make_bench, profile: str):
    bench = make_bench(profile=profile)
    assert health(bench, "basic") == bench.ask(action="health_check")


def test_alive_is_all_that_live_says(bench: Bench):
    reply = health(bench, "live")
    assert (reply["status"], reply["state"]) == ("healthy", "alive")
    assert "checks" not in reply


def test_ready_tells_of_store_keys_and_limits(bench: Bench):
    reply = health(bench, "ready")
    assert (reply["state"], reply["ready"]) == ("ready", True)
    assert states(reply) == dict.fromkeys(("store", "signing_keys", "limits"), "ok")


@pytest.mark.parametrize(
    ("call", "number"),
    [(Call.WRITE, errno.ENOSPC), (Call.FDATASYNC, errno.EIO)],
)
def test_a_store_that_cannot_write_is_not_ready(
    bench: Bench, fault: Fault, call: Call, number: int
):
    alice, admin = bench.member("alice"), bench.admin()
    fault.call, fault.errno = call, number
    fault.number = fault.counts[call] + 1
    assert bench.ask(**update(alice, city="x"))["status"] == "error"
    reply = health(bench, "ready")
    assert (reply["state"], reply["ready"]) == ("not_ready", False)
    assert states(reply)["store"] == "failed"
    assert health(bench, "live")["state"] == "alive"
    all_of_it = health(bench, "detailed", session_token=admin)
    assert (all_of_it["state"], all_of_it["ready"]) == ("unhealthy", False)
    assert "journal" not in str(reply["checks"])  # nor what the disk said


def test_a_signing_key_that_is_too_old_degrades(bench: Bench):
    bench.admin()
    asked = {"username": "alice", "password": "correct horse 7", "tokens": True}
    bench.register("alice")
    assert bench.ask(action="login", credentials=asked)["access_token"]
    assert states(health(bench, "ready"))["signing_keys"] == "ok"
    bench.clock.advance(bench.profile.signing_key_s)
    reply = health(bench, "ready")
    assert (reply["ready"], states(reply)["signing_keys"]) == (True, "degraded")
    assert health(bench, "detailed", session_token=bench.admin())["state"] == "degraded"


def test_the_details_take_a_permission(bench: Bench):
    assert health(bench, "detailed")["code"] == "PERMISSION_DENIED"
    alice = bench.member("alice")
    assert health(bench, "detailed", session_token=alice)["code"] == "PERMISSION_DENIED"
    reply = health(bench, "detailed", session_token=bench.admin())
    assert reply["state"] == "healthy"
    details = reply["details"]
    assert details["accounts"] == 2
    assert details["commits"] > 3
    assert details["commit_worst_ms"] >= details["commit_median_ms"] > 0
    assert details["memory_bytes"] > 10**6
    assert details["store_bytes"]["journal"] > 1_000
    assert details["queues"]["requests"] == 1  # this one


def test_a_key_with_the_permission_gets_the_details(standard: Bench):
    key = admin_key(standard, "system.read")
    reply = health(standard, "detailed", api_key=key)
    assert reply["state"] == "healthy"
    other = key_of(standard, standard.member("alice"))
    refused = health(standard, "detailed", api_key=other)
    assert refused["code"] == "PERMISSION_DENIED"


def test_one_part_can_be_asked_for(bench: Bench):
    one = health(bench, "ready", component="limits")
    assert list(states(one)) == ["limits"]
    assert health(bench, "ready", component="door")["code"] == "INVALID_REQUEST"


def test_a_full_outbox_degrades(make_bench):
    bench = make_bench(settings=MAIL | {"mail_outbox_max": 10})
    admin = bench.admin()
    reply = health(bench, "detailed", session_token=admin)
    assert states(reply)["mail"] == "ok"
