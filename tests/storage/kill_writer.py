"""A process that commits as fast as it can and says so, until it is killed.

    python -m tests.storage.kill_writer DIRECTORY [checkpoints]

Each committer raises its own number, in two documents and one entry at once, and
reports every acknowledged commit as a line `committer number`. With `checkpoints`, one
runs after the other; the lines `begin` and `end` enclose each. It begins when its
standard input ends.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from storage import Collection, RealDisk, Store, StoreMissing, StoreOptions, Stream
from storage.kdf import KdfParameters

MASTER = b"master"
NOW = 1_700_000_000
COMMITTERS = 32
BLOCK = "x" * 300

Document = dict[str, Any]


def _same(document: Document) -> Document:
    return document


def _id(document: Document) -> str:
    return str(document["id"])


LEFT: Collection[Document] = Collection("left", _id, _same, _same, ("key",))
RIGHT: Collection[Document] = Collection("right", _id, _same, _same)
LINES = Stream("lines")
OPTIONS = StoreOptions(ballast_bytes=65536, segment_bytes=16384)
CHEAP = KdfParameters(time_cost=1, memory_kib=8, lanes=1)


def open_or_create(directory: Path) -> Store:
    disk = RealDisk(directory)
    try:
        return Store.open(
            disk,
            MASTER,
            collections=[LEFT, RIGHT],
            streams=[LINES],
            options=OPTIONS,
            now=NOW,
        )
    except StoreMissing:
        return Store.create(
            disk,
            MASTER,
            collections=[LEFT, RIGHT],
            streams=[LINES],
            options=OPTIONS,
            now=NOW,
            kdf=CHEAP,
        )


def say(line: str) -> None:
    os.write(1, line.encode() + b"\n")


async def commit_for_ever(store: Store, committer: int) -> None:
    found = store.get(LEFT, str(committer))
    number = found["n"] if found else 0
    while True:
        number += 1
        key = f"{committer}/{number}"
        async with store.transaction() as transaction:
            transaction.put(LEFT, {"id": str(committer), "n": number, "key": key})
            transaction.put(RIGHT, {"id": str(committer), "n": number, "text": BLOCK})
            transaction.append(LINES, {"committer": committer, "n": number})
        say(f"{committer} {number}")


async def checkpoint_for_ever(store: Store) -> None:
    while True:
        say("begin")
        await store.checkpoint()
        say("end")


async def main(directory: Path, *, checkpoints: bool) -> None:
    store = open_or_create(directory)
    store.start(asyncio.get_running_loop())
    async with asyncio.TaskGroup() as tasks:
        for committer in range(COMMITTERS):
            tasks.create_task(commit_for_ever(store, committer))
        if checkpoints:
            tasks.create_task(checkpoint_for_ever(store))


if __name__ == "__main__":
    sys.stdin.read()
    asyncio.run(main(Path(sys.argv[1]), checkpoints="checkpoints" in sys.argv[2:]))
