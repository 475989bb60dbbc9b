"""The service and the echo as processes of their own: start, account for, stop."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")
_ENDPOINT: Final = re.compile(r"tcp://[0-9.]+:[0-9]+")
_NOT_HANDED_ON: Final = ("UMS_", "PYTHONDONTWRITEBYTECODE")
"""Settings of the operator; and what would have the service compiled at each start."""
_LINES_KEPT: Final = 20
_STOP_WITHIN_S: Final = 60.0


class NotStarted(RuntimeError):
    """The process ended before it was ready; holds what it said."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that answers at `endpoint`."""

    process: subprocess.Popen[str]
    endpoint: str

    def cpu_s(self) -> float:
        """What it has spent so far, user and system, in steps of 10 ms."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / _TICKS_PER_S

    def resident_bytes(self) -> int:
        """How much of it is in memory now."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        match = re.search(r"^VmRSS:\s+(\d+) kB$", status, re.MULTILINE)
        assert match is not None
        return int(match[1]) * 1024

    def stop(self) -> None:
        """Ask it to stop and wait; a store is compacted meanwhile, if it needs to be."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_STOP_WITHIN_S)
        finally:
            self.kill()

    def kill(self) -> None:
        """End it at once, for a store that nobody opens again."""
        self.process.kill()
        self.process.wait()


@contextmanager
def service(data: Path, *, keep: bool = False) -> Generator[Server, None, None]:
    """The service on a store. It is killed at the end, or stopped in order to `keep`."""
    environ = {n: v for n, v in os.environ.items() if not n.startswith(_NOT_HANDED_ON)}
    command = [sys.executable, "-m", "ums_service", "serve"]
    server = _start([*command, "--data", str(data), "--port", "0"], environ)
    try:
        yield server
    finally:
        if keep:
            server.stop()
        else:
            server.kill()


@contextmanager
def echo(reply: bytes) -> Generator[Server, None, None]:
    """A ROUTER that answers everything with `reply`."""
    command = [sys.executable, "-m", "benchmarks.echo", reply.decode()]
    server = _start(command, dict(os.environ))
    try:
        yield server
    finally:
        server.kill()


def _start(command: list[str], environ: dict[str, str]) -> Server:
    process = subprocess.Popen(
        command,
        env=environ,
        text=True,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    )
    assert process.stderr is not None
    said: deque[str] = deque(maxlen=_LINES_KEPT)
    for line in process.stderr:
        said.append(line)
        if match := _ENDPOINT.search(line):
            _keep_reading(process.stderr)
            return Server(process, match[0])
    process.wait()
    raise NotStarted("".join(said))


def _keep_reading(stream: IO[str]) -> None:
    """A process whose stderr is full stands still."""

    def read() -> None:
        with stream:
            for _ in stream:
                pass

    threading.Thread(target=read, daemon=True).start()
