"""The audit log at growing lengths: finding a few entries, opening, verifying all."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any, Final, NamedTuple

from benchmarks.run import Run, percentile
from benchmarks.table import AtMost, Line, Quantity
from benchmarks.workers import Worker
from storage import RealDisk, Search, Store
from ums_service.domain.audit import AUDIT

_ENTRIES_PER_COMMIT: Final = 500
_PEOPLE_SHARE: Final = 20
"""Entries for each account: as many as a quiet account makes in some months."""
_READ_BYTES_MAX: Final = 8 * 1024 * 1024
_PAGE: Final = 100
_TARGET_MS: Final = AtMost(1_000)


class Measured(NamedTuple):
    """Seconds, and what lies on disk in the end."""

    entries: int
    write_s: float
    open_s: float
    verify_s: float
    first_search_s: float
    searches: dict[str, list[float]]
    pages: dict[str, int]
    segments: int
    segment_bytes: int
    index_bytes: int


def measure(run: Run) -> list[Line]:
    """Lines for the two longest logs: as many entries as the stores have accounts."""
    lines = []
    for entries in run.scale.accounts[1:]:
        run.say(f"an audit log of {entries:,} entries")
        directory = run.scratch / f"audit-{entries}"
        directory.mkdir(mode=0o700)
        with Worker() as worker:
            found = worker.run(measure_log, directory, entries, run.scale.repeats)
        lines += _lines(found)
        for path in directory.iterdir():
            path.unlink()
        directory.rmdir()
    return lines


def _lines(found: Measured) -> list[Line]:
    of = f"audit log of {found.entries:,} entries"
    lines = [
        Line(
            f"{of}, {name}, median",
            Quantity(median(times) * 1e3, "ms"),
            target=_TARGET_MS if found.entries >= 1_000_000 else None,
            notes=(
                f"p95 {percentile(times, 0.95) * 1e3:,.1f} ms",
                f"at most {found.pages[name]} requests for a page",
            ),
        )
        for name, times in found.searches.items()
    ]
    share = found.index_bytes / max(1, found.segment_bytes)
    return [
        *lines,
        Line(
            f"{of}, opening the store",
            Quantity(found.open_s, "s"),
            notes=(
                f"{found.segments} segments of {found.segment_bytes:,} bytes in all",
                f"indexes are {share:.0%} of that",
                f"the first search after it takes {found.first_search_s:.2f} s",
            ),
        ),
        Line(
            f"{of}, verifying all of it",
            Quantity(found.verify_s, "s"),
            notes=(f"writing it took {found.write_s:.0f} s, checkpoints included",),
        ),
    ]


def measure_log(root: Path, entries: int, repeats: int) -> Measured:
    """Write a log, stop, start, search, verify."""
    return asyncio.run(_measure(root, entries, repeats))


async def _measure(root: Path, entries: int, repeats: int) -> Measured:
    disk = RealDisk(root)
    store = Store.create(disk, b"benchmark", collections=(), streams=(AUDIT,), now=0)
    people, begin_s = max(1, entries // _PEOPLE_SHARE), time.perf_counter()
    await _fill(store, entries, people)
    write_s, begin_s = time.perf_counter() - begin_s, time.perf_counter()
    store = Store.open(disk, b"benchmark", collections=(), streams=(AUDIT,), now=0)
    open_s = time.perf_counter() - begin_s
    store.start(asyncio.get_running_loop())
    chance = random.Random(2)
    first_s, _ = _timed(lambda: _search(store, _one_person(chance, people)))
    kinds: dict[str, Callable[[], Search]] = {
        "by subject": lambda: _one_person(chance, people),
        "by actor and event": lambda: Search(
            (_clause("actor", chance.randrange(people)), frozenset({_RARE_EVENT}))
        ),
        "by an address that never was": lambda: Search(
            (frozenset({("address", f"203.0.113.{chance.randrange(999)}")}),)
        ),
        "newest of all": Search,
    }
    searches: dict[str, list[float]] = {}
    pages: dict[str, int] = {}
    for name, wanted in kinds.items():
        each = [_timed(partial(_search, store, wanted())) for _ in range(repeats)]
        searches[name] = [took_s for took_s, _ in each]
        pages[name] = max(count for _, count in each)
    verify_s, _ = _timed(lambda: _verify(store))
    sizes = {path.name: path.stat().st_size for path in root.iterdir()}
    await store.close()
    logs = [name for name in sizes if name.startswith("audit-")]
    indexes = [name for name in logs if name.endswith(".index")]
    return Measured(
        entries,
        write_s,
        open_s,
        verify_s,
        first_s,
        searches,
        pages,
        len(indexes),
        sum(sizes[name] for name in {*logs} - {*indexes}),
        sum(sizes[name] for name in indexes),
    )


_RARE_EVENT: Final = ("event", "user_deleted")
_EVENTS: Final = ("login",) * 6 + ("user_read", "user_updated", "logout")


async def _fill(store: Store, entries: int, people: int) -> None:
    chance = random.Random(1)
    store.start(asyncio.get_running_loop())
    for first in range(0, entries, _ENTRIES_PER_COMMIT):
        async with store.transaction() as tx:
            for number in range(first, min(entries, first + _ENTRIES_PER_COMMIT)):
                tx.append(AUDIT, _entry(number, people, chance))
    await store.checkpoint()
    await store.close()


def _entry(number: int, people: int, chance: random.Random) -> dict[str, Any]:
    person = _id(chance.randrange(people))
    rare = number % 10_000 == 0
    return {
        "at": f"2026-{1 + number // 30_000_000:02d}-{number:014d}",
        "event": _RARE_EVENT[1] if rare else _EVENTS[number % len(_EVENTS)],
        "outcome": "done",
        "actor": person,
        "subject": person if number % 10 else _id(chance.randrange(people)),
        "address": f"10.{person[0:2]}.{number % 250}.{person[-2:]}",
        "of_subject": chance.randbytes(40),
    }


def _id(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-{number:012x}"


def _clause(role: str, number: int) -> frozenset[tuple[str, str]]:
    return frozenset({(role, _id(number))})


def _one_person(chance: random.Random, people: int) -> Search:
    return Search((_clause("subject", chance.randrange(people)),))


def _search(store: Store, search: Search) -> int:
    """Requests until there is a page, or the end, as a client would make them."""
    below, requests, found = 2**53, 0, 0
    while found < _PAGE:
        page = store.search(
            AUDIT, search, below=below, limit=_PAGE, read_bytes_max=_READ_BYTES_MAX
        )
        requests, found = requests + 1, found + len(page.entries)
        if page.below is None:
            break
        below = page.below
    return requests


def _verify(store: Store) -> int:
    checked = store.check(AUDIT, lambda _: None)
    assert checked.fault is None
    return checked.entries


def _timed(function: Callable[[], int]) -> tuple[float, int]:
    begin_s = time.perf_counter()
    result = function()
    return time.perf_counter() - begin_s, result
