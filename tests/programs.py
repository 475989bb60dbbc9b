"""Programs in processes of their own that have loaded their modules already.

    test -> Program -> control socket -> one seed for each test process -> fork, fork

Loading the modules takes most of the life of a short program. The seed loads them once
and runs nothing else; what it forks has the arguments, environment, streams, signals
and exit status of `python -m MODULE`. It forks twice, so that somebody can wait for the
program and tell how it ended. What a start itself must do is tested with new processes.
"""

from __future__ import annotations

import array
import atexit
import gc
import json
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
LOADED = ("ums_service.cli", "ums_service.starting.serve", "ums_client.shell_call")
_MESSAGE_BYTES = 1 << 20


class Program:
    """A forked program, used as `subprocess.Popen` is.

    It starts in the root of the repository, with the mask of file modes of this process.
    """

    def __init__(
        self,
        module: str,
        *arguments: str,
        env: Mapping[str, str],
        stdin: int,
        stdout: int,
        stderr: int,
    ) -> None:
        mask = os.umask(0)
        os.umask(mask)
        told = [module, [*arguments], dict(env), mask]
        self._end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            fds = array.array("i", [stdin, stdout, stderr, theirs.fileno()])
            rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)]
            _seed().control.sendmsg([json.dumps(told).encode()], rights)
        self.returncode: int | None = None
        self.pid = int(self._line(None))

    def poll(self) -> int | None:
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            self.returncode = int(self._line(timeout))
            self._end.close()
        return self.returncode

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _line(self, timeout: float | None) -> bytes:
        self._end.settimeout(timeout)
        try:
            line = self._end.recv(16)
        except (TimeoutError, BlockingIOError):
            raise subprocess.TimeoutExpired(f"pid {self.pid}", timeout or 0) from None
        assert line, "the seed is gone"
        return line


def run_program(
    module: str, *arguments: str, env: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run to the end, as `subprocess.run` does with captured text."""
    pipes = [os.pipe() for _ in range(3)]
    (their_in, our_in), (our_out, their_out), (our_err, their_err) = pipes
    try:
        program = Program(
            module,
            *arguments,
            env=env,
            stdin=their_in,
            stdout=their_out,
            stderr=their_err,
        )
    finally:
        for one in (their_in, their_out, their_err):
            os.close(one)
    with suppress(BrokenPipeError), os.fdopen(our_in, "w") as typed:
        typed.write(stdin)  # a few lines: they fit into the pipe
    errors: list[str] = []
    with os.fdopen(our_out) as out, os.fdopen(our_err) as err:
        reader = threading.Thread(target=lambda: errors.append(err.read()))
        reader.start()
        output = out.read()
        reader.join()
    return subprocess.CompletedProcess(
        [module, *arguments], program.wait(30), output, errors[0]
    )


class Seed:
    """The process that forks; it ends when its control socket is closed."""

    def __init__(self) -> None:
        kept = {
            name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ
        }
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.programs", str(theirs.fileno())],
                cwd=ROOT,
                env=kept,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
        atexit.register(self._end)

    def _end(self) -> None:
        self.control.close()
        self._process.wait(10)


@cache
def _seed() -> Seed:
    return Seed()


def _serve(control: socket.socket) -> None:
    """Fork what is asked for until nobody can ask any more."""
    while True:
        fds = array.array("i")
        told, rights, _, _ = control.recvmsg(_MESSAGE_BYTES, 4 * fds.itemsize * 2)
        if not told:
            return
        for _, _, data in rights:
            fds.frombytes(data)
        if os.fork() == 0:
            control.close()
            _watch(json.loads(told), fds)
        for one in fds:
            os.close(one)
        while _reaped():
            pass


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return False


def _watch(told: list[Any], fds: Sequence[int]) -> NoReturn:
    """Fork the program, tell its id and, in the end, its exit status.

    A program whose test process is gone is killed.
    """
    *streams, report = fds
    program = os.fork()
    if program == 0:
        os.close(report)
        _become(told, streams)
    for one in (0, 1, *streams):
        os.close(one)
    os.write(report, b"%d" % program)
    ended, ends = os.pidfd_open(program), select.poll()
    ends.register(ended, select.POLLIN)
    ends.register(report, 0)  # told of hanging up only
    if ended not in dict(ends.poll()):
        os.kill(program, signal.SIGKILL)
    _, status = os.waitpid(program, 0)
    with suppress(BrokenPipeError):  # nobody waits
        os.write(report, b"%d" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _become(told: list[Any], streams: Sequence[int]) -> NoReturn:
    """Run a module as `python -m` does."""
    module, arguments, environ, mask = told
    for number, one in enumerate(streams):
        os.dup2(one, number)
    for one in set(streams) - {0, 1, 2}:
        os.close(one)
    os.environ.clear()
    os.environ.update(environ)
    os.umask(mask)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = [module, *arguments]
    status: Any = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ending:
        status = ending.code
    except BaseException:  # noqa: BLE001 - the interpreter tells all of them
        traceback.print_exc()
    if not isinstance(status, int | None):
        print(status, file=sys.stderr)
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status or 0)


if __name__ == "__main__":
    for name in LOADED:
        import_module(name)
    gc.freeze()  # what the collector does not touch stays shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _serve(socket.socket(fileno=int(sys.argv[1])))
