"""get_user, verify_session and authorize against a bare ROUTER echo of the same sizes."""

from __future__ import annotations

from functools import partial
from typing import Final

from benchmarks import messages
from benchmarks.drive import Driven, cost_note, drive, spread_note
from benchmarks.peers import ask
from benchmarks.run import Run, median_of, median_ratio
from benchmarks.servers import Server, echo, service
from benchmarks.table import AtLeast, AtMost, Line, Quantity
from benchmarks.workers import Worker

_CLIENTS: Final = 16
_WARM_UP_S: Final = 0.3


def measure(run: Run) -> list[Line]:
    """The rates with 16 clients, and the latency with one."""
    data = run.stores.copy(run.scale.small)
    with Worker() as worker, service(data) as subject:
        tokens = messages.tokens(subject.endpoint, _CLIENTS)
        clients = messages.reads(tokens)
        with echo(ask(subject.endpoint, clients[0][0])) as floor:
            lines = _get_user(run, worker, floor, subject, clients)
        checks = messages.session_checks(tokens)
        with echo(ask(subject.endpoint, checks[0][0])) as floor:
            pairs = _many(run, worker, "verify_session", floor, subject, checks)
            rate = _rate_line("verify_session", AtLeast(0.60), pairs)
            return [*lines, rate, _cost_line("verify_session", pairs)]


def measure_authorize(run: Run) -> list[Line]:
    """The rate at which a member of a lab is told of an attribute, with 16 clients."""
    data = run.stores.copy(run.scale.small)
    with Worker() as worker, service(data) as subject:
        clients = messages.authorisations(messages.tokens(subject.endpoint, _CLIENTS))
        with echo(ask(subject.endpoint, clients[0][0])) as floor:
            pairs = _many(run, worker, "authorize", floor, subject, clients)
            rate = _rate_line("authorize", AtLeast(0.55), pairs)
            return [rate, _cost_line("authorize", pairs)]


def _get_user(
    run: Run,
    worker: Worker,
    floor: Server,
    subject: Server,
    clients: list[list[bytes]],
) -> list[Line]:
    many = _many(run, worker, "get_user", floor, subject, clients)
    seconds = run.scale.seconds
    one = run.alternate(
        "get_user, 1 client",
        partial(drive, worker, floor, clients[:1], seconds / 2),
        partial(drive, worker, subject, clients[:1], seconds / 2),
    )
    return [
        _rate_line("get_user", AtLeast(0.70), many),
        _cost_line("get_user", many),
        _latency_line(one),
    ]


def _many(
    run: Run,
    worker: Worker,
    name: str,
    floor: Server,
    subject: Server,
    clients: list[list[bytes]],
) -> list[tuple[Driven, Driven]]:
    for server in (floor, subject):
        drive(worker, server, clients, _WARM_UP_S)
    return run.alternate(
        f"{name}, 16 clients",
        partial(drive, worker, floor, clients, run.scale.seconds),
        partial(drive, worker, subject, clients, run.scale.seconds),
    )


def _rate_line(name: str, target: AtLeast, pairs: list[tuple[Driven, Driven]]) -> Line:
    floors, owns = [a for a, _ in pairs], [b for _, b in pairs]
    return Line(
        f"{name}, 16 clients, against a bare echo",
        Quantity(median_of(owns, lambda d: d.rate), "requests/s"),
        Quantity(median_of(floors, lambda d: d.rate), "requests/s"),
        median_ratio(pairs, lambda d: d.rate, lambda d: d.rate),
        target,
        (
            cost_note(name, owns),
            cost_note("echo", floors),
            spread_note([own.rate / floor.rate for floor, own in pairs]),
        ),
    )


def _cost_line(name: str, pairs: list[tuple[Driven, Driven]]) -> Line:
    """What other work on the machine disturbs least."""
    return Line(
        f"{name}, 16 clients, CPU of the server for each",
        Quantity(median_of(pairs, lambda pair: pair[1].server_us), "us"),
        Quantity(median_of(pairs, lambda pair: pair[0].server_us), "us"),
        median_ratio(pairs, lambda d: d.server_us, lambda d: d.server_us),
    )


def _latency_line(pairs: list[tuple[Driven, Driven]]) -> Line:
    floors, owns = [a for a, _ in pairs], [b for _, b in pairs]
    return Line(
        "get_user, 1 client, median latency",
        Quantity(median_of(owns, lambda d: d.median_us), "us"),
        Quantity(median_of(floors, lambda d: d.median_us), "us"),
        median_ratio(pairs, lambda d: d.median_us, lambda d: d.median_us),
        AtMost(1.3),
        (cost_note("get_user", owns), cost_note("echo", floors)),
    )
