"""The HTTP gateway: what is posted reaches a live service, with who posted it."""

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from examples.gateway import address_of
from tests.examples.live import FAILURES_MAX, PASSWORD, Live, run_example
from tests.service.harness import ROOT
from ums_client.protocol.audit import QueryAudit

LIMIT_S = 20


class Front(NamedTuple):
    """A running gateway."""

    port: int

    def post(self, action: str, body: object, **headers: str) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = {"Content-Type": "application/json"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.ask("POST", f"/{action}", data, given)

    def ask(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        try:
            connection.request(method, path, body, headers)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())
        finally:
            connection.close()

    def login(self, name: str, password: str = PASSWORD, **headers: str) -> Any:
        credentials = {"username": name, "password": password}
        return self.post("login", {"credentials": credentials}, **headers)


@pytest.fixture(scope="module")
def front(live: Live) -> Iterator[Front]:
    key = key_file(live.service.data.parent, live)
    with running_gateway(live.endpoint, key) as port:
        yield Front(port)


def key_file(folder: Path, live: Live, mode: int = 0o600) -> Path:
    path = folder / "gateway.key"
    path.write_text(live.samples.gateway_key + "\n")
    path.chmod(mode)
    return path


class running_gateway:  # noqa: N801 - used as a context manager
    def __init__(self, endpoint: str, key: Path) -> None:
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "examples.gateway", "--service", endpoint),
                *("--key-file", str(key), "--port", "0", "--proxy", "127.0.0.1"),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> int:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r":(\d+)$", line.strip())
        assert found, line
        return int(found[1])

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(LIMIT_S)
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_a_login_comes_from_the_end_user(live: Live, front: Front):
    seen = "6.6.6.6, 203.0.113.7"  # the beginning is what the end user wrote
    status, reply = front.login("viewer", X_Forwarded_For=seen, User_Agent="Firefox")
    assert status == 200, reply
    bearer = {"Authorization": f"Bearer {reply['session_token']}"}
    status, listed = front.post("list_sessions", {}, **bearer)
    [session] = [one for one in listed["sessions"] if one["is_current"]]
    assert (session["address"], session["user_agent"]) == ("203.0.113.7", "Firefox")
    with live.admin() as admin:
        [entry, *_] = admin.call(QueryAudit(events=["login"], limit=2)).entries[1:]
    assert entry.address == "203.0.113.7"
    assert front.post("logout", {}, **bearer)[0] == 200
    assert front.post("get_user", {}, **bearer)[0] == 401


def test_who_guesses_shuts_out_themselves_only(front: Front):
    mallory = {"X_Forwarded_For": "203.0.113.66"}
    for number in range(FAILURES_MAX):
        assert front.login(f"nobody{number}", "wrong", **mallory)[0] == 401
    assert front.login("viewer", **mallory)[0] == 401
    assert front.login("viewer", X_Forwarded_For="203.0.113.8")[0] == 200


def test_an_end_user_cannot_be_somebody_else(live: Live, front: Front):
    fields = {
        "credentials": {"username": "viewer", "password": PASSWORD},
        "client": {"ip": "6.6.6.6"},
        "gateway_key": "mine",
        "action": "delete_user",
    }
    status, reply = front.post("login", fields, X_Forwarded_For="203.0.113.9")
    assert status == 200, reply
    bearer = {"Authorization": f"Bearer {reply['session_token']}"}
    _, listed = front.post("list_sessions", {}, **bearer)
    assert "203.0.113.9" in [one["address"] for one in listed["sessions"]]
    assert "6.6.6.6" not in str(listed)


def test_what_is_not_for_end_users_is_not_passed_on(front: Front):
    json_type = {"Content-Type": "application/json"}
    assert front.post("export_audit", {})[0] == 404
    assert front.post("create_api_key", {})[0] == 404
    assert front.ask("GET", "/login", b"", json_type)[0] == 405
    assert front.ask("POST", "/login", b"{}", {"Content-Type": "text/plain"})[0] == 415
    assert front.post("login", b"{")[0] == 400
    assert front.post("login", b"[" * 50_000)[0] == 400
    assert front.post("login", [])[0] == 400
    assert front.post("login", b" " * 60_001)[0] == 413
    assert front.login("viewer", X_Forwarded_For="here")[0] == 400


@pytest.mark.parametrize(
    ("peer", "seen", "address"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "127.0.0.1", "203.0.113.7"),
        ("10.0.0.1", "127.0.0.1,  203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_only_the_proxy_is_believed_and_only_its_own_words(peer, seen, address):
    environ = {"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": seen}
    assert address_of(environ, "10.0.0.1") == address
    assert address_of(environ, None) == peer


def test_it_refuses_to_start_with_a_key_that_others_can_read(live: Live, tmp_path):
    done = run_example("gateway", "--key-file", key_file(tmp_path, live, 0o644))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert live.samples.gateway_key not in done.stderr
    done = run_example("gateway", "--key-file", tmp_path / "none")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)


def test_it_refuses_to_start_with_a_key_that_is_no_good(live: Live, tmp_path: Path):
    key = tmp_path / "gateway.key"
    key.write_text(live.samples.gateway_key[:-1] + "!")
    key.chmod(0o600)
    done = run_example("gateway", "--key-file", key, "--service", live.endpoint)
    assert (done.returncode, done.stdout) == (1, "")
    assert "refuses the key" in done.stderr
    assert done.stderr.count("\n") == 1


def test_it_explains_itself():
    done = run_example("gateway", "--help")
    assert done.returncode == 0
    assert "--key-file" in done.stdout
