"""Reads while the store is compacted: the longest that anybody has to wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks import messages
from benchmarks.drive import latency_note
from benchmarks.load import Pace, Sample, lock_step, paced
from benchmarks.peers import LoadFailed
from benchmarks.run import Run
from benchmarks.servers import Server, service
from benchmarks.table import AtMost, Line, Quantity
from benchmarks.workers import Worker

_READERS: Final = 32
_WRITERS: Final = 4
_READS_PER_S: Final = 2_000
_GAP_BYTES: Final = 256 * 1024
_TRIGGER_S: Final = 0.1
_AROUND_S: Final = 3.0
_AT_MOST_S: Final = 300.0
_WORST: Final = AtMost(25)


class Window(NamedTuple):
    """When the checkpoint ran."""

    begin_s: float
    end_s: float

    def holds(self, moment_s: float) -> bool:
        """Whether it ran then."""
        return self.begin_s <= moment_s <= self.end_s


def measure(run: Run) -> list[Line]:
    """Paced reads around and during one checkpoint of the largest store."""
    accounts = run.scale.accounts[-1]
    data = run.stores.copy_near_checkpoint(accounts, _GAP_BYTES)
    stop = run.scratch / "checkpoint-ended"
    run.say(f"checkpoint of {accounts:,} accounts: loading")
    with Worker() as reading, Worker() as writing, service(data) as subject:
        readers = messages.many_reads(subject.endpoint, _READERS)
        under_way = reading.begin(
            paced, subject.endpoint, readers, Pace(_READS_PER_S, _AT_MOST_S, stop)
        )
        around_s = min(_AROUND_S, run.scale.seconds)
        run.say(f"checkpoint of {accounts:,} accounts: running")
        updates = messages.updates(messages.tokens(subject.endpoint, _WRITERS))
        try:
            time.sleep(around_s)
            window = _checkpoint(data, writing, subject, updates, under_way)
            time.sleep(around_s)
        finally:
            stop.touch()
        sample = under_way.result()
    run.stores.discard(data)
    return [_line(accounts, sample, window)]


def _line(accounts: int, sample: Sample, window: Window) -> Line:
    both = list(zip(sample.sent_at_s, sample.latencies_s, strict=True))
    during_s = [
        took for at, took in both if window.holds(at) or window.holds(at + took)
    ]
    outside_s = [took for at, took in both if not window.holds(at)]
    return Line(
        f"checkpoint of {accounts:,} accounts, longest wait of a read at 2,000/s",
        Quantity(max(during_s) * 1e3, "ms"),
        target=_WORST,
        notes=(
            latency_note("during the checkpoint", during_s),
            latency_note("outside", outside_s),
            f"it took {window.end_s - window.begin_s:.1f} s",
        ),
    )


def _checkpoint(
    data: Path,
    writing: Worker,
    subject: Server,
    updates: list[list[bytes]],
    reading: Future[Sample],
) -> Window:
    """Let the journal grow past its limit, and wait until the checkpoint has ended.

    The MANIFEST is replaced when it begins and when it ends.
    """
    manifest = data / "MANIFEST"
    first, begin_s = manifest.stat().st_mtime_ns, time.perf_counter()
    while manifest.stat().st_mtime_ns == first:
        begin_s = time.perf_counter()
        writing.run(lock_step, subject.endpoint, updates, _TRIGGER_S)
    second = manifest.stat().st_mtime_ns
    _wait(lambda: manifest.stat().st_mtime_ns != second, reading)
    return Window(begin_s, time.perf_counter())


def _wait(is_so: Callable[[], bool], reading: Future[Sample]) -> None:
    end_s = time.perf_counter() + _AT_MOST_S
    while not is_so():
        if reading.done():
            reading.result()
        if time.perf_counter() > end_s:
            raise LoadFailed(f"the checkpoint took more than {_AT_MOST_S} s")
        time.sleep(0.002)
