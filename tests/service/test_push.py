"""Pushing to telephones and browsers through the operator's gateway."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.service.announcing import WORDS, sent, told, work
from tests.service.harness import Bench, Message
from tests.service.test_notifications import types
from tests.service.test_sent_codes import Gateway, gateway
from ums_service.domain.errors import NotDelivered
from ums_service.domain.push_devices import PUSH_DEVICES, PushDevice
from ums_service.sending import push as pushing
from ums_service.sending.push import Push, PushSender

__all__ = ["gateway"]
URL = {"push_gateway_url": "http://127.0.0.1:9/"}


def register(bench: Bench, token: str, device: str, **more: Any) -> Message:
    asked = {"action": "register_device", "device_type": "ios", "device_token": device}
    return bench.ask(**asked | more, session_token=token)


def devices(bench: Bench, name: str) -> list[str]:
    own = bench.store.get(PUSH_DEVICES, bench.user_id(name))
    return [device.token for device in own.devices] if own else []


def deliver(bench: Bench) -> None:
    """What the task that pushes does."""
    bench.run(bench.service.facilities.push.send_waiting())


def test_what_is_sent_is_pushed_to_the_devices_of_who_wants_it(
    make_bench, gateway: Gateway, tmp_path: Path
):
    token = tmp_path / "token"
    token.write_text("of-the-gateway\n")
    settings = {"push_gateway_url": gateway.url, "push_gateway_token_file": token}
    bench = make_bench(settings=settings)
    alice = bench.member("alice")
    bob = bench.member("bob", push_notifications=False)
    carol = bench.member("carol")
    reply = register(bench, alice, "hers", device_name="phone")
    assert reply["devices"] == [reply["device"]]
    assert "hers" not in str(reply).replace("'device_token'", "")
    register(bench, alice, "at-home", device_type="web")
    register(bench, bob, "his")
    sent(bench, bench.admin(), "alice", "bob", "carol", channels=["push"])
    work(bench)
    deliver(bench)
    assert gateway.posted == [
        ({"to": to, "device_type": kind, **WORDS}, "Bearer of-the-gateway")
        for to, kind in (("hers", "ios"), ("at-home", "web"))
    ]
    assert types(bench, alice, channel="push") == ["message"]
    assert types(bench, carol) == []


def test_without_a_gateway_there_is_nothing_to_register_with(standard: Bench):
    alice = standard.member("alice")
    assert register(standard, alice, "hers")["code"] == "NOT_CONFIGURED"
    refused = standard.ask(
        action="send_notification",
        session_token=standard.admin(),
        user_ids=[standard.user_id("alice")],
        channels=["in_app", "push"],
        **WORDS,
    )
    assert refused["code"] == "NOT_CONFIGURED"
    work(standard)
    assert told(standard, "alice") == []


def test_a_device_that_changed_hands_is_told_nothing_that_is_for_others(make_bench):
    bench = make_bench(settings=URL)
    alice, bob = bench.member("alice"), bench.member("bob")
    register(bench, alice, "phone")
    register(bench, alice, "watch")
    register(bench, bob, "phone")
    assert devices(bench, "alice") == ["watch"]
    assert devices(bench, "bob") == ["phone"]


def test_the_same_device_again_is_one_and_the_oldest_makes_room(make_bench):
    bench = make_bench(settings=URL, push_devices_per_user=2)
    alice = bench.member("alice")
    for name in ("one", "two", "one", "three"):
        register(bench, alice, name)
    assert devices(bench, "alice") == ["one", "three"]


@pytest.mark.parametrize("by", ["device_id", "device_token"])
def test_a_device_is_removed_by_its_owner_only(make_bench, by: str):
    bench = make_bench(settings=URL)
    alice, bob = bench.member("alice"), bench.member("bob")
    device = register(bench, alice, "phone")["device"]
    named = {by: device["device_id"] if by == "device_id" else "phone"}
    gone = {"action": "unregister_device", **named}
    assert bench.ask(**gone, session_token=bob)["code"] == "NOT_FOUND"
    assert bench.ask(**gone, session_token=alice)["status"] == "success"
    assert devices(bench, "alice") == []
    assert bench.ask(**gone, session_token=alice)["code"] == "NOT_FOUND"


def test_a_test_is_pushed_where_there_is_a_device(make_bench, gateway: Gateway):
    bench = make_bench(settings={"push_gateway_url": gateway.url})
    alice = bench.member("alice")
    test = {"action": "test_notification", "channel": "push", "session_token": alice}
    assert bench.ask(**test)["code"] == "WRONG_STATE"
    register(bench, alice, "phone")
    assert bench.ask(**test)["status"] == "success"
    deliver(bench)
    assert gateway.posted[0][0]["title"] == "A test"


class Slow:
    """A gateway that takes nothing until it is told to, and refuses every other one."""

    def __init__(self) -> None:
        self.under_way = self.most = self.asked = 0
        self.open = asyncio.Event()

    async def post(self, message: dict[str, str]) -> None:
        del message
        self.asked += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await self.open.wait()
        self.under_way -= 1
        if self.asked % 2:
            raise NotDelivered


def test_a_slow_gateway_holds_nothing_up_and_what_is_too_much_is_left_out(
    monkeypatch, caplog
):
    monkeypatch.setattr(pushing, "WAITING_MAX", 20)
    slow = Slow()
    device = PushDevice("id", "ios", "", "", "secret-of-the-device")

    async def push_all() -> int:
        sender = PushSender(slow)
        task = asyncio.create_task(sender.run())
        sender.add(Push(device, "t", "b") for _ in range(25))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        at_once = slow.most
        slow.open.set()
        for _ in range(200):
            await asyncio.sleep(0)
        task.cancel()
        return at_once

    assert asyncio.run(push_all()) == pushing.AT_ONCE
    assert slow.asked == 20
    assert "left out" in caplog.text
    assert "NotDelivered" in caplog.text
    assert "secret-of-the-device" not in caplog.text + repr(Push(device, "t", "b"))
