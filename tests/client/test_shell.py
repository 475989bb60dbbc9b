"""The shell client as its users run it: a process with arguments, streams and a status."""

import json
import os
import pty
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.client.doubles import CurveServer, FakeService, polite, refusal
from tests.programs import run_program
from ums_client.protocol.actions import ACTIONS
from ums_client.secret_input import is_secret
from ums_client.shell import EXITS, cli
from ums_client.shell_flags import common_options
from ums_client.shell_options import options_of

ROOT = Path(__file__).parents[2]
PASSWORD = "correct-horse-42"


class Shell:
    """Runs `python -m ums_client` against one service, in a home of its own."""

    def __init__(self, home: Path, endpoint: str) -> None:
        self.home = home
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "XDG_STATE_HOME": str(home / "state"),
            "UMS_ENDPOINT": endpoint,
            "PYTHONPATH": str(ROOT),
        }
        self.password_file = home / "password"
        self.password_file.write_text(PASSWORD + "\n")

    def start(self, *arguments, **options):
        return subprocess.Popen(
            [sys.executable, "-m", "ums_client", *map(str, arguments)],
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            **options,
        )

    def run(self, *arguments, stdin=""):
        words = map(str, arguments)
        return run_program("ums_client", *words, env=self.environment, stdin=stdin)

    def login(self, *more):
        return self.run(
            "login", "--username", "alice", "--password-file", self.password_file, *more
        )

    def kept(self):
        return list((self.home / "state" / "ums").glob("*"))


@pytest.fixture
def shell(tmp_path, service):
    return Shell(tmp_path, service.endpoint)


def test_fields_become_flags_and_arrive_in_the_message(shell, service):
    done = shell.run(
        "create-user",
        *("--username", "bob", "--email", "bob@example.org", "--full-name", "Bob B"),
        *("--password-file", shell.password_file, "--role", "moderator"),
        *("--metadata", '{"team": ["a", 1]}'),
    )
    assert (done.returncode, done.stderr) == (0, "")
    message = service.received[0]
    assert message["user_data"] == {
        "username": "bob",
        "email": "bob@example.org",
        "full_name": "Bob B",
        "password": PASSWORD,
        "role": "moderator",
        "metadata": {"team": ["a", 1]},
    }
    assert len(message["idempotency_key"]) >= 16


def test_nothing_is_asked_where_the_service_makes_the_password_up(shell, service):
    bob = "create-user", "--username", "bob", "--email", "bob@example.org"
    done = shell.run(*bob, "--generate-password")
    assert (done.returncode, done.stderr) == (0, "")
    assert service.received[0]["user_data"] == {
        "username": "bob",
        "email": "bob@example.org",
        "generate_password": True,
    }
    refused = shell.run(*bob)
    assert refused.returncode == 2
    assert "--password-file" in refused.stderr


def test_a_password_to_be_judged_comes_from_a_file(shell, service):
    asked = "check-password", "--username", "bob"
    assert "--password-file" in shell.run(*asked).stderr
    shell.run(*asked, "--password-file", shell.password_file)
    (message,) = service.received
    assert (message["password"], message["username"]) == (PASSWORD, "bob")


def test_text_is_for_people_and_json_for_programs(shell):
    text = shell.run("get-user")
    assert "  username: alice" in text.stdout.splitlines()
    parsed = json.loads(shell.run("get_user", "--json").stdout)
    assert (parsed["status"], parsed["user"]["username"]) == ("success", "alice")


def test_a_list_is_a_table(shell):
    lines = shell.run("list-users").stdout.splitlines()
    assert lines[0] == "users:"
    assert lines[1].split()[:2] == ["username", "email"]
    assert lines[2].split()[:2] == ["alice", "alice@example.org"]


def test_what_the_service_did_not_say_is_not_made_up(shell, service):
    named = {"username": "carol", "full_name": "Carol", "role": "user"}
    service.handler = lambda _: {"status": "success", "users": [named], "count": 1}
    table = shell.run("list-users").stdout
    assert "carol" in table
    assert "email_verified" not in table
    told = json.loads(shell.run("list-users", "--json").stdout)
    assert told["users"] == [named]
    assert "truncated" not in told


def test_a_login_is_kept_private_and_used_until_logout(shell, service):
    assert shell.login().returncode == 0
    (kept,) = shell.kept()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    shell.run("get-user")
    assert service.received[-1]["session_token"] == "token-of-alice"
    assert shell.run("logout").returncode == 0
    assert shell.kept() == []
    assert service.actions() == ["login", "get_user", "logout"]


def test_the_session_of_one_endpoint_is_not_sent_to_another(shell):
    shell.login()
    with FakeService() as other:
        shell.run("get-user", "--endpoint", other.endpoint)
        assert "session_token" not in other.received[0]


def test_a_login_shows_its_token_only_when_it_does_not_keep_it(shell):
    assert "token-of-alice" not in shell.login().stdout
    assert "token-of-alice" not in shell.login("--json").stdout
    for file in shell.kept():
        file.unlink()
    handed_on = json.loads(shell.login("--no-save", "--json").stdout)
    assert handed_on["session_token"] == "token-of-alice"
    assert shell.kept() == []


def test_a_session_can_be_given_by_file_and_leaves_the_kept_one_alone(shell, service):
    shell.login()
    given = shell.home / "token"
    given.write_text("another-token\n")
    shell.run("logout", "--session-token-file", given)
    assert service.received[-1]["session_token"] == "another-token"
    assert len(shell.kept()) == 1


def test_an_ended_session_is_not_kept(shell, service):
    shell.login()
    service.handler = lambda _: refusal("INVALID_SESSION")
    assert shell.run("get-user").returncode == 77
    assert shell.kept() == []


def test_a_kept_session_that_others_can_read_is_not_used(shell, service):
    shell.login()
    shell.kept()[0].chmod(0o644)
    refused = shell.run("get-user")
    assert (refused.returncode, service.actions()) == (78, ["login"])
    assert "can be read by others" in refused.stderr


@pytest.mark.parametrize("code", ["PASSWORD_CHANGE_REQUIRED", "PASSWORD_EXPIRED"])
def test_a_password_can_be_changed_without_handling_the_token(shell, service, code):
    def first_login(message):
        if message["action"] == "login":
            return refusal(code, password_change_token="change")
        return polite(message)

    service.handler = first_login
    told = shell.login()
    assert told.returncode == 1
    assert "change-password" in told.stderr
    assert "change\n" not in told.stdout
    new = shell.home / "new"
    new.write_text("another-horse-43")
    done = shell.run(
        "change-password",
        *("--current-password-file", shell.password_file),
        *("--new-password-file", new),
    )
    assert done.returncode == 0
    assert service.received[-1]["password_change_token"] == "change"
    assert service.received[-1]["new_password"] == "another-horse-43"
    assert shell.kept() == []


def wants_a_code(message):
    if message["action"] == "login" and "mfa_code" not in message["credentials"]:
        more = {"mfa_token": "complete", "mfa_methods": ["totp", "backup_code"]}
        return refusal("MFA_REQUIRED", requires_mfa=True, **more)
    return polite(message)


def test_a_code_can_be_given_with_the_login(shell, service):
    service.handler = wants_a_code
    assert shell.login("--mfa-code", "123456").returncode == 0
    assert service.actions() == ["login"]
    assert service.received[0]["credentials"]["mfa_code"] == "123456"


def test_without_a_terminal_a_wanted_code_is_told(shell, service):
    service.handler = wants_a_code
    told = shell.login()
    assert (told.returncode, shell.kept()) == (1, [])
    assert "--mfa-code" in told.stderr


def test_on_a_terminal_a_wanted_code_is_asked_for(shell, service):
    service.handler = wants_a_code
    ours, theirs = pty.openpty()
    process = shell.start(
        "login", "--username", "a", "--password-file", shell.password_file, stdin=theirs
    )
    os.close(theirs)
    with process:
        shown = ""
        assert process.stderr is not None
        while "Code (totp, backup code): " not in shown:
            shown += process.stderr.read(1)
        os.write(ours, b"123456\n")
        _, err = process.communicate(timeout=30)
    os.close(ours)
    assert process.returncode == 0, err
    answered = service.received[1]
    assert (answered["mfa_token"], answered["code"]) == ("complete", "123456")
    shell.run("get-user")
    assert service.received[-1]["session_token"] == "token-of-alice"


def test_a_factor_can_be_set_up_without_handling_its_tokens(shell, service):
    def first_factor(message):
        if message["action"] == "login":
            return refusal("MFA_SETUP_REQUIRED", mfa_setup_token="set-up")
        if message["action"] == "setup_mfa":
            named = ("secret", "otpauth_uri")
            made = {"setup_token": "confirm", "qr_code": "data:image/png;base64,AA"}
            drawn = {"qr_text": "█▀\n▄ "} | dict.fromkeys(named, "x")
            return {"status": "success"} | made | drawn
        return {"status": "success", "mfa_enabled": True, "backup_codes": ["AAAA-BBBB"]}

    service.handler = first_factor
    told = shell.login()
    assert told.returncode == 1
    assert "setup-mfa" in told.stderr
    made = shell.run(
        "setup-mfa", "--method", "totp", "--password-file", shell.password_file
    )
    assert service.received[-1]["mfa_setup_token"] == "set-up"
    assert made.stdout.split("qr_text:\n")[1] == "█▀\n▄ \n"
    assert "confirm" not in made.stdout
    assert "base64" not in made.stdout
    done = shell.run("confirm-mfa", "--code", "123456")
    assert "AAAA-BBBB" in done.stdout
    assert service.received[-1]["setup_token"] == "confirm"
    assert shell.kept() == []


def test_a_secret_can_come_from_standard_input_or_a_file_in_the_environment(
    shell, service
):
    shell.run("login", "--username", "a", "--password-file", "-", stdin="from stdin\n")
    shell.environment["UMS_PASSWORD_FILE"] = str(shell.password_file)
    shell.run("login", "--username", "a")
    given = [message["credentials"]["password"] for message in service.received]
    assert given == ["from stdin", PASSWORD]


def test_a_secret_is_asked_for_on_a_terminal_and_not_echoed(shell, service):
    ours, theirs = pty.openpty()
    process = shell.start("login", "--username", "alice", stdin=theirs)
    os.close(theirs)
    with process:
        shown = ""
        assert process.stderr is not None
        while "Password: " not in shown:
            shown += process.stderr.read(1)
        os.write(ours, f"{PASSWORD}\n".encode())
        out, err = process.communicate(timeout=30)
    os.close(ours)
    assert process.returncode == 0, err
    assert service.received[0]["credentials"]["password"] == PASSWORD
    assert PASSWORD not in out + err


def test_there_is_no_flag_that_takes_a_secret_itself():
    for action in ACTIONS:
        for option in options_of(action):
            if is_secret(option.name or ""):
                assert option.opts == [f"--{option.name.replace('_', '-')}-file"]


def test_every_secret_is_text_of_its_own():
    """A number, switch or choice that speaks of passwords is a flag like any other."""
    for action in ACTIONS:
        for name, field in action.request.model_fields.items():
            if is_secret(name):
                assert field.annotation not in (bool, bool | None), (action.name, name)
                assert "int" not in str(field.annotation), (action.name, name)
                assert "Literal" not in str(field.annotation), (action.name, name)


def test_a_policy_of_passwords_is_set_by_flags(shell, service):
    shell.run(
        "update-policy",
        *("--lab-id", "1ab00000-0000-4000-8000-000000000000"),
        *("--password-chars-min", "14", "--password-common", "part"),
        *("--password-classes",),
    )
    (message,) = service.received
    assert message["password_chars_min"] == 14
    assert message["password_common"] == "part"
    assert message["password_classes"] is True


def test_no_field_has_the_name_of_a_common_option():
    common = {flag for option in common_options() for flag in option.opts}
    common |= {option.name for option in common_options()}
    for action in ACTIONS:
        for option in options_of(action):
            assert not common & {option.name, *option.opts}, action.name


def test_every_action_is_a_command_and_has_help(shell):
    listing = shell.run("--help").stdout
    for action in ACTIONS:
        command = action.name.replace("_", "-")
        assert command in listing
        assert cli.get_command(None, command).help.startswith(
            action.request.__doc__.splitlines()[0]
        )
    shell.environment["UMS_SESSION_TOKEN_FILE"] = "secret-looking"
    assert "secret-looking" not in shell.run("login", "--help").stdout


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("PERMISSION_DENIED", 77),
        ("INVALID_SESSION", 77),
        ("INVALID_CREDENTIALS", 77),
        ("CONFLICT", 1),
        ("INTERNAL", 1),
        ("FROM_THE_FUTURE", 1),
    ],
)
def test_a_refusal_is_one_line_and_a_status(shell, service, code, status):
    service.handler = lambda _: refusal(code, incident="i-9")
    refused = shell.run("get-user")
    assert (refused.returncode, refused.stdout) == (status, "")
    assert refused.stderr.startswith(f"ums: refused: {code} (incident i-9)")
    assert refused.stderr.count("\n") == 1


def test_a_refusal_is_one_object_for_programs(shell, service):
    service.handler = lambda _: refusal("CONFLICT", details=[{"field": "email"}])
    refused = shell.run("update-user", "--email", "taken@example.org", "--json")
    told = json.loads(refused.stdout)
    assert (told["status"], told["code"]) == ("error", "CONFLICT")
    assert told["details"] == [{"field": "email"}]
    assert refused.returncode == 1


def test_an_unreachable_service_is_69(shell, service):
    service.stop()
    result = shell.run("health-check", "--timeout", "0.3")
    assert result.returncode == 69
    assert service.endpoint in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        [],
        ["login", "--username"],
        ["login", "--password", PASSWORD],
        ["login", "--username", "a"],
        ["login", "--username", "a", "--password-file", "/nonexistent"],
        ["create-user", "--metadata", "[1]", "--password-file", "-"],
        ["health-check", "--name", "x"],
        ["create-user", "--full-name", "x" * 301, "--password-file", "-"],
        ["list-users", "--page", "0"],
        ["list-users", "--page", "one"],
        ["health-check", "--timeout", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_2_and_sends_nothing(shell, service, arguments):
    result = shell.run(*arguments, stdin="a secret\n")
    if arguments[-2:] == ["--username", "a"]:
        assert "--password-file" in result.stderr
    assert (result.returncode, result.stdout) == (2, "")
    assert service.received == []
    assert "Traceback" not in result.stderr


def test_bad_configuration_is_78(shell):
    assert shell.run("health-check", "--endpoint", "nowhere").returncode == 78
    assert shell.run("health-check", "--server-key", "/nonexistent").returncode == 78


def test_wrong_keys_are_not_permitted(shell, tmp_path):
    curve = CurveServer()
    key = tmp_path / "server.key"
    key.write_text(f'curve\n    public-key = "{curve.public.decode()}"\n')
    with FakeService(curve=curve) as secured:
        refused = shell.run(
            "health-check", "--endpoint", secured.endpoint, "--server-key", key
        )
    assert refused.returncode == 77
    assert "keys" in refused.stderr


def test_an_interrupt_is_130(shell, service):
    service.handler = lambda _: None
    service.arrived.clear()
    with shell.start("create-user", "--password-file", shell.password_file) as process:
        assert service.arrived.wait(20)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in err


def test_a_reader_that_goes_away_is_no_news(shell):
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [sys.executable, "-m", "ums_client", "list-users"],
        env=shell.environment,
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)
    assert process.stderr == b""
    assert process.returncode == 1


def test_control_characters_of_others_do_not_reach_the_terminal(shell, service):
    evil = {
        "username": "alice",
        "full_name": "\x1b[2Jgone",
        "metadata": {"\x07": "\x9b"},
    }
    service.handler = lambda _: {"status": "success", "user": evil}
    out = shell.run("get-user").stdout
    assert not any(ord(character) < 32 and character != "\n" for character in out)
    assert "\x9b" not in out
    assert "gone" in out


def test_every_error_has_an_exit_status():
    from tests.client.test_errors import subclasses
    from ums_client import errors

    for kind in subclasses(errors.UmsError):
        assert any(parent in EXITS for parent in kind.__mro__)
