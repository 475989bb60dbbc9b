"""Commands of the operator to a service that runs."""

import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import run_program
from tests.service.harness import Message, update
from tests.service.mailbox import MAIL
from tests.service.running import RunningService, running_service, service_environment
from ums_service.domain.outbox import OUTBOX
from ums_service.starting import operator_socket
from ums_service.starting.operations import recover_admin


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    data = tmp_path_factory.mktemp("operator") / "ums-data"
    with running_service(data, env={"UMS_ADMIN_PASSWORD": "first-Passw0rt!"}) as it:
        yield it


def door(service: RunningService) -> Path:
    return service.data.with_name(service.data.name + ".operator")


def ask(service: RunningService, line: bytes) -> Message:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(door(service)))
        connection.sendall(line)
        with connection.makefile("rb") as file:
            return dict(json.loads(file.readline()))


def command(service: RunningService, *words: str) -> subprocess.CompletedProcess[str]:
    data = ("--data", str(service.data))
    return run_program("ums_service", *words, *data, env=service_environment())


def log_in(service: RunningService, password: str) -> Message:
    credentials = {"username": "admin", "password": password}
    return service.ask(action="login", credentials=credentials)


def test_the_socket_is_its_owners_alone(service: RunningService):
    mode = door(service).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_an_administrator_is_recovered_while_the_service_runs(service: RunningService):
    password = command(service, "recover-admin").stdout.strip()
    reply = log_in(service, password)
    assert reply["code"] == "PASSWORD_CHANGE_REQUIRED"
    token = reply["password_change_token"]
    chosen = {"current_password": password, "new_password": "Chosen-By-Myself-1!"}
    changed = service.ask(
        action="change_password", password_change_token=token, **chosen
    )
    assert changed["status"] == "success"
    session = log_in(service, "Chosen-By-Myself-1!")["session_token"]
    again = command(service, "recover-admin").stdout.strip()
    assert again
    assert again != password
    health = service.ask(action="get_user", session_token=session)
    assert health["code"] == "INVALID_SESSION"
    assert log_in(service, "Chosen-By-Myself-1!")["code"] == "INVALID_CREDENTIALS"


def test_the_data_key_is_rotated_while_the_service_runs(service: RunningService):
    before = (service.data / "keyring").read_bytes()
    assert command(service, "rotate-key").returncode == 0
    assert (service.data / "keyring").read_bytes() != before
    assert service.ask(action="health_check")["status"] == "healthy"


def test_an_unknown_account_is_told(service: RunningService):
    result = command(service, "recover-admin", "--username", "nobody")
    assert (result.returncode, result.stdout) == (1, "")
    assert "there is no account nobody" in result.stderr


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{\n",
        b"[]\n",
        b'{"command": "shut-down"}\n',
        b'{"command": "recover-admin"}\n',
        b'{"command": "recover-admin", "username": 7}\n',
    ],
)
def test_what_is_no_command_is_refused(service: RunningService, line: bytes):
    assert ask(service, line).keys() == {"failed"}


def test_a_line_without_end_is_hung_up_on(service: RunningService):
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(20)
        connection.connect(str(door(service)))
        try:
            connection.sendall(b"x" * 1_000_000)
            assert connection.recv(1) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass  # hung up while we were still sending
    assert service.ask(action="health_check")["status"] == "healthy"


def test_another_user_is_not_the_operator(monkeypatch: pytest.MonkeyPatch):
    """The same rule without a second user, whom only root can become."""
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert operator_socket._is_operator(ours)
        own = os.geteuid()
        monkeypatch.setattr(operator_socket.os, "geteuid", lambda: own + 1)
        assert operator_socket._is_operator(ours) is (own == 0)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_another_user_is_hung_up_on(service: RunningService):
    path = door(service)
    for folder in path.parents:
        if folder.stat().st_uid == os.geteuid() and folder != Path("/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    path.chmod(0o666)
    program = (
        "import os, socket, sys; os.setuid(65534);"
        "s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
        's.sendall(b\'{"command": "rotate-key"}\\n\'); print(s.recv(100))'
    )
    result = subprocess.run(
        [sys.executable, "-I", "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    path.chmod(0o600)
    assert "done" not in result.stdout
    hung_up = ("ConnectionReset", "BrokenPipe")  # before or after it had sent
    told = result.stdout == "b''\n" or any(how in result.stderr for how in hung_up)
    assert told, result.stderr


def test_nothing_is_left_behind_by_a_stop(tmp_path: Path):
    with running_service(tmp_path / "ums-data") as service:
        assert door(service).exists()
    assert not door(service).exists()


def test_a_service_that_was_killed_leaves_no_obstacle(tmp_path: Path):
    data = tmp_path / "ums-data"
    with running_service(data) as killed:
        killed.process.kill()
        killed.process.wait()
    assert door(killed).exists()
    password = command(killed, "recover-admin").stdout.strip()  # nobody listens there
    with running_service(data) as service:
        assert log_in(service, password)["code"] == "PASSWORD_CHANGE_REQUIRED"
        assert command(service, "recover-admin").returncode == 0


def test_administrators_are_told_by_mail(make_bench):
    bench = make_bench(settings=MAIL)
    promote = update(bench.admin(), bench.register("alice")["user_id"], role="admin")
    assert bench.ask(**promote)["status"] == "success"
    bench.register("bobby")
    service = bench.service

    async def hashed(password: str) -> str:
        return service.hashes.hash(password)

    before = set(bench.store.ids(OUTBOX))
    recovered = bench.run(
        recover_admin(
            bench.store, hashed, bench.profile, "bobby", bench.clock.now, tells=True
        )
    )
    queued = [bench.store.get(OUTBOX, i) for i in set(bench.store.ids(OUTBOX)) - before]
    assert sorted(mail.to for mail in queued if mail is not None) == [
        "alice@example.org",
        "bobby@example.org",  # and nothing to admin@localhost
    ]
    assert all("bobby" in str(mail.data["what"]) for mail in queued if mail is not None)
    assert recovered.password not in repr(queued)


def test_metrics_are_printed_for_a_node_exporter(service: RunningService):
    assert service.ask(action="health_check")["status"] == "healthy"
    printed = command(service, "metrics").stdout
    assert "# TYPE ums_requests_total counter\n" in printed
    assert "\nums_store_writable 1\n" in printed
    assert 'ums_requests_total{action="health_check",outcome="ok"}' in printed


def test_metrics_of_a_stopped_service_are_an_error(tmp_path: Path):
    command = ("metrics", "--data", str(tmp_path / "d"))
    done = run_program("ums_service", *command, env=service_environment())
    assert (done.returncode, done.stdout) == (1, "")
    assert "no service runs" in done.stderr
