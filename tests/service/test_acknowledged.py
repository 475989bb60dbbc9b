"""What was acknowledged stays: through kill -9 under load, and on a full disk."""

import json
import os
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import zmq

from tests.service.harness import Message, creation, login, update
from tests.service.kept_store import MASTER, open_store
from tests.service.running import (
    RunningService,
    login_as_admin,
    peer,
    receive,
    running_service,
    wait_until,
)

KILL_ROUNDS = int(os.environ.get("UMS_KILL_ROUNDS") or 3)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def kept(data: Path) -> Path:
    """A store that was made, used and stopped."""
    with running_service(data, env=MASTER) as service:
        assert service.ask(**creation("alice"))["status"] == "success"
    return data


# --- kill -9 ---


class Load:
    """Writes through one socket with several in flight, and what was acknowledged."""

    def __init__(self, service: RunningService, round_: int) -> None:
        self.service = service
        self.created: set[str] = set()
        self.acknowledged: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self._round = round_
        self._tokens: dict[str, str] = {}

    def prepare(self, names: list[str]) -> None:
        for name in names:
            self.service.ask(**creation(name))
            self._tokens[name] = self.service.ask(**login(name))["session_token"]

    def message(self, number: int) -> Message:
        if number % 4 == 0:
            return creation(f"r{self._round}n{number}")
        name = list(self._tokens)[number % len(self._tokens)]
        self.sent[name] = number
        return update(self._tokens[name], full_name=str(number))

    def run_until_killed(self, replies: int, window: int = 12) -> None:
        """Kill the service when `replies` have come; note which writes they confirm."""
        with peer(self.service.endpoint) as socket_:
            asked: dict[int, Message] = {}
            for number in range(replies + window):
                asked[number] = self.message(number)
                message = asked[number] | {"request_id": number}
                socket_.send(json.dumps(message).encode())
                if number >= window:
                    self._note(asked, json.loads(receive(socket_)[-1]))
            self.service.kill()
            while socket_.poll(0):
                self._note(asked, json.loads(socket_.recv()))

    def _note(self, asked: dict[int, Message], reply: Message) -> None:
        assert reply["status"] == "success", reply
        number = reply["request_id"]
        if "user" in reply:
            name = reply["user"]["username"]
            self.acknowledged[name] = max(number, self.acknowledged.get(name, -1))
        else:
            self.created.add(asked[number]["user_data"]["username"])


def kill_rounds(data: Path, rounds: int, seed: int) -> None:
    print(f"seed {seed}")
    chance = random.Random(seed)
    for round_ in range(rounds):
        with running_service(data, profile="compat") as service:
            load = Load(service, round_)
            load.prepare([f"r{round_}member{number}" for number in range(5)])
            load.run_until_killed(chance.randint(50, 400))
        with running_service(data, profile="compat") as service:
            admin = service.ask(**login("admin", "admin123"))["session_token"]
            users, page = {}, 1
            while batch := service.ask(
                action="list_users", session_token=admin, page=page
            )["users"]:
                users |= {user["username"]: user for user in batch}
                page += 1
        assert load.created <= users.keys()
        for name, number in load.acknowledged.items():
            assert number <= int(users[name]["full_name"]) <= load.sent[name]


@pytest.mark.timeout(60 + 30 * KILL_ROUNDS)
def test_what_was_acknowledged_outlives_kill_9(data: Path):
    kill_rounds(data, KILL_ROUNDS, seed=random.SystemRandom().randrange(2**32))


def test_a_killed_service_leaves_no_lock(data: Path):
    with running_service(data) as service:
        service.kill()
    with running_service(data) as service:
        assert service.ask(action="health_check")["status"] == "healthy"


# --- a full disk ---


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 12 MiB, of which a filler takes 3."""
    point = tmp_path / "small"
    point.mkdir(0o700)
    mount = ["mount", "-t", "tmpfs", "-o", "size=12m,mode=700", "tmpfs", str(point)]
    if (
        os.geteuid() != 0
        or subprocess.run(mount, capture_output=True, check=False).returncode
    ):
        reason = "only root can mount a small file system"
        (pytest.fail if "CI" in os.environ else pytest.skip)(reason)
    try:
        (point / "filler").write_bytes(bytes(3 << 20))
        yield point
    finally:
        subprocess.run(["umount", "--lazy", str(point)], check=True)


def test_a_full_disk_refuses_writes_until_there_is_room_without_a_restart(
    small_disk: Path,
):
    with running_service(small_disk / "data", env=MASTER) as service:
        admin = login_as_admin(service)
        with peer(service.endpoint, zmq.REQ) as socket_:

            def fill(**data: object) -> None:
                body = json.dumps(update(admin, **data)).encode()
                for _ in range(2_000):
                    socket_.send(body)
                    reply = json.loads(receive(socket_)[-1])
                    if reply["status"] == "error":
                        break
                assert reply["code"] == "STORAGE_FULL"

            fill(metadata={"a": "x" * 16_000})
            fill(metadata={})  # until not even this has room
            for _ in range(
                20
            ):  # the entry of a refusal may fit where a change does not
                fill(city="x")
                if service.ask(action="health_check")["state"] == "full":
                    break
        assert service.ask(action="health_check")["state"] == "full"
        assert (
            service.ask(action="get_user", session_token=admin)["status"] == "success"
        )
        (small_disk / "filler").unlink()
        wait_until(
            lambda: service.ask(**update(admin, city="y"))["status"] == "success"
        )
        assert service.ask(action="health_check")["state"] == "ready"
        assert service.stop() == 0
    store = open_store(small_disk / "data")
    assert store.recovery.clean
    store._lock.release()
