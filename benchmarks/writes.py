"""Durable updates against reads of the same service."""

from __future__ import annotations

from functools import partial
from typing import Final

from benchmarks import messages
from benchmarks.drive import Driven, cost_note, drive, spread_note
from benchmarks.run import Run, median_of, median_ratio
from benchmarks.servers import Server, service
from benchmarks.table import AtLeast, Line, Quantity
from benchmarks.workers import Worker

_READERS: Final = 16
_WARM_UP_S: Final = 0.3
_Reads = tuple[Driven, Driven]


def measure(run: Run) -> list[Line]:
    """Each update is acknowledged when it is on disk, with its audit entry."""
    data = run.stores.copy(run.scale.small)
    with Worker() as worker, service(data) as subject:
        tokens = messages.tokens(subject.endpoint, run.scale.crowd)
        return _lines(run, worker, subject, tokens)


def _lines(run: Run, worker: Worker, subject: Server, tokens: list[str]) -> list[Line]:
    reads, updates = messages.reads(tokens), messages.updates(tokens)
    seconds = run.scale.seconds
    drive(worker, subject, updates, _WARM_UP_S)

    def both_reads() -> _Reads:
        return (
            drive(worker, subject, reads[:_READERS], seconds),
            drive(worker, subject, reads, seconds),
        )

    pairs = run.alternate(
        "update_user, 64 clients",
        both_reads,
        partial(drive, worker, subject, updates, seconds),
    )
    owns = [own for _, own in pairs]
    of_16, of_64 = [r[0] for r, _ in pairs], [r[1] for r, _ in pairs]
    against_64 = median_ratio(pairs, lambda r: r[1].rate, lambda d: d.rate)
    rate_64 = median_of(of_64, lambda d: d.rate)
    return [
        Line(
            "durable update_user, 64 clients, against get_user with 16",
            Quantity(median_of(owns, lambda d: d.rate), "updates/s"),
            Quantity(median_of(of_16, lambda d: d.rate), "reads/s"),
            median_ratio(pairs, lambda r: r[0].rate, lambda d: d.rate),
            AtLeast(0.40),
            (
                f"against get_user with 64 clients ({rate_64:,.0f}/s): {against_64:.3f}",
                cost_note("update_user", owns),
                cost_note("get_user, 16 clients", of_16),
                cost_note("get_user, 64 clients", of_64),
                spread_note([own.rate / r[0].rate for r, own in pairs]),
            ),
        )
    ]
