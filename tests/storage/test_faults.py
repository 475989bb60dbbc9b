"""Errors of the disk: every call of the script fails once and for good, in every way.

For each kind of call the first, second, third ... is made to fail until the script runs
through without reaching the fault. After each run the directory is opened on a healthy
disk twice: as a killed process leaves it, and as a power cut leaves it, without
anything that was not flushed. Every acknowledged commit must be there both times.
"""

from __future__ import annotations

import asyncio
import errno
from random import Random
from typing import NamedTuple

import pytest

from storage.errors import (
    OutcomeUnknown,
    StorageFailed,
    StorageFull,
    StoreError,
    StoreMissing,
    StoreReadOnly,
)
from storage.state import State
from tests.storage.crash_states import Replay, durable_image
from tests.storage.doubles import Call, Fault, FaultyDisk, Way, quiet_deaths
from tests.storage.fault_run import (
    HISTORY,
    NEVER,
    STEPS,
    STRANGE,
    WITH_BALLAST,
    Chapter,
    Run,
    calls,
    chapters,
)
from tests.storage.memory_disk import Image, MemoryDisk
from tests.storage.model import (
    commit,
    commits_of,
    create_store,
    open_store,
    run,
)
from tests.storage.session import Stopped

SEED = 5
WRITES = (Call.WRITE, Call.CREATE)
CHANGES = (
    Call.CREATE,
    Call.WRITE,
    Call.FSYNC,
    Call.FDATASYNC,
    Call.TRUNCATE,
    Call.REPLACE,
    Call.UNLINK,
    Call.FSYNC_DIRECTORY,
)


class Kind(NamedTuple):
    """One column of the sweep."""

    name: str
    calls: tuple[Call, ...]
    way: Way
    errno: int = errno.EIO
    for_good: bool = False

    def fault(self, call: Call, number: int) -> Fault:
        return Fault(call, number, self.way, self.errno, self.for_good)


KINDS = (
    Kind("EIO_once", (*CHANGES, Call.OPEN, Call.READ), Way.ERROR),
    Kind("EIO_for_good", CHANGES, Way.ERROR, for_good=True),
    Kind("ENOSPC_once", WRITES, Way.ERROR, errno.ENOSPC),
    Kind("ENOSPC_for_good", WRITES, Way.ERROR, errno.ENOSPC, for_good=True),
    Kind("short_write", (Call.WRITE,), Way.SHORT),
    Kind("short_writes_for_good", (Call.WRITE,), Way.SHORT, for_good=True),
    Kind("half_then_EIO", (Call.WRITE,), Way.HALF),
    Kind("half_then_ENOSPC", (Call.WRITE,), Way.HALF, errno.ENOSPC),
    Kind("killed", CHANGES, Way.KILL),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_acknowledged_commit_survives_every_failing_call(
    kind: Kind, capsys: pytest.CaptureFixture[str]
) -> None:
    points = 0
    with quiet_deaths():
        for chapter in chapters():
            for call in kind.calls:
                points += _sweep(chapter, kind, call)
    with capsys.disabled():
        print(f"\n  fault points: {points:,} of {kind.name}")
    assert points >= 0.9 * sum(calls()[call] for call in kind.calls)


def _sweep(chapter: Chapter, kind: Kind, call: Call) -> int:
    """Fail each call of one chapter in turn; returns how many there were."""
    fired = 0
    for number in range(1, chapter.calls[call] + 1):
        attempt = Run(kind.fault(call, number), chapter.begin)
        try:
            attempt.play()
            attempt.require_promises()
            _require_state(attempt, kind)
        except (AssertionError, StoreError) as error:
            step = chapter.begin.step
            error.add_note(f"{kind.name}: {call} number {number} from step {step} on")
            raise
        fired += attempt.fault.fired > 0
    return fired


def _require_state(attempt: Run, kind: Kind) -> None:
    session, fault = attempt.session, attempt.fault
    assert not fault.retried_flushes, "a failed flush was retried"
    if kind.way is Way.SHORT:
        assert (attempt.ending, session.errors) == (None, [])
    if kind.errno == errno.ENOSPC:
        assert not isinstance(attempt.ending, Stopped), "no room ended the script"
    if fault.call is Call.FDATASYNC and kind.way is Way.ERROR:
        assert isinstance(session.errors[0], OutcomeUnknown)
        assert isinstance(attempt.ending, Stopped)


STATES_AFTER_RESTART = 12


@pytest.mark.parametrize("call", CHANGES)
def test_a_power_cut_after_kill_and_restart_takes_nothing_that_was_shown(
    call: Call,
) -> None:
    """The page cache gives the restarted process what the disk does not have yet."""
    _cut_after_restart(call, Way.KILL)


def test_a_power_cut_after_failed_flush_and_restart_takes_nothing_that_was_shown() -> (
    None
):
    """The page cache keeps, as if it were on disk, what never got there."""
    _cut_after_restart(Call.FDATASYNC, Way.ERROR)


def _cut_after_restart(call: Call, way: Way) -> None:
    random = Random(SEED)
    with quiet_deaths():
        for chapter in chapters():
            for number in range(1, chapter.calls[call] + 1):
                attempt = Run(Fault(call, number, way), chapter.begin)
                attempt.play()
                try:
                    _restart_and_cut(attempt, random)
                except (AssertionError, StoreError) as error:
                    error.add_note(f"{way}: {call} {number} from {chapter.begin.step}")
                    raise


def _restart_and_cut(attempt: Run, random: Random) -> None:
    disk = attempt.session.disk
    killed_at = len(disk.log)
    disk.machine.locked = False  # as the kernel does for a dead process
    try:
        shown = HISTORY.position(open_store(disk, WITH_BALLAST))
    except StoreMissing:
        assert not attempt.session.created
        return
    assert shown in attempt.promised
    session, cuts = attempt.session, len(disk.log) - killed_at
    replay = Replay(disk)
    for at, operation in enumerate(disk.log):
        replay.advance(operation)
        if at >= killed_at and random.random() * cuts < STATES_AFTER_RESTART:
            image = random.choice([*replay.states(random, 6)])
            position = _position_in(image)
            missing = position is None and not session.created
            assert missing or position in attempt.promised, "a commit is gone"
    for image in replay.states(random, 6):
        assert _position_in(image) == shown, "what a restarted store showed is gone"


def _position_in(image: Image) -> int | None:
    """The position of the store in a directory; None for no store."""
    try:
        store = open_store(MemoryDisk(image))
    except StoreMissing:
        return None
    position = HISTORY.position(store)
    assert position is not None, "the documents are of no state that ever was"
    return position


def test_the_sweep_reaches_every_kind_of_call() -> None:
    assert all(calls()[call] for call in (*CHANGES, Call.OPEN, Call.READ))


def test_reads_and_other_commits_go_on_while_a_checkpoint_cannot_be_written() -> None:
    async def scenario() -> None:
        fault = Fault(Call.CREATE, NEVER, errno=errno.ENOSPC, for_good=True)
        store = create_store(FaultyDisk(MemoryDisk(), fault), WITH_BALLAST)
        store.start(asyncio.get_running_loop())
        await commit(store, STRANGE)
        fault.number = 1
        with pytest.raises(StorageFull):
            await store.checkpoint()
        await commit(store, STRANGE)
        assert store.health.state is State.WRITABLE
        assert store.health.warnings
        fault.mended = True
        await store.checkpoint()
        assert not store.health.warnings
        await store.close()

    run(scenario())


def test_out_of_memory_while_flushing_ends_writing() -> None:
    """What nobody expects must not leave commits waiting for ever."""

    async def scenario() -> None:
        store = create_store(FaultyDisk(disk, fault), WITH_BALLAST)
        store.start(asyncio.get_running_loop())
        await commit(store, commits_of(STEPS)[0])
        fault.number = 1
        with pytest.raises(OutcomeUnknown):
            await asyncio.wait_for(commit(store, commits_of(STEPS)[1]), 5)
        with pytest.raises(StoreReadOnly):
            await asyncio.wait_for(commit(store, STRANGE), 5)
        assert store.health.state is State.READ_ONLY
        assert HISTORY.position(store) == 1
        await store.close()

    fault = Fault(Call.FDATASYNC, NEVER, Way.MEMORY, for_good=True)
    disk = MemoryDisk()
    run(scenario())
    for image in (disk.image(), durable_image(disk)):
        assert HISTORY.position(open_store(MemoryDisk(image))) in {1, 2}


def test_out_of_memory_while_writing_fails_the_commit_and_nothing_else() -> None:
    async def scenario() -> None:
        store = create_store(FaultyDisk(disk, fault), WITH_BALLAST)
        store.start(asyncio.get_running_loop())
        await commit(store, commits_of(STEPS)[0])
        fault.number = 1
        with pytest.raises(StorageFailed):
            await asyncio.wait_for(commit(store, commits_of(STEPS)[1]), 5)
        assert store.health.state is State.WRITABLE
        assert HISTORY.position(store) == 1
        fault.mended = True
        await asyncio.wait_for(commit(store, commits_of(STEPS)[1]), 5)
        await store.close()

    fault = Fault(Call.WRITE, NEVER, Way.MEMORY, for_good=True)
    disk = MemoryDisk()
    run(scenario())
    assert HISTORY.position(open_store(MemoryDisk(durable_image(disk)))) == 2
