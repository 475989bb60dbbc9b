"""The store without the service: group commit against a flush for each record."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from collections.abc import Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks.drive import spread_note
from benchmarks.run import Run, median_of, median_ratio
from benchmarks.stores import people
from benchmarks.table import AtLeast, Line, Quantity
from benchmarks.workers import Worker
from storage import Collection, RealDisk, Store, StoreOptions
from ums_service.domain.users import USERS

_COMMITTERS: Final = 64
_DOCUMENTS: Final = 1_000
_NO_CHECKPOINT: Final = StoreOptions(checkpoint_min_bytes=1 << 62)
_Plain = Mapping[str, Any]


class Committed(NamedTuple):
    """What 64 committers achieved."""

    per_s: float
    record_bytes: float
    cpu_us: float


def measure(run: Run) -> list[Line]:
    """Commits a second with 64 committers against flushed records a second."""
    directory = run.scratch / "store-alone"
    directory.mkdir(mode=0o700)
    numbers, seconds = count(), run.scale.seconds
    with Worker() as worker:
        first = worker.run(commit, directory / f"s{next(numbers)}", seconds / 4)
        record_bytes = round(first.record_bytes)
        pairs = run.alternate(
            "the store alone",
            lambda: worker.run(
                flush_each, directory / f"r{next(numbers)}", record_bytes, seconds
            ),
            lambda: worker.run(commit, directory / f"s{next(numbers)}", seconds),
        )
    cpu_us = median_of(pairs, lambda pair: pair[1].cpu_us)
    return [
        Line(
            "the store alone, 64 committers, against a flush for each record",
            Quantity(median_of(pairs, lambda pair: pair[1].per_s), "commits/s"),
            Quantity(median_of(pairs, lambda pair: pair[0]), "records/s"),
            median_ratio(pairs, float, lambda own: own.per_s),
            AtLeast(10.0),
            (
                f"{record_bytes} bytes of journal for each commit of one account",
                f"{cpu_us:.1f} us of CPU per commit, committers included",
                f"so the ratio is 10 where a flush takes {cpu_us / 100:.2f} ms or more",
                spread_note([own.per_s / floor for floor, own in pairs]),
            ),
        )
    ]


def flush_each(path: Path, record_bytes: int, seconds: float) -> float:
    """Records a second, each written and flushed on its own."""
    record = secrets.token_bytes(record_bytes)
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL)
    done, begin_s = 0, time.perf_counter()
    while time.perf_counter() < begin_s + seconds:
        os.write(descriptor, record)
        os.fdatasync(descriptor)
        done += 1
    took_s = time.perf_counter() - begin_s
    os.close(descriptor)
    return done / took_s


def commit(root: Path, seconds: float) -> Committed:
    """64 tasks that each write one account after the other, durably."""
    return asyncio.run(_commit(root, seconds))


async def _commit(root: Path, seconds: float) -> Committed:
    documents = [USERS.to_document(user) for user in people(_DOCUMENTS)]
    store = Store.create(
        RealDisk(root),
        b"benchmark",
        collections=(_ACCOUNTS,),
        streams=(),
        options=_NO_CHECKPOINT,
        now=0,
    )
    store.start(asyncio.get_running_loop())
    cpu_s, begin_s = time.process_time(), time.perf_counter()
    committing = partial(_committer, store, documents, begin_s + seconds)
    done = sum(await asyncio.gather(*(committing(n) for n in range(_COMMITTERS))))
    took_s, cpu_s = time.perf_counter() - begin_s, time.process_time() - cpu_s
    journal_bytes = sum(path.stat().st_size for path in root.glob("journal-*"))
    await store.close()
    return Committed(done / took_s, journal_bytes / done, cpu_s / done * 1e6)


async def _committer(
    store: Store, documents: list[_Plain], end_s: float, number: int
) -> int:
    done = 0
    while time.perf_counter() < end_s:
        tx = store.transaction()
        tx.put(_ACCOUNTS, documents[(number + done * _COMMITTERS) % len(documents)])
        await tx.commit()
        done += 1
    return done


def _key(document: _Plain) -> str:
    key: str = document["user_id"]
    return key


def _same(document: _Plain) -> _Plain:
    return document


_ACCOUNTS: Final = Collection(
    name="accounts",
    key=_key,
    to_document=_same,
    from_document=_same,
    unique=USERS.unique,
)
