"""A tour: starts a throw-away service, uses it as people and programs would, stops it.

make demo
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from ums_client import (
    ChangePassword,
    Client,
    CreateUser,
    GetUser,
    HealthCheck,
    ListUsers,
    Login,
    Request,
    UpdateUser,
    errors,
    new_idempotency_key,
)

SERVICE = [sys.executable, "-m", "ums_service"]


def show(title: str) -> None:
    print(f"\n== {title}")


@contextmanager
def service(data: Path) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """A running service: its endpoint, what it said at the start, its process."""
    command = [*SERVICE, "serve", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        endpoint, said = until_ready(process.stderr)
        yield endpoint, said, process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(timeout=10)
        process.stderr.close()


def until_ready(stderr: IO[str]) -> tuple[str, str]:
    said = ""
    for line in stderr:
        said += line
        ready = re.search(r" on (tcp://\S+) ", line)
        if ready:
            return ready[1], said
    sys.exit(f"the service did not start:\n{said}")


def register_and_log_in(client: Client) -> None:
    show("alice registers, twice with one key: it happens once")
    alice = CreateUser(
        username="alice", email="alice@example.org", password="a-long-winter-walk"
    )
    key = new_idempotency_key()
    first = client.call(alice, idempotency_key=key)
    again = client.call(alice, idempotency_key=key)
    print(f"user id {first.user_id}, and again {again.user_id}")

    show("a name is taken, a password is weak, a password is wrong")
    refused_ones: tuple[Request[Any], ...] = (
        alice,
        CreateUser(username="bob", email="bob@example.org", password="password"),
        Login(username="alice", password="a-short-summer-walk"),
    )
    for request in refused_ones:
        try:
            client.call(request)
        except errors.RequestRefused as refused:
            print(f"{refused.code}: {refused.message}")

    show("alice logs in and changes her profile")
    client.call(Login(username="alice", password="a-long-winter-walk"))
    client.call(UpdateUser(full_name="Alice Ahlgren", city="Lund"))
    user = client.call(GetUser()).user
    print(f"{user.username}: {user.full_name}, {user.city}, {user.email}")


def first_administrator(client: Client, first_password: str) -> None:
    show("the first administrator must choose a password")
    try:
        client.call(Login(username="admin", password=first_password))
    except errors.PasswordChangeRequired as required:
        print(f"{required.code}: {required.message}")
        client.call(
            ChangePassword(
                password_change_token=required.password_change_token,
                current_password=first_password,
                new_password="a-quiet-harbour-town",
            )
        )
    client.call(Login(username="admin", password="a-quiet-harbour-town"))
    for listed in client.call(ListUsers()).users:
        print(f"{listed.username:8} {listed.role:6} {listed.email}")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ums-demo-") as folder:
        data = Path(folder) / "data"
        show("a new store")
        with service(data) as (endpoint, said, process):
            print(said.strip())
            first_password = re.search(r"the first password (\S+)", said)
            assert first_password is not None
            with Client(endpoint) as client:
                register_and_log_in(client)
            with Client(endpoint) as client:
                first_administrator(client, first_password[1])
            show("the process is killed; a new one finds everything")
            process.send_signal(signal.SIGKILL)
        with service(data) as (endpoint, said, _), Client(endpoint) as client:
            print(said.strip())
            client.call(Login(username="alice", password="a-long-winter-walk"))
            print(f"alice lives in {client.call(GetUser()).user.city}")
            print(f"health: {client.call(HealthCheck()).state}")

        show("the store verifies, and its audit log tells what happened")
        print(run("verify", "--full", "--data", str(data)).strip())
        for line in run("audit", "--data", str(data)).splitlines():
            entry = json.loads(line)
            code = entry.get("code", "")
            print(
                f"{entry['at'][11:23]}  {entry['event']:20} {entry['outcome']:8} {code}"
            )


def run(*arguments: str) -> str:
    """What a command of the service prints."""
    done = subprocess.run(
        [*SERVICE, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


if __name__ == "__main__":
    os.umask(0o077)
    main()
