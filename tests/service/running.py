"""The service as operators start it: a process, its output, and sockets to talk to it."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import zmq

from tests.programs import Program
from tests.service.harness import ADMIN_PASSWORD, LIMIT_S, ROOT, Message, login


class Output:
    """The lines a process writes, as they come."""

    def __init__(self, stream: Any) -> None:
        self.lines: list[str] = []
        self._more = threading.Condition()
        self._ended = False
        self._thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self._thread.start()

    def _read(self, stream: Any) -> None:
        with stream:
            for line in stream:
                with self._more:
                    self.lines.append(line.rstrip("\n"))
                    self._more.notify_all()
        with self._more:
            self._ended = True
            self._more.notify_all()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def wait_for(self, pattern: str, within_s: float = LIMIT_S) -> re.Match[str]:
        """The first match in a line; fails when the process ends without it."""
        with self._more:
            self._more.wait_for(lambda: self._match(pattern) or self._ended, within_s)
        match = self._match(pattern)
        assert match, f"{pattern!r} is not in the output:\n{self.text}"
        return match

    def _match(self, pattern: str) -> re.Match[str] | None:
        return next(
            filter(None, (re.search(pattern, line) for line in self.lines)), None
        )

    def join(self) -> None:
        self._thread.join(LIMIT_S)


Start = Callable[
    [list[str], Mapping[str, str], int], "subprocess.Popen[bytes] | Program"
]
"""Starts a service with these arguments, this environment and a descriptor to write to."""


def forked(command: list[str], env: Mapping[str, str], out: int) -> Program:
    """A service that need not load its modules."""
    with Path(os.devnull).open() as nothing:
        streams = {"stdin": nothing.fileno(), "stdout": out, "stderr": out}
        return Program("ums_service", *command, env=env, **streams)


def new_process(
    command: list[str], env: Mapping[str, str], out: int
) -> "subprocess.Popen[bytes]":
    """A service as operators start it."""
    return subprocess.Popen(
        [sys.executable, "-m", "ums_service", *command],
        cwd=ROOT,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out,
    )


class RunningService:
    """A started service. `endpoint` is where it answers, once `wait_ready` returned.

    It is a process of its own, forked from one that has loaded the modules; `start`
    says how else to start it.
    """

    def __init__(
        self,
        data: Path,
        *arguments: str,
        profile: str = "standard",
        port: int = 0,
        env: Mapping[str, str] | None = None,
        start: Start = forked,
    ) -> None:
        command = ["serve", "--data", str(data), "--profile", profile]
        if "--bind" not in arguments:
            command += ["--port", str(port)]
        self.data = data
        into, out_of = os.pipe()
        with os.fdopen(out_of, "wb"):
            environ = service_environment(env)
            self.process = start([*command, *arguments], environ, out_of)
        self.output = Output(os.fdopen(into))
        self.endpoint = ""

    def wait_ready(self) -> Self:
        self.endpoint = self.output.wait_for(r"users on (\S+) \(profile")[1]
        return self

    @property
    def port(self) -> int:
        return int(self.endpoint.rpartition(":")[2])

    @property
    def first_password(self) -> str:
        return self.output.wait_for(r"the first password (\S+) ")[1]

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def resident_bytes(self) -> int:
        """How much memory the process occupies now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(match[1]) * 1024 if match else 0  # a process that is ending has none

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def wait(self, within_s: float = LIMIT_S) -> int:
        """The exit status."""
        status = self.process.wait(within_s)
        self.output.join()
        return status

    def stop(self) -> int:
        self.terminate()
        return self.wait()

    def kill(self) -> None:
        self.process.kill()
        self.wait()

    def ask(self, within_s: float = LIMIT_S, **message: Any) -> Message:
        return ask(self.endpoint, message, within_s)


def service_environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """What a service needs, and nothing that happens to be set on this machine."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    cheap = {"UMS_ARGON2_MEMORY_KIB": "8", "UMS_ARGON2_PASSES": "1"}
    return kept | cheap | dict(more or {})


@contextmanager
def running_service(
    data: Path, *arguments: str, **options: Any
) -> Iterator[RunningService]:
    """A service that answers; it is stopped at the end, whatever happens."""
    service = RunningService(data, *arguments, **options)
    try:
        yield service.wait_ready()
        if service.alive:
            service.terminate()
            service.wait()
    finally:
        if service.alive:
            service.kill()


def run_to_end(data: Path, *arguments: str, **options: Any) -> tuple[int, str]:
    """Exit status and output of a start that is expected to fail."""
    service = RunningService(data, *arguments, **options)
    try:
        return service.wait(), service.output.text
    finally:
        if service.alive:
            service.kill()


def ask(endpoint: str, message: Message, within_s: float = LIMIT_S) -> Message:
    """One JSON request over a fresh REQ socket."""
    with peer(endpoint, zmq.REQ) as socket:
        socket.send(json.dumps(message).encode())
        return dict(json.loads(receive(socket, within_s)[-1]))


@contextmanager
def peer(
    endpoint: str, kind: int = zmq.DEALER, **options: Any
) -> Iterator[zmq.Socket[bytes]]:
    """A connected socket; `options` are attributes such as `identity`."""
    with zmq.Context() as context, context.socket(kind) as socket:
        socket.linger = 0
        for name, value in options.items():
            setattr(socket, name, value)
        socket.connect(endpoint)
        yield socket


def receive(socket: zmq.Socket[bytes], within_s: float = LIMIT_S) -> list[bytes]:
    """The frames of the next message."""
    assert socket.poll(round(within_s * 1000)), "no reply in time"
    return socket.recv_multipart()


def login_as_admin(service: RunningService) -> str:
    """A session of the administrator of a service that was just made."""
    password = service.first_password
    reply = service.ask(**login("admin", password))
    service.ask(
        action="change_password",
        current_password=password,
        new_password=ADMIN_PASSWORD,
        password_change_token=reply["password_change_token"],
    )
    return str(service.ask(**login("admin", ADMIN_PASSWORD))["session_token"])


def wait_until(true: Callable[[], bool], within_s: float = LIMIT_S) -> None:
    """Wait for a state of another process that cannot announce it."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "it did not come about in time"
        threading.Event().wait(0.01)
