"""The follower of the audit log, after a live service."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from examples.follow_audit import Follower, LogBroken, Place
from tests.examples.live import PASSWORD, Live, live_service, run_example
from tests.programs import run_program
from tests.service.harness import ROOT, login
from tests.service.running import (
    Output,
    running_service,
    service_environment,
    wait_until,
)
from ums_client import Client
from ums_client.protocol.assignments import AssignRole
from ums_client.protocol.audit import VerifyAudit
from ums_client.protocol.keys import CreateApiKey, CreateServiceAccount
from ums_client.protocol.roles import SaveRole


class Watch(NamedTuple):
    """Where a follower keeps its things."""

    live: Live
    folder: Path
    key: str

    @property
    def place(self) -> Path:
        return self.folder / "audit.place"

    def arguments(self, *more: object) -> list[object]:
        key_file = self.folder / "audit.key"
        key_file.write_text(self.key)
        given = ["--service", self.live.endpoint, "--key-file", key_file]
        return [*given, "--place", self.place, *more]

    def run(self, *more: object) -> subprocess.CompletedProcess[str]:
        return run_example("follow_audit", *self.arguments("--once", *more))

    def follower(self, client: Client) -> Follower:
        return Follower(client, self.place, None)

    def fail_login(self, name: str) -> None:
        self.live.service.ask(**login(name, "wrong"))


@pytest.fixture
def watch(live: Live, tmp_path: Path) -> Watch:
    return make_watch(live, tmp_path)


def make_watch(live: Live, folder: Path) -> Watch:
    scopes = ["audit.read", "users.read"]
    with live.admin() as admin:
        name = f"follower-{folder.name.rpartition('_')[0].replace('_', '-')}"[:30]
        admin.call(SaveRole(name="reads-audit", permissions=["audit.read"]))
        account = admin.call(CreateServiceAccount(username=name.rstrip("-"))).user_id
        admin.call(AssignRole(user_ids=[account], roles=["reads-audit"]))
        made = admin.call(CreateApiKey(name="f", scopes=scopes, user_id=account))
    return Watch(live, folder, made.api_key)


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


def test_it_begins_now_and_goes_on_where_it_was(watch: Watch):
    first = watch.run()
    assert (first.returncode, first.stdout, first.stderr) == (0, "", "")
    watch.live.service.ask(**login("viewer", PASSWORD))
    watch.fail_login("viewer")
    second = watch.run()
    shown = lines(second.stdout)
    assert [(e["event"], e["outcome"]) for e in shown] == [
        ("login", "done"),
        ("login", "refused"),
    ]
    assert shown[0]["number"] < shown[1]["number"]
    assert lines(watch.run().stdout) == []


def test_it_misses_nothing_over_many_pages(watch: Watch):
    watch.run()
    many = 130
    with watch.live.admin() as admin:
        for number in range(many):
            admin.call(SaveRole(name=f"role-{number}", permissions=["users.read"]))
    shown = lines(watch.run().stdout)
    made = [e for e in shown if e["event"].startswith("role_")]
    assert len(made) == many
    numbers = [e["number"] for e in shown]
    assert numbers == sorted(numbers)


def test_it_goes_on_after_a_restart_of_the_service(tmp_path: Path):
    with live_service(tmp_path) as live:
        watch = make_watch(live, tmp_path)
        with following(watch) as output:
            output.wait_for_place(watch)
            watch.fail_login("viewer")
            output.said.wait_for(r'"event":"login"')
            live.service.stop()
            output.complaints.wait_for("waiting")
            with running_service(live.service.data, port=live.service.port) as again:
                again.ask(**login("researcher", PASSWORD))
                output.said.wait_for(r'"subject_name":"researcher"')
        shown = lines(output.said.text)
        assert len({e["number"] for e in shown}) == len(shown)


class Outputs(NamedTuple):
    said: Output
    complaints: Output

    def wait_for_place(self, watch: Watch) -> None:
        wait_until(watch.place.exists)


class following:  # noqa: N801 - used as a context manager
    def __init__(self, watch: Watch) -> None:
        arguments = map(str, watch.arguments("--every-s", "0.1"))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "examples.follow_audit", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Outputs:
        self.outputs = Outputs(Output(self.process.stdout), Output(self.process.stderr))
        return self.outputs

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(20)
        for output in self.outputs:
            output.join()


def test_a_store_that_was_set_back_is_told(watch: Watch):
    watch.run()
    kept = Place.read(watch.place)
    assert kept is not None
    for other in (
        kept._replace(number=kept.number + 10_000),
        kept._replace(digest="0"),
    ):
        other.write(watch.place)
        done = watch.run()
        assert (done.returncode, done.stdout) == (2, "")
        assert "set back" in done.stderr
        assert Place.read(watch.place) == other


def test_a_missing_entry_is_told(watch: Watch, monkeypatch: pytest.MonkeyPatch):
    watch.run()
    for _ in range(3):
        watch.fail_login("viewer")
    with Client(watch.live.endpoint, api_key=watch.key) as client:
        follower = watch.follower(client)
        entries = list(follower._down_to(Place.read(watch.place).number))
        del entries[1]
        monkeypatch.setattr(follower, "_down_to", lambda _: iter(entries))
        with pytest.raises(LogBroken, match="missing"):
            follower.read_on()


def test_a_broken_log_is_told(watch: Watch, monkeypatch: pytest.MonkeyPatch):
    call = Client.call

    def broken(client: Client, request: Any, **more: Any) -> Any:
        reply = call(client, request, **more)
        if isinstance(request, VerifyAudit):
            return reply.model_copy(update={"intact": False, "first_bad": 3})
        return reply

    monkeypatch.setattr(Client, "call", broken)
    with (
        Client(watch.live.endpoint, api_key=watch.key) as client,
        pytest.raises(LogBroken, match="entry 3"),
    ):
        watch.follower(client).verify()


def test_what_was_dropped_for_its_age_is_told_and_the_rest_is_read(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    call = Client.call

    def dropped(client: Client, request: Any, **more: Any) -> Any:
        reply = call(client, request, **more)
        if isinstance(request, VerifyAudit):
            return reply.model_copy(update={"first": 5})
        return reply

    monkeypatch.setattr(Client, "call", dropped)
    for last_seen, warns in ((2, True), (4, False)):
        Place(last_seen, "gone").write(watch.place)
        with Client(watch.live.endpoint, api_key=watch.key) as client:
            follower = watch.follower(client)
            follower.verify()
            assert follower.read_on()[0].number == 5
        assert ("before 5 were dropped" in capsys.readouterr().err) is warns


def test_the_heads_that_it_keeps_prove_that_nothing_was_set_back(watch: Watch):
    heads = watch.folder / "heads"
    assert watch.run("--heads", heads).returncode == 0
    command = ("verify", "--data", str(watch.live.service.data))
    against = ("--against", f"@{heads}")
    checked = run_program("ums_service", *command, *against, env=service_environment())
    assert checked.returncode == 0, checked.stderr


def test_its_errors_are_one_line(watch: Watch):
    watch.place.write_text("[]")
    assert_fails(watch.run, "holds no place")
    watch.place.unlink()
    assert_fails(watch._replace(key="ums_wrong").run, "")
    done = run_example("follow_audit", "--help")
    assert (done.returncode, "--heads" in done.stdout) == (0, True)


def assert_fails(
    run: Callable[[], subprocess.CompletedProcess[str]], text: str
) -> None:
    done = run()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert text in done.stderr
