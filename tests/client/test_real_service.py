"""The client, the shell and the examples against the service itself."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pyotp
import pytest

from tests.client.test_shell import Shell
from ums_client import (
    ChangePassword,
    Client,
    CreateUser,
    DeleteUser,
    Encoding,
    GetUser,
    ListUsers,
    Login,
    UpdateUser,
    errors,
    new_idempotency_key,
)
from ums_client.protocol.factors import ConfirmMfa, SetupMfa, VerifyMfa

ROOT = Path(__file__).parents[2]
PASSWORD = "correct-horse-42"


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    """A new store and a process of its own; its output names the port it took."""
    data = tmp_path_factory.mktemp("service") / "data"
    command = [sys.executable, "-m", "ums_service", "serve", "--data", str(data)]
    with subprocess.Popen(
        [*command, "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            found = re.search(r"serves .* on (tcp://[\d.]+:\d+)", line)
            if found:
                yield found[1]
                break
        else:
            pytest.fail("".join(said))
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
    assert process.returncode == 0


@pytest.mark.parametrize("encoding", Encoding)
def test_an_account_lives_through_its_whole_life(endpoint, make_client, encoding):
    name = f"real-{encoding.value}-{make_client.__name__.lower()}"
    person = CreateUser(username=name, email=f"{name}@example.org", password=PASSWORD)
    new_password = "another-horse-43"
    with make_client(endpoint, encoding=encoding) as client:
        key = new_idempotency_key()
        first = client.call(person, idempotency_key=key)
        assert client.call(person, idempotency_key=key) == first
        with pytest.raises(errors.Conflict) as conflict:
            client.call(person)
        assert conflict.value.details[0]["field"] == "username"
        with pytest.raises(errors.InvalidCredentials):
            client.call(Login(username=name, password="wrong"))
        client.call(Login(username=name, password=PASSWORD))
        client.call(UpdateUser(city="Ulm", notes="tab\tand\nlines"))
        user = client.call(GetUser()).user
        assert (user.city, user.notes) == ("Ulm", "tab\tand\nlines")
        assert name in {listed.username for listed in client.call(ListUsers()).users}
        client.call(
            ChangePassword(current_password=PASSWORD, new_password=new_password)
        )
        client.call(DeleteUser(password=new_password))
        assert client.session_token is None
        with pytest.raises(errors.InvalidSession):
            client.call(GetUser())


def test_a_field_that_is_refused_is_named(endpoint):
    too_large = CreateUser(metadata={"a": 2**60})
    with Client(endpoint) as client, pytest.raises(errors.InvalidRequest) as caught:
        client.call(too_large)
    assert caught.value.details[0]["field"] == "user_data"


def test_a_bad_password_is_refused_with_every_reason(endpoint):
    person = CreateUser(username="weak", email="weak@example.org", password="weak")
    with Client(endpoint) as client, pytest.raises(errors.PolicyViolation) as caught:
        client.call(person)
    assert {fault["field"] for fault in caught.value.details} == {"password"}


@pytest.mark.parametrize("example", ["plain_zeromq", "with_client", "msgpack_dealer"])
def test_an_example_runs(endpoint, example):
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{example}", endpoint],
        cwd=ROOT,
        env={},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_shell_keeps_a_session_over_several_commands(endpoint, tmp_path):
    shell = Shell(tmp_path, endpoint)
    secret = ("--password-file", shell.password_file)
    create = ("create-user", "--username", "shelly", "--email", "shelly@example.org")
    assert shell.run(*create, *secret).returncode == 0
    assert shell.run("login", "--username", "shelly", *secret).returncode == 0
    assert "username: shelly" in shell.run("get-user").stdout
    assert shell.run("delete-user", *secret).returncode == 0
    assert shell.run("get-user").returncode == 77


@pytest.mark.parametrize("encoding", Encoding)
def test_a_second_factor_is_set_up_and_wanted(endpoint, make_client, encoding):
    name = f"factor-{encoding.value}-{make_client.__name__.lower()}"
    person = CreateUser(username=name, email=f"{name}@example.org", password=PASSWORD)
    with make_client(endpoint, encoding=encoding) as client:
        client.call(person)
        client.call(Login(username=name, password=PASSWORD))
        made = client.call(SetupMfa(method="totp", password=PASSWORD))
        code = pyotp.TOTP(made.secret).now()
        kept = client.call(ConfirmMfa(setup_token=made.setup_token, code=code))
        with pytest.raises(errors.MfaRequired) as wanted:
            client.call(Login(username=name, password=PASSWORD))
        token = wanted.value.mfa_token
        with pytest.raises(errors.InvalidMfaCode):
            client.call(VerifyMfa(mfa_token=token, code=code))
        reply = client.call(VerifyMfa(mfa_token=token, code=kept.backup_codes[0]))
        assert client.session_token == reply.session_token
        assert client.call(GetUser()).user.username == name
