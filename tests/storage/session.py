"""Plays a script on a disk and keeps account of what the store promised.

    steps -> Session -> Store on `attach(disk)`

`CREATED`, `SUBMITTED` and `ACKNOWLEDGED` marks in the log of the disk tell what was
promised at any point of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from storage import Store, StoreOptions
from storage.disk import Disk
from storage.errors import NotWritten, StorageFailed, StorageFull, StoreError
from storage.frames import encode_frame
from storage.state import State
from tests.storage.doubles import Killed
from tests.storage.memory_disk import Image, MemoryDisk
from tests.storage.model import (
    AUDIT,
    NOW,
    OPTIONS,
    Checkpoint,
    Commit,
    Drop,
    PowerCut,
    Restart,
    Rotate,
    Step,
    Together,
    commit,
    create_store,
    open_store,
)

CREATED = "created"
SUBMITTED = "submitted"
ACKNOWLEDGED = "acknowledged"
DROPPED = "dropped"


class Stopped(Exception):
    """The store does not take commits any more; the script ends here."""


class Beginning(NamedTuple):
    """A point of the script at which a store is opened; a session may start there."""

    step: int
    image: Image
    acknowledged: int


Attach = Callable[[MemoryDisk], Disk]


@dataclass(slots=True)
class Session:
    """Plays a script, reopening the store as told, and keeps account of promises.

    Attributes:
        attach: what the store sees of a disk; a FaultyDisk, for instance.
        heal: called when the store reports that the disk is full.
        enough: asked after every step whether the rest is of interest.
        step: index of the next step.
        disks: the disks used one after the other; every power cut begins a new one.
        uncertain: commits behind the acknowledged ones that may be there after all.
        errors: what the store raised, in order.
    """

    steps: list[Step]
    attach: Attach = lambda disk: disk
    heal: Callable[[Store], None] = lambda store: None
    enough: Callable[[], bool] = lambda: False
    options: StoreOptions = OPTIONS
    disks: list[MemoryDisk] = field(default_factory=lambda: [MemoryDisk()])
    step: int = 0
    created: bool = False
    acknowledged: int = 0
    submitted: int = 0
    uncertain: int = 0
    errors: list[StoreError] = field(default_factory=list)
    store: Store | None = None

    @property
    def disk(self) -> MemoryDisk:
        return self.disks[-1]

    def begin(self, beginning: Beginning) -> None:
        """Start in the middle of the script."""
        self.disks = [MemoryDisk(beginning.image)]
        self.step = beginning.step
        self.acknowledged = self.submitted = beginning.acknowledged
        self.created = beginning.step > 0

    def beginning(self) -> Beginning:
        """Where another session may start when this one is about to open."""
        return Beginning(self.step, self.disk.image(), self.acknowledged)

    async def play(self) -> None:
        """The rest of the script. Raises Stopped, or the error of create or open."""
        if self.created:
            self._open()
        else:
            self._create()
        while self.step < len(self.steps) and not self.enough():
            self.step += 1
            await self._step(self.steps[self.step - 1])
        store, self.store = self._running(), None
        await self._tolerate(store.close())

    async def _step(self, step: Step) -> None:
        store = self._running()
        match step:
            case Commit():
                await self._commit_all([step])
            case Together(commits):
                await self._commit_all(list(commits))
            case Checkpoint():
                await self._tolerate(store.checkpoint())
            case Rotate():
                await self._tolerate(store.rotate_key(NOW + 1))
            case Drop(before):
                await self._tolerate(self._drop(store, before))
            case Restart():
                self.store = None
                await self._tolerate(store.close())
                self._open()
            case PowerCut():
                image = with_half_a_frame(self.disk.image())
                self.store = None
                await store.close()
                self.disks.append(MemoryDisk(image))
                self._open()

    async def _drop(self, store: Store, before: str) -> None:
        try:
            expired = store.expired(AUDIT, before, lambda: None)
        except OSError as error:
            raise StorageFailed(str(error)) from error
        if expired is not None:
            await store.drop(AUDIT, expired.through)
            self.disk.mark(DROPPED, expired.through)

    def _create(self) -> None:
        self.store = create_store(self.attach(self.disk), self.options)
        self.created = True
        self.disk.mark(CREATED, 1)
        self.store.start(asyncio.get_running_loop())

    def _open(self) -> None:
        self.store = open_store(self.attach(self.disk), self.options)
        self.store.start(asyncio.get_running_loop())

    def _running(self) -> Store:
        assert self.store is not None
        return self.store

    async def _tolerate(self, work: Coroutine[Any, Any, None]) -> None:
        """Housekeeping may fail; commits must go on, or be refused, after it."""
        try:
            await work
        except NotWritten as error:
            self.errors.append(error)

    async def _commit_all(self, commits: list[Commit]) -> None:
        while commits:
            done = await self._attempt(commits)
            commits = commits[done:]

    async def _attempt(self, commits: list[Commit]) -> int:
        """Submit all at once; returns how many were acknowledged."""
        store, before = self._running(), self.acknowledged
        self.submitted = before + len(commits)
        self.disk.mark(SUBMITTED, self.submitted)
        results = await asyncio.gather(
            *(
                self._one(store, change, before + n)
                for n, change in enumerate(commits, 1)
            ),
            return_exceptions=True,
        )
        failures = [result for result in results if result is not None]
        for failure in failures:
            if not isinstance(failure, NotWritten):
                raise failure
            self.errors.append(failure)
        assert not any(results[: len(commits) - len(failures)]), "a gap between commits"
        if failures:
            await self._failed(store, self.errors[-len(failures)], len(failures))
        return len(commits) - len(failures)

    async def _one(self, store: Store, change: Commit, number: int) -> None:
        await commit(store, change)
        assert self.acknowledged == number - 1, "acknowledged out of order"
        self.acknowledged = number
        self.disk.mark(ACKNOWLEDGED, number)

    async def _failed(self, store: Store, error: StoreError, count: int) -> None:
        if isinstance(error, StorageFull):
            assert store.health.state is State.FULL
            self.heal(store)
            return
        assert store.health.state is State.READ_ONLY
        self.uncertain = count
        raise Stopped


def with_half_a_frame(image: Image) -> Image:
    """The journal as a write that was cut short leaves it."""
    journals = [name for name in image if name.startswith("journal-")]
    newest = max(journals, key=lambda name: int(name.rpartition("-")[2]))
    content = image[newest]
    assert isinstance(content, bytes)
    return image | {newest: content + encode_frame(1, bytes(range(200)))[:120]}


async def unless_killed(
    work: Coroutine[Any, Any, None], session: Session, deaths: Deaths
) -> None:
    """Run `work` until it ends or the process dies. Raises what it raises, or Killed."""
    loop = asyncio.get_running_loop()
    death: asyncio.Future[None] = loop.create_future()
    deaths.tell = lambda: loop.call_soon_threadsafe(_resolve, death)
    task = loop.create_task(work)
    await asyncio.wait({task, death}, return_when=asyncio.FIRST_COMPLETED)
    if deaths.thread is None:
        await task
        return
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await _bury(session, deaths.thread)
    raise Killed


@dataclass(slots=True)
class Deaths:
    """Where a simulated process was killed."""

    thread: threading.Thread | None = None
    tell: Callable[[], object] = lambda: None

    def died(self) -> None:
        self.thread = threading.current_thread()
        self.tell()


async def _bury(session: Session, thread: threading.Thread) -> None:
    """End the threads of a killed process; its disk refuses every call."""
    if thread.name == "store-writer":
        thread.join()  # it is unwinding; `close` must not wait for its answer
    store, session.store = session.store, None
    if store is not None:
        try:
            await store.close()
        except Killed:
            return


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
