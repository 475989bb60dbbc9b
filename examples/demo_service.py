"""The tour's throw-away service, and how the tour shows what it answers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

from ums_client import Client, Request, errors

SERVICE = [sys.executable, "-m", "ums_service"]
E = TypeVar("E", bound=errors.RequestRefused)


def show(title: str) -> None:
    print(f"\n== {title}")


@contextmanager
def service(
    data: Path, settings: Mapping[str, str]
) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """A running service: its endpoint, what it said at the start, its process."""
    command = [*SERVICE, "serve", "--data", str(data), "--port", "0"]
    process = subprocess.Popen(
        command, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True
    )
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


def run(*arguments: str) -> str:
    """What a command of the service prints."""
    done = subprocess.run(
        [*SERVICE, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def refusal(client: Client, request: Request[Any], kind: type[E]) -> E:
    """What the service answers to a request that it has to refuse, shown."""
    try:
        client.call(request)
    except kind as refused:
        print(f"{refused.code}: {refused.message}")
        return refused
    sys.exit(f"this was not refused: {type(request).__name__}")
