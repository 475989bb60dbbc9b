"""Start-up and memory: empty, and with more and more accounts."""

from __future__ import annotations

import time
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from benchmarks import messages
from benchmarks.peers import ask
from benchmarks.run import Run
from benchmarks.servers import service
from benchmarks.table import AtMost, Line, Quantity

_MIB: Final = 1024 * 1024
_STARTS_MAX: Final = 3
_LINEAR: Final = {1_000_000: AtMost(1.25)}
"""By so much the time per account may grow from the size before, and still be linear."""
_SECONDS: Final = {100_000: AtMost(1.5), 1_000_000: AtMost(8)}
_BYTES_PER_ACCOUNT: Final = {100_000: AtMost(1_300)}


class Started(NamedTuple):
    """From the start of the process to its first answer, and its memory then."""

    seconds: float
    resident_bytes: float


def measure_empty(run: Run) -> list[Line]:
    """A store that holds the first administrator and nobody else."""
    starts = _starts(_new_store(run), run.scale.starts)
    empty = _median(starts)
    times = ", ".join(f"{start.seconds:.2f}" for start in starts)
    return [
        Line(
            "empty store, from start to first answer",
            Quantity(empty.seconds, "s"),
            target=AtMost(0.7),
            notes=(f"each: {times} s",),
        ),
        Line(
            "empty store, resident memory",
            Quantity(empty.resident_bytes / _MIB, "MiB"),
            target=AtMost(80),
        ),
    ]


def measure(run: Run) -> list[Line]:
    """Seconds and bytes for each size of store, and whether they grow in line."""
    rounds = min(_STARTS_MAX, run.scale.starts)
    empty = _median(_starts(_new_store(run), rounds))
    copies = {n: run.stores.copy(n) for n in run.scale.accounts}
    starts: dict[int, list[Started]] = {n: [] for n in copies}
    for number in range(1, rounds + 1):
        for accounts, data in copies.items():
            run.say(f"start with {accounts:,} accounts: {number} of {rounds}")
            starts[accounts] += _starts(data, 1)
    for data in copies.values():
        run.stores.discard(data)
    more = {
        n: Started(
            _median(each).seconds - empty.seconds,
            _median(each).resident_bytes - empty.resident_bytes,
        )
        for n, each in starts.items()
    }
    lines = [
        line for n, each in starts.items() for line in _lines(n, _median(each), more[n])
    ]
    return [*lines, *_growth(more, run.scale.accounts[1:])]


def _lines(accounts: int, started: Started, more: Started) -> list[Line]:
    return [
        Line(
            f"{accounts:,} accounts, from start to first answer",
            Quantity(started.seconds, "s"),
            target=_SECONDS.get(accounts),
        ),
        Line(
            f"{accounts:,} accounts, resident memory for each",
            Quantity(more.resident_bytes / accounts, "B"),
            target=_BYTES_PER_ACCOUNT.get(accounts),
            notes=(f"in all {started.resident_bytes / _MIB:,.0f} MiB",),
        ),
    ]


def _growth(more: dict[int, Started], sizes: tuple[int, ...]) -> list[Line]:
    small, large = sizes
    before, after = more[small].seconds / small, more[large].seconds / large
    return [
        Line(
            f"start-up time per account, {large:,} against {small:,}",
            Quantity(after * 1e6, "us"),
            Quantity(before * 1e6, "us"),
            after / before,
            _LINEAR.get(large),
        )
    ]


def _starts(data: Path, count: int) -> list[Started]:
    """The store is stopped in order each time."""
    starts = []
    for _ in range(count):
        begin_s = time.perf_counter()
        with service(data, keep=True) as server:
            ask(server.endpoint, messages.HEALTH)
            took_s = time.perf_counter() - begin_s
            starts.append(Started(took_s, server.resident_bytes()))
    return starts


def _new_store(run: Run) -> Path:
    """The first start, which makes the store, warms the files that later ones read."""
    data = run.stores.new_path()
    run.say("start with an empty store")
    _starts(data, 1)
    return data


def _median(starts: list[Started]) -> Started:
    return Started(
        median(start.seconds for start in starts),
        median(start.resident_bytes for start in starts),
    )
