"""One run of the script with one fault, and what must hold afterwards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cache
from typing import NamedTuple

import pytest

from storage.errors import (
    OutcomeUnknown,
    StoreError,
    StoreMissing,
    StoreReadOnly,
)
from storage.state import State
from storage.store import Store
from tests.storage.crash_states import durable_image
from tests.storage.doubles import Call, Fault, FaultyDisk, Killed
from tests.storage.memory_disk import Image, MemoryDisk
from tests.storage.model import (
    NOTES,
    OPTIONS,
    Append,
    Commit,
    History,
    Put,
    commit,
    contents_of_store,
    create_store,
    open_store,
    run,
)
from tests.storage.script import standard_script
from tests.storage.session import Beginning, Deaths, Session, Stopped, unless_killed

WITH_BALLAST = replace(OPTIONS, ballast_bytes=256)
STEPS = standard_script()
HISTORY = History.of(STEPS)

NEVER = 10**9
STEPS_AFTER_FAULT = 8


@dataclass(slots=True)
class Run:
    """One run of the script with one fault."""

    fault: Fault
    begin: Beginning | None = None
    session: Session = field(init=False)
    ending: BaseException | None = None
    full_seen: int = 0
    steps_after: int = 0

    def __post_init__(self) -> None:
        self.session = Session(
            STEPS,
            attach=lambda disk: FaultyDisk(disk, self.fault),
            heal=self._make_room,
            enough=self._enough,
            options=WITH_BALLAST,
        )
        if self.begin is not None:
            self.session.begin(self.begin)

    def play(self) -> None:
        deaths = Deaths()
        self.fault.on_death = deaths.died
        try:
            run(unless_killed(self._play(), self.session, deaths))
        except (StoreError, Stopped, Killed) as ending:
            self.ending = ending

    async def _play(self) -> None:
        """The script; a store that stops on the way is looked at while it is open."""
        try:
            await self.session.play()
        except Stopped:
            store = self.session.store
            assert store is not None
            await self._require_read_only(store)
            await store.close()
            raise

    async def _require_read_only(self, store: Store) -> None:
        """For good, even when the disk is well again; reads go on."""
        self.fault.mended = True
        for _ in range(2):
            with pytest.raises(StoreReadOnly):
                await commit(store, STRANGE)
            assert store.health.state is State.READ_ONLY
            assert store.health.reason
        shown = HISTORY.position(store)
        assert shown == self.session.acknowledged, "shows what was not committed"

    def _enough(self) -> bool:
        """Some steps after the fault, the rest of the script tells nothing more."""
        self.steps_after += self.fault.fired > 0
        return self.steps_after > STEPS_AFTER_FAULT

    def _make_room(self, store: Store) -> None:
        """A full disk: reads go on; when it stays full, somebody makes room."""
        self.full_seen += 1
        shown = HISTORY.position(store)
        assert shown == self.session.acknowledged, "shows what was not committed"
        if self.fault.for_good:
            self.fault.mended = self.full_seen > 2

    @property
    def promised(self) -> range:
        """The numbers of commits that may be found afterwards."""
        session = self.session
        if isinstance(self.ending, Killed):
            return range(session.acknowledged, session.submitted + 1)
        maybe = session.uncertain if self._outcome_unknown() else 0
        return range(session.acknowledged, session.acknowledged + maybe + 1)

    def _outcome_unknown(self) -> bool:
        return any(isinstance(error, OutcomeUnknown) for error in self.session.errors)

    def require_promises(self) -> None:
        """What must hold on a healthy disk, after a kill and after a power cut."""
        killed, cut = self.session.disk.image(), durable_image(self.session.disk)
        self._require_promises(killed)
        if cut != killed:
            self._require_promises(cut)

    def _require_promises(self, image: Image) -> None:
        disk = MemoryDisk(image)
        try:
            store = open_store(disk)
        except StoreMissing:
            assert not self.session.created, "a created store is gone"
            store = create_store(disk)
        position = HISTORY.position(store)
        assert position is not None, "the documents are of no state that ever was"
        assert position in self.promised, (position, self.promised, self.ending)
        same = HISTORY.shows(contents_of_store(store), position)
        assert same, "the contents are of no state that ever was"


STRANGE = Commit(
    (Put(NOTES.name, {"id": "strange", "n": 0}), Append({"strange": True}))
)


class Chapter(NamedTuple):
    """From one opening of the store to the next, with the calls made meanwhile."""

    begin: Beginning
    calls: Counter[Call]


@cache
def chapters() -> list[Chapter]:
    """The script without any fault, cut where the store is opened."""
    healthy = Run(Fault(Call.WRITE, NEVER))
    openings: list[tuple[Beginning, Counter[Call]]] = []

    def attach(disk: MemoryDisk) -> FaultyDisk:
        openings.append((healthy.session.beginning(), healthy.fault.counts.copy()))
        return FaultyDisk(disk, healthy.fault)

    healthy.session.attach = attach
    healthy.play()
    assert healthy.ending is None
    assert healthy.session.acknowledged == len(HISTORY.states) - 1
    healthy.require_promises()
    ends = [*(counts for _, counts in openings[1:]), healthy.fault.counts]
    return [
        Chapter(begin, end - counts)
        for (begin, counts), end in zip(openings, ends, strict=True)
    ]


def calls() -> Counter[Call]:
    """How often the whole script makes each kind of call."""
    return sum((chapter.calls for chapter in chapters()), Counter[Call]())
