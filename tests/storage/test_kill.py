"""kill -9: a process with many committers dies in the middle, again and again.

This proves the protocol between committers, writer, checkpoints and recovery on real
files; it does not prove durability, since the page cache survives (see
`test_crash_states` for that).
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from storage.store import Store
from tests.storage.kill_writer import LEFT, LINES, RIGHT, open_or_create

ROUNDS = int(os.environ.get("UMS_KILL_ROUNDS", "30"))
SOAK_ROUNDS = 500
ROUNDS_PER_STORE = 10
MOST_LINES = 700
SEED = 7
ROOT = Path(__file__).parents[2]


class Heard(NamedTuple):
    """What a process said before it died."""

    acknowledged: dict[str, int]
    in_checkpoint: bool


def waiting_writer(directory: Path, *modes: str) -> subprocess.Popen[bytes]:
    """A process that has its imports behind it and begins when it is told."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.storage.kill_writer", str(directory), *modes],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def run_until_killed(process: subprocess.Popen[bytes], lines: int) -> Heard:
    """Let it write, kill it after so many lines, and read what it said till then."""
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdout as output:
        process.stdin.close()
        said = [output.readline() for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        said += output.readlines()
    assert process.returncode == -signal.SIGKILL, "the writer ended by itself"
    acknowledged: dict[str, int] = {}
    in_checkpoint = False
    for line in said:
        words = line.decode().split()
        if len(words) == 2 and line.endswith(b"\n"):
            acknowledged[words[0]] = int(words[1])
        elif words:
            in_checkpoint = words == ["begin"]
    return Heard(acknowledged, in_checkpoint)


def require_whole(store: Store, before: dict[str, int], heard: Heard) -> dict[str, int]:
    """Acknowledged commits are there, none is half; returns the numbers found."""
    numbers = {document["id"]: document["n"] for document in store.scan(LEFT)}
    assert numbers == {document["id"]: document["n"] for document in store.scan(RIGHT)}
    promised = before | heard.acknowledged
    for committer, number in promised.items():
        assert number <= numbers[committer] <= number + 1, committer
        assert store.find(LEFT, "key", f"{committer}/{numbers[committer]}") == committer
        assert store.find(LEFT, "key", f"{committer}/{numbers[committer] - 1}") is None
    entries: dict[str, list[int]] = defaultdict(list)
    for _, entry in store.entries(LINES):
        entries[str(entry["committer"])].append(entry["n"])
    assert entries == {
        committer: list(range(1, number + 1)) for committer, number in numbers.items()
    }
    return numbers


def writers(root: Path, rounds: int) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A writer for each round; the next one starts up while one is at work."""
    following: tuple[Path, subprocess.Popen[bytes]] | None = None
    for turn in range(rounds + 1):
        current, directory = following, root / f"store-{turn // ROUNDS_PER_STORE}"
        modes = ["checkpoints"] if turn % 2 else []
        if turn < rounds:
            following = directory, waiting_writer(directory, *modes)
        if current is not None:
            yield current


def kill_again_and_again(root: Path, rounds: int) -> int:
    """Returns how many of the kills hit a checkpoint."""
    random = Random(SEED)
    numbers: dict[str, int] = {}
    hits = 0
    for directory, process in writers(root, rounds):
        if not directory.exists():
            numbers = {}
        heard = run_until_killed(process, random.randrange(1, MOST_LINES))
        hits += heard.in_checkpoint
        store = open_or_create(directory)
        numbers = require_whole(store, numbers, heard)
        asyncio.run(store.close())
    return hits


@pytest.mark.timeout(600)
def test_every_acknowledged_commit_survives_kill_9_and_none_is_half(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hits = kill_again_and_again(tmp_path, ROUNDS)
    with capsys.disabled():
        print(f"\n  kills: {ROUNDS}, {hits} of them in a checkpoint (seed {SEED})")
    assert hits >= ROUNDS // 5


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_more_kills(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, SOAK_ROUNDS)
