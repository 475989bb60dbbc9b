"""The program as operators meet it: starting, refusing to start, stopping."""

import json
import re
import signal
import socket
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest

from tests.service import running
from tests.service.harness import LIMIT_S, creation, login
from tests.service.kept_store import MASTER, contents, one_line, open_store
from tests.service.running import new_process, peer, receive
from ums_service.domain.audit import AUDIT
from ums_service.domain.users import USERS

running_service = partial(running.running_service, start=new_process)
run_to_end = partial(running.run_to_end, start=new_process)
SLOW = {"UMS_ARGON2_MEMORY_KIB": "32768", "UMS_HASHING_THREADS": "1"}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def kept(data: Path) -> Path:
    """A store that was made, used and stopped."""
    with running_service(data, env=MASTER) as service:
        assert service.ask(**creation("alice"))["status"] == "success"
    return data


# --- stopping ---


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=str)
def test_a_signal_stops_in_order_and_within_five_seconds(data: Path, number: int):
    with running_service(data, env=MASTER) as service:
        service.ask(**creation("alice"))
        begin = time.monotonic()
        service.process.send_signal(number)
        assert service.wait() == 0
        assert time.monotonic() - begin < 5
        assert service.output.lines[-1] == "stopped"
    store = open_store(data)
    assert store.recovery.clean
    assert store.find(USERS, "username", "alice")
    store._lock.release()


def test_requests_in_flight_get_their_replies_before_the_end(data: Path):
    with running_service(data, env=SLOW) as service, peer(service.endpoint) as socket_:
        for number in range(3):
            message = login(f"nobody{number}", "wrong") | {"request_id": number}
            socket_.send(json.dumps(message).encode())
        socket_.send(json.dumps({"action": "health_check", "request_id": "h"}).encode())
        replied = {json.loads(receive(socket_)[-1])["request_id"]}
        service.terminate()
        while len(replied) < 4:
            replied.add(json.loads(receive(socket_)[-1])["request_id"])
        assert service.wait() == 0


def test_refusals_that_were_only_counted_are_entered_at_the_stop(data: Path):
    with running_service(data, env=MASTER) as service:
        with peer(service.endpoint) as socket_:
            for _ in range(300):
                socket_.send(b"x")
                receive(socket_)
        service.stop()
    store = open_store(data)
    entries = [entry.data for entry in store.entries(AUDIT)]
    store._lock.release()
    refused = [entry for entry in entries if entry["outcome"] == "refused"]
    counted = [entry for entry in entries if entry["outcome"] == "suppressed"]
    assert len(refused) + sum(entry["details"]["count"] for entry in counted) == 300


# --- first and later starts ---


def test_only_the_first_start_tells_the_first_password(data: Path):
    with running_service(data) as first:
        password = first.first_password
        assert first.output.text.count(password) == 1
    with running_service(data) as second:
        assert "password" not in second.output.text
        reply = second.ask(**login("admin", password))
        assert reply["code"] == "PASSWORD_CHANGE_REQUIRED"


def test_every_store_gets_another_first_password(tmp_path: Path):
    passwords = set()
    for name in ("one", "two"):
        with running_service(tmp_path / name) as service:
            passwords.add(service.first_password)
    assert len(passwords) == 2
    assert min(map(len, passwords)) >= 16


def test_a_password_that_was_set_is_not_told(data: Path):
    env = {"UMS_ADMIN_PASSWORD": "canary-password-1"}
    with running_service(data, env=env) as service:
        assert "canary" not in service.output.text
        reply = service.ask(**login("admin", "canary-password-1"))
        assert reply["code"] == "PASSWORD_CHANGE_REQUIRED"


def test_under_systemd_the_first_password_goes_into_a_private_file(data: Path):
    with running_service(data, env={"JOURNAL_STREAM": "8:1"}) as service:
        file = data.with_name("data.first-password")
        password = file.read_text().strip()
        assert file.stat().st_mode & 0o777 == 0o600
        assert password not in service.output.text
        assert (
            service.ask(**login("admin", password))["code"]
            == "PASSWORD_CHANGE_REQUIRED"
        )


def test_all_files_are_the_owners_alone(data: Path):
    with running_service(data):
        key = data.with_name("data.key")
        assert key.stat().st_mode & 0o777 == 0o600
        assert data.stat().st_mode & 0o777 == 0o700
        assert {path.stat().st_mode & 0o777 for path in data.iterdir()} == {0o600}


def test_compat_warns_of_its_password(data: Path):
    with running_service(data, profile="compat") as service:
        assert service.output.text.count("WARNING") >= 2
        assert service.ask(**login("admin", "admin123"))["status"] == "success"


def test_the_old_name_of_the_master_password_is_understood(kept: Path):
    env = {"USERS_SERVICE_PASSWORD": MASTER["UMS_MASTER_PASSWORD"]}
    with running_service(kept, env=env) as service:
        assert service.ask(**login("alice"))["status"] == "success"


def test_an_ipc_endpoint_serves_without_keys(tmp_path: Path, data: Path):
    with (
        tempfile.TemporaryDirectory() as short,
        running_service(data, "--bind", f"ipc://{short}/s") as service,
    ):
        assert service.ask(action="health_check")["status"] == "healthy"


# --- starts that are refused ---


def test_a_second_service_on_a_store_is_told_who_holds_it(data: Path):
    with running_service(data) as service:
        status, output = run_to_end(data)
        assert status == 1
        assert f"pid {service.process.pid}" in one_line(output)
        assert service.ask(action="health_check")["status"] == "healthy"


def test_a_wrong_master_password_is_a_setting_to_correct(kept: Path):
    before = contents(kept)
    status, output = run_to_end(kept, env={"UMS_MASTER_PASSWORD": "another"})
    assert status == 78
    assert "password" in one_line(output)
    assert contents(kept) == before


def test_a_missing_key_file_is_named(data: Path):
    with running_service(data):
        pass
    key = data.with_name("data.key")
    key.rename(data.with_name("moved.key"))
    status, output = run_to_end(data)
    assert status == 78
    assert str(key) in one_line(output)
    with running_service(data, "--key-file", str(data.with_name("moved.key"))):
        pass


def test_a_key_file_that_others_can_read_is_refused(data: Path):
    with running_service(data):
        pass
    data.with_name("data.key").chmod(0o640)
    status, output = run_to_end(data)
    assert status == 78
    assert "chmod 600" in one_line(output)


def test_a_store_that_others_can_read_is_refused(kept: Path):
    kept.chmod(0o755)
    status, output = run_to_end(kept, env=MASTER)
    assert status == 78
    assert "chmod 700" in one_line(output)


def test_a_torn_end_is_cut_off_kept_and_told(data: Path):
    with running_service(data, env=MASTER) as service:
        assert service.ask(**creation("alice"))["status"] == "success"
        service.kill()
    journal = max(data.glob("journal-*"))
    with journal.open("ab") as file:
        file.write(b"torn")
    with running_service(data, env=MASTER) as service:
        told = service.output.wait_for(r"4 bytes of an unfinished commit .* (\S+)$")
    assert (data / told[1]).read_bytes() == b"torn"
    entries = [entry.data["event"] for entry in open_store(data).entries(AUDIT)]
    assert entries.count("store_recovered") == 1
    assert "user_created" in entries


def test_a_damaged_store_is_named_with_its_place_and_left_alone(kept: Path):
    [journal] = kept.glob("journal-*")
    damaged = bytearray(journal.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    journal.write_bytes(damaged)
    before = contents(kept)
    status, output = run_to_end(kept, env=MASTER)
    assert status == 1
    line = one_line(output)
    assert journal.name in line
    assert "offset" in line
    assert "nothing was modified" in line
    assert contents(kept) == before


def test_an_unknown_profile_is_a_wrong_use(data: Path):
    status, output = run_to_end(data, profile="strict")
    assert status == 2
    assert "Traceback" not in output
    assert not data.exists()


def test_a_wrong_setting_is_named_before_anything_is_made(data: Path):
    status, output = run_to_end(data, env={"UMS_ARGON2_PASSES": "0"})
    assert status == 78
    assert "argon2_passes" in one_line(output)
    assert not data.exists()


def test_a_variable_that_is_no_setting_is_warned_of(data: Path):
    with running_service(data, env={"UMS_PROT": "5557"}) as service:
        service.output.wait_for("UMS_PROT is no setting of UMS; UMS_PORT is one")


def test_a_port_in_use_is_told_in_one_line(data: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        status, output = run_to_end(data, port=taken.getsockname()[1])
    assert status == 1
    assert "in use" in one_line(output)


# --- systemd ---


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """The socket on which systemd would listen."""
    with (
        tempfile.TemporaryDirectory() as short,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel,
    ):
        channel.bind(f"{short}/notify")
        channel.settimeout(LIMIT_S)
        yield channel


def test_systemd_is_told_of_loading_readiness_life_and_stopping(
    data: Path, listener: socket.socket
):
    told: list[str] = []

    def hear_until(word: str) -> None:
        while not any(line.startswith(word) for line in told):
            told.extend(listener.recv(4096).decode().splitlines())

    with running_service(
        data, env={"NOTIFY_SOCKET": listener.getsockname()}
    ) as service:
        hear_until("READY=1")
        assert told[0] == "STATUS=loading the store"
        assert f"STATUS=serving {service.endpoint}" in told
        hear_until("WATCHDOG=1")
        service.terminate()
        hear_until("STOPPING=1")
        assert service.wait() == 0
    assert [line for line in told if line.startswith(("READY", "STOPPING"))] == [
        "READY=1",
        "STOPPING=1",
    ]


def test_the_log_of_the_process_tells_the_time_in_utc(tmp_path: Path):
    env = {**MASTER, "UMS_NONSENSE": "1", "UMS_LOG_LEVEL": "debug", "TZ": "Asia/Tokyo"}
    started_s = tmp_path.stat().st_mtime
    with running_service(tmp_path / "data", env=env) as service:
        service.ask(action="health_check")
    times = re.findall(
        r"^(\S+) (?:DEBUG|INFO|WARNING) \w", service.output.text, re.MULTILINE
    )
    assert times
    for text in times:
        assert text.endswith("+00:00")
        assert abs(datetime.fromisoformat(text).timestamp() - started_s) < 3_600
