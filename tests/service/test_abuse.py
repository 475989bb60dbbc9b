"""Failures through the actions: devices, addresses, restarts, delays and limits."""

import errno
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.doubles import CountingHashes
from tests.service.harness import GOOD, LOCAL, Bench, Message, login, update
from tests.storage.doubles import Call, Fault, FaultyDisk
from tests.storage.memory_disk import MemoryDisk
from ums_service.domain.failure_records import FAILURES, FAILURES_OF_NOBODY

HERE, THERE = "203.0.113.1", "203.0.113.2"
HALF_HOUR_S, HOUR_S, DAY_S = 30 * 60, 3_600, 86_400


def fail(
    bench: Bench, times: int, source: str = HERE, name: str = "alice"
) -> list[Message]:
    return [bench.try_login(name, "wrong", source) for _ in range(times)]


def fail_from_afar(bench: Bench, times: int, name: str = "alice") -> None:
    """Failures of one account from one address after the other, slowly."""
    for number in range(times):
        fail(bench, 1, f"198.51.100.{number}", name)
        bench.clock.advance(10)


def login_with(
    bench: Bench, name: str = "alice", password: str = GOOD, source: str = HERE, **more
) -> Message:
    credentials = {"username": name, "password": password} | more
    return bench.ask(source=source, action="login", credentials=credentials)


def remember(bench: Bench, name: str = "alice", source: str = HERE, **more) -> str:
    """The token of a device that `name` asked to be remembered."""
    reply = login_with(bench, name, source=source, remember_device=True, **more)
    assert reply["status"] == "success", reply
    return str(reply["device_token"])


def kill(bench: Bench) -> None:
    """A new service on what is on the disk, as after kill -9; boot time starts anew."""
    bench.service.pool.close()
    bench.run(bench.store.close())
    bench.clock.ticks_s = 3.0
    bench._start(create=False)


def events(bench: Bench, name: str) -> list[Message]:
    return [entry.data for entry in bench.audit() if entry.data["event"] == name]


@pytest.fixture
def alice(standard: Bench) -> Bench:
    """A service with alice and an administrator who has a password of their own."""
    standard.admin()
    standard.register("alice")
    return standard


# --- known devices ---


def test_a_device_is_remembered_only_where_it_is_asked_for(either: Bench):
    either.register("alice")
    assert not {"device_token", "device_id"} & set(login_with(either))
    reply = login_with(either, remember_device=True)
    assert len(reply["device_token"]) == 76
    assert len(reply["device_id"]) == 32


def test_a_shut_out_address_lets_the_known_device_in(alice: Bench):
    token = remember(alice)
    fail(alice, 5)
    assert login_with(alice)["status"] == "error"
    assert login_with(alice, device_token=token)["status"] == "success"
    assert login_with(alice)["status"] == "error"


def test_a_stopped_account_lets_the_known_device_in_and_nobody_else(alice: Bench):
    token = remember(alice)
    fail_from_afar(alice, 100)
    alice.clock.advance(40 * DAY_S)
    refused = login_with(alice, source=THERE)
    assert refused["code"] == "INVALID_CREDENTIALS"
    assert "retry_after" not in refused
    assert login_with(alice, source=THERE, device_token=token)["status"] == "success"


def test_a_blocked_address_lets_the_known_device_in(alice: Bench):
    token = remember(alice)
    for number in range(20):
        fail(alice, 1, name=f"name{number}")
    assert login_with(alice)["status"] == "error"
    assert login_with(alice, device_token=token)["status"] == "success"


def test_an_open_session_can_change_its_password_whatever_strangers_do(alice: Bench):
    session = alice.login("alice", source=HERE)
    fail(alice, 5)
    fail_from_afar(alice, 100)
    reply = alice.ask(
        source=HERE,
        **update(session, password="another pass 1", current_password=GOOD),
    )
    assert reply["status"] == "success"


def test_a_known_device_has_five_guesses_of_its_own(alice: Bench):
    token = remember(alice)
    for _ in range(5):
        login_with(alice, password="wrong", device_token=token)
    assert login_with(alice, device_token=token)["status"] == "error"
    assert login_with(alice)["status"] == "success"
    [lock] = events(alice, "account_locked")
    assert lock["subject"] == alice.user_id("alice")
    assert lock["details"]["source"].startswith("device ")


STRANGERS = st.lists(
    st.tuples(
        st.sampled_from(["alice", "alice@example.org", "bobby", "nobody"]),
        st.sampled_from([HERE, THERE, "198.51.100.1", "198.51.100.2"]),
        st.integers(1, 12),
        st.sampled_from([0, 1, 600]),
    ),
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(STRANGERS, st.booleans())
def test_whatever_strangers_do_the_owner_gets_in_with_a_known_device(
    steps: list[tuple[str, str, int, int]], restart: bool
):
    with Bench(failures_in_row_max=12, rate_login_burst=1_000) as bench:
        bench.register("alice")
        token = remember(bench)
        for name, source, times, later_s in steps:
            guesses = [login(name, f"guess {n}") for n in range(times)]
            bench.ask_all(guesses, source=source)
            bench.clock.advance(later_s)
            for owner_at in (HERE, THERE):
                reply = login_with(bench, source=owner_at, device_token=token)
                assert reply["status"] == "success"
        if restart:
            kill(bench)
        assert login_with(bench, device_token=token)["status"] == "success"


def altered(token: str) -> list[str]:
    """Tokens that differ in one character each, and other spellings of the same."""
    others = [
        token[:n] + ("A" if token[n] != "A" else "B") + token[n + 1 :]
        for n in range(len(token))
    ]
    return [*others, token + "=", token + "\n", f" {token}", token[:-4], token * 2, ""]


def test_no_altered_token_is_a_known_device(alice: Bench):
    token = remember(alice)
    user, clock = alice.user("alice"), alice.clock
    call = call_of(alice)
    assert call.known_device(user, token) is not None
    for other in [*altered(token), "é" * 76, "\ud800"]:
        assert call.known_device(user, other) is None
    assert call.known_device(None, token) is None
    clock.advance(90 * DAY_S - 1)
    assert call_of(alice).known_device(user, token) is not None
    clock.advance(1)
    assert call_of(alice).known_device(user, token) is None


def call_of(bench: Bench):
    from ums_client.protocol.actions import ACTION_BY_NAME
    from ums_service.call import Call

    facilities = bench.service.facilities
    return Call(facilities, ACTION_BY_NAME["login"], None, HERE, bench.clock.now)


def test_a_device_of_another_account_or_a_forgotten_one_is_not_known(alice: Bench):
    alice.register("bobby")
    token, session = remember(alice), alice.login("alice", source=THERE)
    assert call_of(alice).known_device(alice.user("bobby"), token) is None
    [device] = alice.ask(action="list_devices", session_token=session)["devices"]
    forget = {
        "action": "forget_device",
        "session_token": session,
        "device_id": device["device_id"],
    }
    assert alice.ask(**forget)["status"] == "success"
    assert alice.ask(**forget)["code"] == "NOT_FOUND"
    assert call_of(alice).known_device(alice.user("alice"), token) is None
    fail(alice, 5)
    assert login_with(alice, device_token=token)["status"] == "error"


def test_devices_are_listed_to_their_owner_and_administrators_only(alice: Bench):
    token = remember(alice, device_label="desk")
    alice.clock.advance(60)
    login_with(alice, source=THERE, device_token=token)
    session, user_id = alice.login("alice"), alice.user_id("alice")
    reply = alice.ask(action="list_devices", session_token=session)
    [device] = reply["devices"]
    assert (reply["count"], device["label"], device["address"]) == (1, "desk", THERE)
    assert device["created_at"] < device["last_used_at"]
    assert token not in json.dumps(reply)
    ask = {"action": "list_devices", "user_id": user_id}
    assert alice.ask(**ask, session_token=alice.admin())["devices"] == [device]
    alice.register("bobby")
    bobby = alice.login("bobby")
    assert alice.ask(**ask, session_token=bobby)["code"] == "PERMISSION_DENIED"
    forget = ask | {"action": "forget_device", "device_id": device["device_id"]}
    assert alice.ask(**forget, session_token=bobby)["code"] == "PERMISSION_DENIED"
    assert alice.ask(**forget, session_token=alice.admin())["status"] == "success"


def test_remembering_again_keeps_the_device_and_renews_its_token(alice: Bench):
    token = remember(alice, device_label="desk")
    alice.clock.advance(60 * DAY_S)
    newer = remember(alice, device_token=token)
    alice.clock.advance(60 * DAY_S)
    user = alice.user("alice")
    assert call_of(alice).known_device(user, token) is None
    device = call_of(alice).known_device(user, newer)
    assert device is not None
    assert device.label == "desk"


def test_at_most_twenty_devices_are_remembered_the_oldest_goes(alice: Bench):
    tokens = [remember(alice) for _ in range(21)]
    user = alice.user("alice")
    known = [call_of(alice).known_device(user, t) is not None for t in tokens]
    assert known == [False] + [True] * 20


def test_devices_and_failures_go_with_the_account(make_bench):
    bench = make_bench(deleted_kept_s=0)
    bench.register("alice")
    session = bench.login("alice")
    token = remember(bench)
    fail(bench, 3, THERE)
    bench.ask(action="delete_user", session_token=session, password=GOOD)
    bench.restart()
    assert bench.store.count(FAILURES) == 0
    bench.register("alice")
    assert call_of(bench).known_device(bench.user("alice"), token) is None


# --- addresses ---


def test_twenty_failures_over_any_accounts_block_the_address_for_an_hour(alice: Bench):
    for number in range(19):
        fail(alice, 1, name=f"name{number}")
    assert login_with(alice)["status"] == "success"
    last = fail(alice, 1, name="name19")[0]
    assert last["retry_after"] == HOUR_S
    assert login_with(alice)["code"] == "INVALID_CREDENTIALS"
    assert login_with(alice, source=THERE)["status"] == "success"
    alice.clock.advance(HOUR_S - 1)
    assert login_with(alice)["retry_after"] == 1
    alice.clock.advance(1)
    assert login_with(alice)["status"] == "success"
    [event] = events(alice, "address_blocked")
    assert (event["address"], event["details"]["severity"]) == (HERE, "warning")


def test_failures_older_than_an_hour_do_not_block(alice: Bench):
    for number in range(60):
        fail(alice, 1, name=f"name{number}")
        alice.clock.advance(190)
    assert login_with(alice)["status"] == "success"


def test_the_failures_in_flight_of_an_address_are_no_more_than_twenty(alice: Bench):
    messages = [login(f"name{number}", "wrong") for number in range(100)]
    alice.ask_all(messages, source=HERE)
    assert alice.store.count(FAILURES_OF_NOBODY) == 20
    alice.clock.advance(1)  # for the limit of logins
    assert login_with(alice)["code"] == "INVALID_CREDENTIALS"


def test_exempt_addresses_are_not_blocked(make_bench):
    bench = make_bench(settings={"addresses_exempt": ("203.0.113.0/31",)})
    bench.register("alice")
    for number in range(40):
        fail(bench, 1, HERE, f"name{number}")
        fail(bench, 1, THERE, f"name{number}")
    assert login_with(bench)["status"] == "success"
    assert login_with(bench, source=THERE)["status"] == "error"


def test_guessing_over_many_accounts_is_told_once_in_a_window(make_bench):
    bench = make_bench(guessing_accounts_min=10)
    for number in range(35):
        fail(bench, 1, f"198.51.100.{number}", f"name{number}")
    [event] = events(bench, "guessing_suspected")
    assert event["details"] == {
        "severity": "error", "accounts": 10, "addresses": 10, "window_s": 600,
    }  # fmt: skip
    bench.clock.advance(600)
    for number in range(35):
        fail(bench, 1, f"198.51.100.{number}", f"other{number}")
    assert len(events(bench, "guessing_suspected")) == 2


def test_failures_of_few_accounts_or_far_apart_are_no_guessing(make_bench):
    bench = make_bench(guessing_accounts_min=10)
    for number in range(60):
        fail(bench, 1, f"198.51.100.{number}", f"name{number % 9}")
    bench.clock.advance(600)
    for number in range(20):
        bench.clock.advance(67)
        fail(bench, 1, f"198.51.100.{number}", f"other{number}")
    assert events(bench, "guessing_suspected") == []


# --- restarts ---


def test_a_failure_that_was_answered_survives_kill_9(alice: Bench):
    for _ in range(5):
        fail(alice, 1)
        kill(alice)
    assert login_with(alice)["retry_after"] == HALF_HOUR_S


def test_being_shut_out_survives_a_restart_and_ends_when_it_would(alice: Bench):
    fail(alice, 5)
    alice.clock.advance(600)
    kill(alice)
    assert login_with(alice)["retry_after"] == HALF_HOUR_S - 600
    alice.clock.advance(HALF_HOUR_S - 600)
    assert login_with(alice)["status"] == "success"


def test_known_and_unknown_names_are_alike_after_a_restart(alice: Bench):
    for name in ("alice", "nobody"):
        fail(alice, 5, name=name)
    kill(alice)
    assert login_with(alice) == login_with(alice, "nobody")
    assert login_with(alice)["retry_after"] == HALF_HOUR_S


def test_being_stopped_and_being_blocked_survive_a_restart(alice: Bench):
    fail_from_afar(alice, 100)
    for number in range(20):
        fail(alice, 1, name=f"name{number}")
    kill(alice)
    alice.register("bobby")
    assert login_with(alice, "bobby")["retry_after"] == HOUR_S
    alice.clock.advance(DAY_S)
    assert login_with(alice, "bobby")["status"] == "success"
    assert login_with(alice, source=THERE)["status"] == "error"
    restored = alice.store.get(FAILURES, alice.user_id("alice"))
    assert restored is not None
    assert restored.alone[1] == 100


@pytest.mark.parametrize("years", [-10, 10])
def test_a_turned_wall_clock_prolongs_no_lock(alice: Bench, years: int):
    fail(alice, 5)
    for number in range(20):
        fail(alice, 1, THERE, f"name{number}")
    alice.clock.set_wall_clock(years * 365 * DAY_S)
    kill(alice)
    login_with(alice)
    login_with(alice, source=THERE)
    alice.clock.advance(HOUR_S)
    assert login_with(alice)["status"] == "success"
    assert login_with(alice, source=THERE)["status"] == "success"


def test_a_right_password_forgets_durably(alice: Bench):
    fail(alice, 4)
    assert login_with(alice)["status"] == "success"
    alice.restart()
    assert alice.store.count(FAILURES) == 0
    fail(alice, 4)
    assert login_with(alice)["status"] == "success"


def test_failures_count_while_the_disk_is_full_and_are_written_later():
    fault = Fault(Call.WRITE, number=1_000_000, errno=errno.ENOSPC, for_good=True)
    with Bench(FaultyDisk(MemoryDisk(), fault)) as bench:
        bench.register("alice")
        fault.number = fault.counts[Call.WRITE] + 1
        fail(bench, 5)
        assert login_with(bench)["code"] == "INVALID_CREDENTIALS"
        assert bench.store.count(FAILURES) == 0
        fault.mended = True
        fail(bench, 1, THERE, "nobody")
        assert len(events(bench, "account_locked")) == 1
        kill(bench)
        assert login_with(bench)["code"] == "INVALID_CREDENTIALS"


def test_attempts_of_who_is_shut_out_write_no_counts(alice: Bench):
    fail(alice, 5)
    before = alice.store.get_value(FAILURES, alice.user_id("alice"))
    alice.clock.advance(1)
    fail(alice, 300)
    assert alice.store.get_value(FAILURES, alice.user_id("alice")) == before


def test_names_that_nobody_has_fill_neither_memory_nor_disk(make_bench):
    bench = make_bench(settings={"limit_entries_max": 1_000})
    for start in range(0, 1_300, 50):
        bench.ask_all([login(f"name{n}", "wrong") for n in range(start, start + 50)])
    bench.run(bench.service.dispatch.refusals.flush(bench.clock.now))
    assert bench.store.count(FAILURES_OF_NOBODY) <= 1_000


# --- unlocking ---


def unlock(bench: Bench, **target: str) -> Message:
    return bench.ask(action="unlock_user", session_token=bench.admin(), **target)


def test_an_administrator_unlocks_an_account_durably(alice: Bench):
    fail_from_afar(alice, 100)
    user_id = alice.user_id("alice")
    reply = unlock(alice, user_id=user_id)
    assert (reply["status"], reply["was_locked"]) == ("success", True)
    assert login_with(alice, source=THERE)["status"] == "success"
    kill(alice)
    assert login_with(alice, source=THERE)["status"] == "success"
    assert unlock(alice, user_id=user_id)["was_locked"] is False
    first, _ = events(alice, "account_unlocked")
    assert first["subject"] == user_id
    assert first["actor"] == alice.user_id("admin")
    assert first["details"] == {"was_locked": True}


def test_an_administrator_unblocks_an_address_durably(alice: Bench):
    for number in range(20):
        fail(alice, 1, name=f"name{number}")
    assert unlock(alice, address=HERE)["was_locked"] is True
    kill(alice)
    assert login_with(alice)["status"] == "success"
    assert unlock(alice, address=HERE)["was_locked"] is False
    assert events(alice, "account_unlocked")[0]["details"]["address"] == HERE


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({}, "INVALID_REQUEST"),
        ({"user_id": "0" * 32}, "NOT_FOUND"),
        ({"user_id": "0" * 32, "address": HERE}, "INVALID_REQUEST"),
    ],
)
def test_what_cannot_be_unlocked_is_refused(alice: Bench, target: Message, code: str):
    assert unlock(alice, **target)["code"] == code


def test_a_new_password_lifts_the_lockout(alice: Bench):
    session = alice.login("alice")
    fail_from_afar(alice, 100)
    change = {"current_password": GOOD, "new_password": "another pass 1"}
    alice.ask(action="change_password", session_token=session, **change)
    assert login_with(alice, password="another pass 1")["status"] == "success"
    kill(alice)
    assert alice.store.count(FAILURES) == 0


def test_a_lock_is_told_once_and_not_for_each_attempt(alice: Bench):
    fail(alice, 50)
    [shut] = events(alice, "account_locked")
    assert shut["details"] == {"severity": "warning", "until": "time"}
    fail_from_afar(alice, 97)
    stopped = events(alice, "account_locked")[-1]
    assert stopped["details"] == {"severity": "error", "until": "password reset"}
    assert len(events(alice, "account_locked")) == 2
    fail(alice, 5, name="nobody")
    assert len(events(alice, "account_locked")) == 2


# --- delays ---


def test_each_failure_is_answered_later_than_the_one_before(alice: Bench):
    assert login_with(alice)["status"] == "success"
    fail(alice, 7)
    assert alice.slept == [0.1, 0.5, 2, 2, 2, 2, 2]
    alice.slept.clear()
    fail(alice, 7, THERE, name="nobody")
    assert alice.slept == [0.1, 0.5, 2, 2, 2, 2, 2]


def test_compat_answers_without_delay(compat: Bench):
    compat.register("alice")
    fail(compat, 7)
    assert compat.slept == []


def test_only_so_many_answers_are_held_back(make_bench):
    bench = make_bench(
        settings={"delayed_replies_max": 12, "delayed_replies_per_address_max": 5}
    )
    held = Held()
    bench.service.dispatch._delays._sleep = held.sleep

    async def hold_many() -> list[bool]:
        import asyncio

        hold = bench.service.dispatch._delays.hold
        addresses = [HERE] * 8 + [f"198.51.100.{n}" for n in range(20)]
        tasks = [asyncio.create_task(hold(a, 3)) for a in addresses]
        await asyncio.sleep(0)
        done = [task.done() for task in tasks]
        held.release.set()
        await asyncio.gather(*tasks)
        return done

    done = bench.run(hold_many())
    assert done[:8].count(False) == 5
    assert done.count(False) == 12
    assert not bench.service.dispatch._delays._held


class Held:
    """A sleep that lasts until it is released."""

    def __init__(self) -> None:
        import asyncio

        self.release = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.release.wait()


# --- the same answer, the same work ---


def test_every_refusal_costs_one_hash_and_one_commit_and_tells_the_same(alice: Bench):
    token = remember(alice)
    alice.register("bobby")
    alice.ask(**update(alice.admin(), alice.user_id("bobby"), status="inactive"))
    fail(alice, 5, THERE)
    fail_from_afar(alice, 95)
    for _ in range(5):
        login_with(alice, password="wrong", device_token=token)
    for number in range(20):
        fail(alice, 1, "192.0.2.1", f"name{number}")
    alice.clock.advance(60)
    gate = alice.service.facilities.gate
    gate.hashes = hashes = CountingHashes(gate.hashes)
    kinds = {
        "unknown": lambda: login_with(alice, "nobody"),
        "wrong and inactive": lambda: login_with(alice, "bobby", "wrong"),
        "shut out": lambda: login_with(alice, source=THERE),
        "stopped": lambda: login_with(alice, source="192.0.2.2"),
        "blocked": lambda: login_with(alice, "bobby", source="192.0.2.1"),
        "device": lambda: login_with(alice, device_token=token),
    }
    for kind, ask in kinds.items():
        hashed, commits = hashes.verified.total(), alice.store.head.sequence
        reply = ask()
        reply.pop("retry_after", None)
        assert reply == {
            "status": "error",
            "message": "Invalid username/email or password",
            "code": "INVALID_CREDENTIALS",
        }, kind
        assert hashes.verified.total() - hashed == 1, kind
        assert alice.store.head.sequence - commits == 1, kind


# --- limits of requests ---


def test_an_address_far_over_its_limit_is_not_heard_for_a_moment(alice: Bench):
    replies = [login_with(alice, source=HERE) for _ in range(200)]
    assert replies[99]["status"] == "success"
    limited = replies[100]
    assert (limited["code"], limited["retry_after"]) == ("RATE_LIMITED", 0.6)
    unheard = alice.ask(source=HERE, action="health_check")
    assert (unheard["code"], unheard["retry_after"]) == ("RATE_LIMITED", 5)
    assert json.loads(alice.ask_bytes(b"\xff not even a message", HERE)) == unheard
    assert alice.ask(source=THERE, action="health_check")["status"] == "healthy"
    alice.clock.advance(5)
    assert alice.ask(source=HERE, action="health_check")["status"] == "healthy"
    assert login_with(alice)["status"] == "success"


def test_who_is_now_and_then_over_the_limit_is_always_heard(alice: Bench):
    for _ in range(100):
        login_with(alice)
    for _ in range(150):
        login_with(alice)
        alice.clock.advance(0.3)
    assert alice.ask(source=HERE, action="health_check")["status"] == "healthy"


def test_a_caller_is_limited_wherever_they_ask_from(make_bench):
    bench = make_bench(caller_write_burst=3, caller_write_per_min=60)
    token, other = bench.member("alice"), bench.member("bobby")
    codes = [
        bench.ask(source=source, **update(token, city="x")).get("code")
        for source in (HERE, THERE, LOCAL, HERE)
    ]
    assert codes == [None, None, None, "RATE_LIMITED"]
    assert bench.ask(**update(token, city="x"))["retry_after"] == 1
    assert bench.ask(**update(other, city="x"))["status"] == "success"
    bench.clock.advance(1)
    assert bench.ask(**update(token, city="x"))["status"] == "success"


def test_reads_can_be_limited_too(make_bench):
    bench = make_bench(rate_read_burst=2, rate_read_per_min=6)
    ask = {"action": "health_check", "source": HERE}
    statuses = [bench.ask(**ask)["status"] for _ in range(3)]
    assert statuses == ["healthy", "healthy", "error"]
    assert bench.ask(**ask)["retry_after"] == 10


@pytest.mark.parametrize("name", ["rate_login_per_min", "rate_write_per_min"])
def test_a_rate_of_nothing_is_no_limit(make_bench, name: str):
    bench = make_bench(**{name: 0})
    assert name[5:10] not in bench.service.dispatch._limits._kinds
