"""The examples do what they say, against a service that keeps to the contract."""

import re
from pathlib import Path

import pytest

from tests.client.doubles import CurveServer, FakeService
from tests.client.test_curve import key_file
from tests.programs import run_program

ROOT = Path(__file__).parents[2]


def run(example, *arguments):
    return run_program(f"examples.{example}", *map(str, arguments), env={})


@pytest.mark.parametrize("example", ["plain_zeromq", "with_client", "msgpack_dealer"])
def test_an_example_runs_and_deletes_what_it_made(service, example):
    done = run(example, service.endpoint)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert service.actions()[0] == "create_user"
    assert service.actions()[-1] == "delete_user"


def test_the_encrypted_example_runs(tmp_path):
    curve = CurveServer()
    server_key = tmp_path / "server.key"
    server_key.write_text(f'curve\n    public-key = "{curve.public.decode()}"\n')
    own = key_file(tmp_path, curve.allowed, curve.allowed_secret)
    with FakeService(curve=curve) as secured:
        done = run("over_curve", secured.endpoint, server_key, own)
        assert done.returncode == 0, done.stderr
        assert secured.actions()[-1] == "delete_user"


def test_the_example_verifies_tokens_of_a_real_service(shared_standard):
    done = run("verify_tokens", shared_standard.endpoint)
    assert (done.returncode, done.stderr) == (0, "")
    first, second, refused, deleted = done.stdout.splitlines()
    assert first == second
    assert first.endswith(" with user")
    assert refused == "refused: the session of the token has ended"
    assert deleted == "deleted"


def test_the_tour_shows_what_it_promises():
    done = run("demo")
    assert (done.returncode, done.stderr) == (0, "")
    told = re.split(r"^== .*audit log.*$", done.stdout, flags=re.MULTILINE)
    assert len(told) == 2
    shown, audited = told
    for answer in (
        "MFA_REQUIRED",
        "this device is known",
        "INVALID_MFA_CODE",
        "for 30 minutes",
        "Login successful, after",
        "Password changed successfully",
        "INVALID_LINK",
        "PASSWORD_CHANGE_REQUIRED",
    ):
        assert answer in shown
    for event in ("mfa_enabled", "account_locked", "mail_sent", "password_reset"):
        assert f" {event} " in audited
    assert "sound: " in audited


@pytest.mark.parametrize("example", ["with_client", "verify_tokens"])
def test_an_example_fails_with_one_line_when_nobody_is_there(example):
    with FakeService() as gone:
        endpoint = gone.endpoint
    failed = run(example, endpoint)
    assert failed.returncode == 1
    assert failed.stderr.count("\n") == 1
