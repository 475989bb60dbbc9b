"""Refusals take the same time, whatever their reason. Statistics on a stopwatch: soak only."""

import random
import time
from collections import defaultdict

import pytest

from tests.service.harness import GOOD, Bench, Message, update

ROUNDS = 200
SHUT_AT, BLOCKED = "203.0.113.1", "203.0.113.2"
ADVANTAGE_MAX = 0.15
"""How far from a coin's toss telling two refusals apart by one time may be. With 200
samples of each the standard deviation for equal ones is 0.03."""


def ask_login(name: str, password: str, token: str | None = None) -> Message:
    credentials = {"username": name, "password": password}
    if token:
        credentials["device_token"] = token
    return {"action": "login", "credentials": credentials}


def prepare(bench: Bench) -> str:
    """Make the accounts and bring about every kind of lock; returns a device token."""
    for number in range(ROUNDS):
        bench.register(f"user{number}")
    for name in ("shut", "stopped", "device", "idle"):
        bench.register(name)
    admin = bench.admin()
    bench.ask(**update(admin, bench.user_id("idle"), status="inactive"))
    remembered = ask_login("device", GOOD)
    remembered["credentials"]["remember_device"] = True
    token = str(bench.ask(**remembered)["device_token"])
    for number in range(10):
        bench.ask(**ask_login("stopped", "wrong"), source=f"192.0.2.{number}")
        bench.ask(**ask_login("shut", "wrong"), source=SHUT_AT)
        bench.ask(**ask_login("device", "wrong", token), source=SHUT_AT)
        bench.clock.advance(2)
    for number in range(20):
        bench.ask(**ask_login(f"nobody{number}", "wrong"), source=BLOCKED)
    return token


def asked(number: int, token: str) -> dict[str, tuple[Message, str]]:
    """One refusal of each kind, and from which address."""
    fresh = f"198.51.{number // 250}.{number % 250}"
    user = f"user{number}"
    return {
        "unknown": (ask_login(f"stranger{number}", GOOD), fresh),
        "unknown with a token": (ask_login(f"other{number}", GOOD, token), fresh),
        "wrong": (ask_login(user, "wrong"), fresh),
        "inactive and wrong": (ask_login("idle", "wrong"), f"10.0.0.{number}"),
        "shut out": (ask_login("shut", GOOD), SHUT_AT),
        "stopped": (ask_login("stopped", GOOD), fresh),
        "blocked address": (ask_login(user, GOOD), BLOCKED),
        "device shut out": (ask_login("device", GOOD, token), fresh),
    }


def advantage(left: list[float], right: list[float]) -> float:
    """Mann and Whitney's U over its most: how often the right one is later; 0 if even."""
    later = sum((r > x) + 0.5 * (r == x) for x in left for r in right)
    return later / (len(left) * len(right)) - 0.5


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_no_refusal_is_told_apart_by_its_time():
    production = {"argon2_passes": 2, "argon2_memory_kib": 19_456}
    with Bench(
        settings=production,
        failures_in_row_max=10,
        guessing_accounts_min=1_000_000,
        rate_register_per_min=0,
    ) as bench:
        token = prepare(bench)
        times: defaultdict[str, list[float]] = defaultdict(list)
        for number in range(ROUNDS):
            kinds = list(asked(number, token).items())
            random.Random(number).shuffle(kinds)
            for kind, (message, source) in kinds:
                before = time.perf_counter()
                reply = bench.ask(**message, source=source)
                times[kind].append(time.perf_counter() - before)
                assert reply["code"] == "INVALID_CREDENTIALS", kind
            bench.ask(
                action="unlock_user",
                session_token=bench.admin(),
                user_id=bench.user_id("idle"),
            )
            bench.clock.advance(1)
    found = {kind: advantage(times["unknown"], times[kind]) for kind in times}
    print({kind: round(value, 3) for kind, value in found.items()})
    assert all(abs(value) < ADVANTAGE_MAX for value in found.values()), found
