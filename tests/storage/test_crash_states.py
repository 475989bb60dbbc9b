"""Power cuts: every state that a cut may leave recovers to a prefix of the commits.

The script runs once on a MemoryDisk; then, for every point of its log, the states that
a power cut may leave there are built and opened. What is found must contain every
commit acknowledged before the point, none that was not submitted, and nothing else.
The cut may also come while a store recovers from the one before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

import pytest

from storage.errors import StoreMissing
from storage.store import Store
from tests.storage.crash_states import Replay, fingerprint
from tests.storage.memory_disk import ROOT, Image, Mark, MemoryDisk, Truncated
from tests.storage.model import (
    AUDIT,
    Commit,
    History,
    commit,
    commits_of,
    contents_of_store,
    create_store,
    open_store,
    run,
)
from tests.storage.script import standard_script
from tests.storage.session import ACKNOWLEDGED, CREATED, DROPPED, SUBMITTED, Session

SEED = 20_240_229
SHARDS = 2
READ_ENTRIES_EVERY = 6
WRITE_AGAIN_EVERY = 40


class Effort(NamedTuple):
    """How many states to look at."""

    per_point: int
    scripts: int
    compound_every: int
    per_recovery_point: int
    least: int


QUICK = Effort(
    per_point=300, scripts=1, compound_every=150, per_recovery_point=10, least=20_000
)
SOAK = Effort(
    per_point=1500, scripts=4, compound_every=60, per_recovery_point=40, least=300_000
)


class Promise(NamedTuple):
    """What must hold of a store found after a cut."""

    created: bool
    acknowledged: int
    submitted: int
    dropped: int = 0

    def after(self, mark: Mark) -> Promise:
        if mark.label == CREATED:
            return self._replace(created=True)
        if mark.label == SUBMITTED:
            return self._replace(submitted=mark.value)
        if mark.label == DROPPED:
            return self._replace(dropped=mark.value)
        assert mark.label == ACKNOWLEDGED
        return self._replace(acknowledged=mark.value)


class Found(NamedTuple):
    """A state of the disk with what was promised when it came about."""

    image: Image
    promise: Promise


@dataclass(slots=True)
class Proof:
    """Opens states and holds them against the history."""

    history: History
    commits: list[Commit]
    random: Random
    opened: dict[bytes, int | None] = field(default_factory=dict)
    dropped: dict[bytes, int] = field(default_factory=dict)

    def check(self, found: Found) -> int | None:
        """The position that the state recovers to; None for no store yet."""
        key = fingerprint(found.image)
        if key not in self.opened:
            self.opened[key] = self._open(found)
        position, promise = self.opened[key], found.promise
        if position is None:
            assert not promise.created, "a created store is gone"
        else:
            assert promise.acknowledged <= position <= promise.submitted, (
                f"recovered {position} commits, promised {promise}"
            )
            assert self.dropped[key] >= promise.dropped, "dropped entries came back"
        return position

    def _open(self, found: Found) -> int | None:
        disk = MemoryDisk(found.image)
        try:
            store = open_store(disk)
        except StoreMissing:
            assert not found.promise.created, "a created store is gone"
            store = create_store(disk)
            assert self.history.position(store) == 0
            return None
        position = self.history.position(store)
        assert position is not None, "the documents are of no state that ever was"
        if len(self.opened) % READ_ENTRIES_EVERY == 0:
            assert self.history.shows(contents_of_store(store), position)
        self.dropped[fingerprint(found.image)] = store.first_entry(AUDIT) - 1
        if len(self.opened) % WRITE_AGAIN_EVERY == 0:
            run(self._write_again(store, disk, position))
        return position

    async def _write_again(self, store: Store, disk: MemoryDisk, position: int) -> None:
        """The store is not only readable: it goes on."""
        store.start(asyncio.get_running_loop())
        following = self.commits[position : position + 2]
        for change in following:
            await commit(store, change)
        await store.close()
        again = open_store(disk)
        assert again.recovery.clean
        assert self.history.position(again) == position + len(following)


def states_of(disks: list[MemoryDisk], random: Random, limit: int) -> Iterator[Found]:
    """States at every point of the logs, with the promises of that point."""
    promise = Promise(created=False, acknowledged=0, submitted=0)
    for disk in disks:
        replay = Replay(disk)
        for operation in disk.log:
            if isinstance(operation, Mark):
                promise = promise.after(operation)
                if replay.settled:
                    yield Found(replay.durable(), promise)
                continue
            replay.advance(operation)
            for image in replay.states(random, limit):
                yield Found(image, promise)


def prove(effort: Effort, seed: int, shard: int) -> int:
    """Check one shard; returns the number of distinct states in it."""
    random = Random(seed)
    steps = standard_script(seed)
    history = History.of(steps)
    session = Session(steps)
    run(session.play())
    assert (session.acknowledged, session.errors) == (len(history.states) - 1, [])
    proof = Proof(history, commits_of(steps), random)
    turn = 0
    for found in states_of(session.disks, random, effort.per_point):
        if fingerprint(found.image)[0] % SHARDS != shard:
            continue
        known = len(proof.opened)
        position = proof.check(found)
        turn += len(proof.opened) > known
        if turn and turn % effort.compound_every == 0 and position is not None:
            turn += 1
            _crash_again(proof, found, position, effort.per_recovery_point)
    return len(proof.opened)


def _crash_again(proof: Proof, found: Found, position: int, limit: int) -> None:
    """Power cuts while the store recovers, and while it recovers from those."""
    exactly = Promise(True, position, position, found.promise.dropped)
    disk = MemoryDisk(found.image)
    store = open_store(disk)
    tail = _dropped(found.image, disk, store)
    replay = Replay(disk)
    for operation in disk.log:
        replay.advance(operation)
        for image in replay.states(proof.random, limit):
            assert _keeps(tail, image), "a torn tail is gone without a copy"
            proof.check(Found(image, exactly))
    halfway = MemoryDisk(replay.durable())
    again = open_store(halfway)
    assert proof.history.position(again) == position
    replay = Replay(halfway)
    for operation in halfway.log:
        replay.advance(operation)
        for image in replay.states(proof.random, 4):
            proof.check(Found(image, exactly))


class Tail(NamedTuple):
    journal: str
    content: bytes
    dropped: bytes


def _dropped(before: Image, disk: MemoryDisk, store: Store) -> Tail | None:
    """The tail that recovery cut off, found by the only truncation in its log."""
    if not store.recovery.dropped_bytes:
        return None
    cuts = [operation for operation in disk.log if isinstance(operation, Truncated)]
    assert len(cuts) == 1
    names = {inode: name for name, inode in disk.machine.names[ROOT].items()}
    journal = names[cuts[0].inode]
    content = before[journal]
    assert isinstance(content, bytes)
    assert len(content) - cuts[0].length == store.recovery.dropped_bytes
    return Tail(journal, content, content[cuts[0].length :])


def _keeps(tail: Tail | None, image: Image) -> bool:
    if tail is None or image.get(tail.journal) == tail.content:
        return True
    quarantine = image.get("quarantine", {})
    return isinstance(quarantine, dict) and tail.dropped in quarantine.values()


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_power_cut_leaves_a_prefix_that_contains_all_acknowledged(
    shard: int, capsys: pytest.CaptureFixture[str]
) -> None:
    count = prove(QUICK, SEED, shard)
    with capsys.disabled():
        print(f"\n  crash states: {count:,} in shard {shard} (seed {SEED})")
    assert count >= QUICK.least // SHARDS


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("script", range(SOAK.scripts))
def test_many_more_power_cuts_leave_a_prefix(
    script: int, shard: int, capsys: pytest.CaptureFixture[str]
) -> None:
    count = prove(SOAK, SEED + script, shard)
    with capsys.disabled():
        print(f"\n  crash states: {count:,} in shard {shard} (seed {SEED + script})")
    assert count >= SOAK.least // (SHARDS * SOAK.scripts) * 0.9
