"""Sending to many, for tests."""

from typing import Any

from tests.service.harness import Bench, Message
from ums_service.chores.announcer import Announcer
from ums_service.domain.notifications import (
    NOTIFICATIONS,
)
from ums_service.domain.users import USERS

WORDS: Message = {"title": "Tonight", "body": "The robot is off."}
HOUR_S, DAY_S = 3_600, 86_400


def send(bench: Bench, token: str, *names: str, **more: Any) -> Message:
    said: Message = {"action": "send_notification", "session_token": token}
    if names:
        said["user_ids"] = [bench.user_id(name) for name in names]
    words = {} if "template" in more else WORDS
    return bench.ask(**said | words | more)


def sent(bench: Bench, token: str, *names: str, **more: Any) -> str:
    reply = send(bench, token, *names, **more)
    assert reply["status"] == "success", reply
    return str(reply["job_id"])


def work(bench: Bench) -> None:
    """What maintenance does each second."""
    bench.run(Announcer(bench.service.facilities).round(bench.clock.now))


def scheduled(bench: Bench, token: str, **more: Any) -> list[Message]:
    reply = bench.ask(action="list_scheduled", session_token=token, **more)
    assert reply["status"] == "success", reply
    return list(reply["scheduled"])


def told(bench: Bench, name: str) -> list[str]:
    """The titles that somebody was told, the oldest first."""
    own = bench.store.get(NOTIFICATIONS, bench.user_id(name))
    return [e.title for e in own.entries if e.of_people] if own else []


def verify(bench: Bench, *names: str) -> None:
    """Their addresses are known to be theirs."""

    async def change() -> None:
        async with bench.store.transaction() as tx:
            for name in names:
                tx.put(USERS, bench.user(name)._replace(email_verified=True))

    bench.run(change())


def crowd(bench: Bench, count: int) -> list[str]:
    """Many accounts, made without asking."""
    alice = bench.user("alice")
    names = [f"crowd{number}" for number in range(count)]

    async def make() -> None:
        async with bench.store.transaction() as tx:
            for number, name in enumerate(names):
                user_id, email = f"{number:032x}", f"{name}@example.org"
                one = alice._replace(user_id=user_id, username=name, email=email)
                tx.put(USERS, one)

    bench.run(make())
    return names


def counts(bench: Bench, names: list[str]) -> set[int]:
    return {len(told(bench, name)) for name in names}
