"""Somebody who guesses passwords, and owners with known devices."""

from tests.service.harness import GOOD, Bench, Message

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
