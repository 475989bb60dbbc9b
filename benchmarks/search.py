"""Finding accounts: the first page by each order, parts of names, who else can go on."""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Awaitable
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from benchmarks.run import Run
from benchmarks.table import AtMost, Line, Quantity
from benchmarks.workers import Worker
from storage import RealDisk, Store
from ums_service.deployment.clock import read_clock
from ums_service.deployment.opening import COLLECTIONS, STREAMS
from ums_service.directory.directory import Directory
from ums_service.directory.rows import SORTS
from ums_service.directory.selection import Selection, Wanted, selection_of
from ums_service.directory.turns import Turns
from ums_service.directory.walk import Page

_PAGE_SIZE: Final = 20
_QUERIES: Final = {
    "that one account has": "0000042@",
    "that all accounts have": "number",
    "that nobody has": "nobody at all",
}
_JUDGED: Final = 100_000
"""The size of store that the targets are for."""


class Measured(NamedTuple):
    """Seconds, and bytes of memory."""

    read_s: float
    first_pages: dict[str, list[float]]
    deep_pages: dict[str, list[float]]
    queries: dict[str, list[float]]
    sorted_s: float
    held_s: dict[str, float]
    on_the_wall_s: float
    index_bytes: int


def measure(run: Run) -> list[Line]:
    """Lines for the middle size of store."""
    accounts = run.scale.accounts[1]
    data = run.stores.copy(accounts)
    run.say(f"finding among {accounts:,} accounts")
    with Worker() as worker:
        found = worker.run(measure_index, data, run.scale.repeats)
    run.stores.discard(data)
    return _lines(accounts, found)


def _lines(accounts: int, found: Measured) -> list[Line]:
    def target(limit: float) -> AtMost | None:
        return AtMost(limit) if accounts >= _JUDGED else None

    of = f"{accounts:,} accounts"
    worst = max(found.held_s, key=lambda name: found.held_s[name])
    held = (f"{name}: {s * 1e3:.2f} ms" for name, s in found.held_s.items())
    return [
        Line(f"{of}, reading them all, CPU", Quantity(found.read_s, "s")),
        Line(f"{of}, making all orders, CPU", Quantity(found.sorted_s, "s")),
        *(
            Line(
                f"{of}, first page by {name}, CPU, median",
                Quantity(median(times) * 1e3, "ms"),
                target=target(5),
                notes=(f"worst {max(times) * 1e3:.2f} ms",),
            )
            for name, times in found.first_pages.items()
        ),
        *(
            Line(
                f"{of}, last page of 20 {name}, CPU, median",
                Quantity(median(times) * 1e3, "ms"),
                target=target(5),
                notes=(f"worst {max(times) * 1e3:.2f} ms",),
            )
            for name, times in found.deep_pages.items()
        ),
        *(
            Line(
                f"{of}, substring {name}, CPU, median",
                Quantity(median(times) * 1e3, "ms"),
                target=target(50),
                notes=(f"worst {max(times) * 1e3:.1f} ms",),
            )
            for name, times in found.queries.items()
        ),
        Line(
            f"{of}, longest hold of the loop, CPU",
            Quantity(found.held_s[worst] * 1e3, "ms"),
            target=target(5),
            notes=(
                ", ".join(held),
                f"by the clock on the wall {found.on_the_wall_s * 1e3:.2f} ms",
            ),
        ),
        Line(
            f"{of}, memory of the index for each, all orders made",
            Quantity(found.index_bytes / accounts, "B"),
            target=target(400),
        ),
    ]


def measure_index(data: Path, repeats: int) -> Measured:
    """Open the store, read the index, and ask."""
    return asyncio.run(_measure(data, repeats))


async def _measure(data: Path, repeats: int) -> Measured:
    store = Store.open(
        RealDisk(data),
        data.with_name(data.name + ".key").read_bytes().strip(),
        collections=COLLECTIONS,
        streams=STREAMS,
        now=read_clock().epoch_s,
    )
    directory = Directory(store, queue_max=1)
    gc.collect()
    gc.freeze()
    store.start(asyncio.get_running_loop())
    before, watch = _resident_bytes(), _Watch()
    read_s = await watch.timed("reading", directory.catch_up(Turns()))
    sorted_s = await watch.timed("sorting", directory.prepare(Turns()))

    async def ask(kind: str, selection: Selection, page: Page) -> list[float]:
        return [
            await watch.timed(kind, directory.find(selection, page))
            for _ in range(repeats)
        ]

    active = selection_of(Wanted(status="active"))
    pages = {
        name: await ask("first pages", active, Page(_PAGE_SIZE, sort_by=name))
        for name in SORTS
    }
    last = len(directory.rows) // _PAGE_SIZE
    deep = {
        name: await ask("last pages", active, Page(_PAGE_SIZE, last, sort_by))
        for name, sort_by in (("as made", None), ("by full_name", "full_name"))
    }
    index_bytes = max(1, _resident_bytes() - before)
    page = Page(_PAGE_SIZE, sort_by="full_name")
    queries = {
        f"{name}{whose}": await ask(
            "substrings", selection_of(Wanted(query=query), everything=not whose), page
        )
        for name, query in _QUERIES.items()
        for whose in ("", ", by a member")
    }
    watch.stop()
    await store.close()
    return Measured(
        read_s,
        pages,
        deep,
        queries,
        sorted_s,
        watch.held_s,
        watch.on_the_wall_s,
        index_bytes,
    )


class _Watch:
    """A task that wants its turn all the time, and how long it had to wait for it.

    Judged is the time of the processor: on a busy machine the clock on the wall counts
    the turns of other programs, too.
    """

    def __init__(self) -> None:
        self.held_s: dict[str, float] = {}
        self.on_the_wall_s = 0.0
        self._worst_s = 0.0
        self._task = asyncio.create_task(self._run())

    async def timed(self, name: str, work: Awaitable[Any]) -> float:
        """The seconds of the processor that it takes; keeps the longest hold."""
        await asyncio.sleep(0)
        self._worst_s, begin_s = 0.0, time.thread_time()
        await work
        took_s = time.thread_time() - begin_s
        await asyncio.sleep(0)
        self.held_s[name] = max(self.held_s.get(name, 0.0), self._worst_s)
        return took_s

    def stop(self) -> None:
        """Let the loop sleep again."""
        self._task.cancel()

    async def _run(self) -> None:
        last_s, last_wall_s = time.thread_time(), time.perf_counter()
        while True:
            await asyncio.sleep(0)
            now_s, wall_s = time.thread_time(), time.perf_counter()
            self._worst_s = max(self._worst_s, now_s - last_s)
            self.on_the_wall_s = max(self.on_the_wall_s, wall_s - last_wall_s)
            last_s, last_wall_s = now_s, wall_s


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
