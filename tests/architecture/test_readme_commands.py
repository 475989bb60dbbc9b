"""The shell commands of the README, typed in its order against a running service."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.test_docs import SHELL
from tests.service.harness import LIMIT_S, ROOT
from tests.service.running import running_service

PASSWORDS = {
    "alice": "a-long-winter-walk",
    "admin": "the first one 1",
    "new": "a later one 2",
}
"""What a person would type at the prompts."""


def commands(block: str) -> list[list[str]]:
    """The command lines of a block that call the shell client."""
    lines = (shlex.split(line) for line in block.splitlines())
    return [line for line in lines if line[:3] == ["python", "-m", "ums_client"]]


def block_with(text: str) -> str:
    (found,) = [block for block in SHELL if text in block]
    return found


class Person:
    """Types commands of the README; answers the prompts from files."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "UMS_ENDPOINT": endpoint,
        }
        self.files = {}
        for name, password in PASSWORDS.items():
            self.files[name] = home / f"{name}.password"
            self.files[name].write_text(password)

    def type(self, line: list[str]) -> subprocess.CompletedProcess[str]:
        extra: list[str] = []
        if "--username" in line:
            name = line[line.index("--username") + 1]
            extra = ["--password-file", str(self.files[name])]
        elif line[3] == "change-password":
            extra = ["--current-password-file", str(self.files["admin"])]
            extra += ["--new-password-file", str(self.files["new"])]
        return subprocess.run(
            [sys.executable, *line[1:], *extra],
            env=self.environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )


@pytest.fixture
def person(tmp_path: Path):
    first = {"UMS_ADMIN_PASSWORD": PASSWORDS["admin"]}
    with running_service(tmp_path / "data", env=first) as service:
        yield Person(tmp_path, service.endpoint)


def test_an_account_is_made_and_logged_in(person: Person):
    lines = commands(block_with("create-user"))
    assert [line[3] for line in lines] == [
        "create-user",
        "login",
        "get-user",
        "logout",
    ]
    for line in lines:
        done = person.type(line)
        assert done.returncode == 0, (line, done.stderr)
    assert person.type(["python", "-m", "ums_client", "get-user"]).returncode != 0


def test_the_first_administrator_changes_the_password(person: Person):
    refused, changed, login = commands(block_with("change-password"))
    first = person.type(refused)
    assert first.returncode == 1
    assert "change-password" in first.stderr
    assert person.type(changed).returncode == 0
    person.files["admin"].write_text(PASSWORDS["new"])
    assert person.type(login).returncode == 0
