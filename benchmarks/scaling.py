"""Does it get slower with more accounts? One client, one operation after the other."""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from typing import Final

from benchmarks import messages
from benchmarks.load import once
from benchmarks.run import Run
from benchmarks.servers import Server, service
from benchmarks.table import AtMost, Line, Quantity
from benchmarks.workers import Worker

_OPERATIONS: Final = ("create_user", "update_user", "login")
_UPDATES: Final = 10
"""An update takes a fraction of a hash: more of them for the same certainty."""
_GROWTH: Final = AtMost(1.2)


def measure(run: Run) -> list[Line]:
    """The median time of each operation, smallest store against largest."""
    sizes = (run.scale.small, *run.scale.accounts[1:])
    copies = {n: run.stores.copy(n) for n in sizes}
    with ExitStack() as stack:
        worker = stack.enter_context(Worker())
        run.say("create, update, login: starting a service for each size")
        servers = {n: stack.enter_context(service(copies[n])) for n in sizes}
        tokens = {n: messages.log_in(servers[n].endpoint, 0) for n in sizes}
        lines = [_line(run, worker, name, servers, tokens) for name in _OPERATIONS]
    for data in copies.values():
        run.stores.discard(data)
    return lines


def _line(
    run: Run,
    worker: Worker,
    operation: str,
    servers: dict[int, Server],
    tokens: dict[int, str],
) -> Line:
    times_s: dict[int, list[float]] = {n: [] for n in servers}
    for number in range(1, run.scale.rounds + 1):
        run.say(f"{operation} at each size: round {number} of {run.scale.rounds}")
        for n, server in servers.items():
            bodies = _bodies(operation, tokens[n], run.scale.repeats)
            sample = worker.run(once, server.endpoint, [bodies])
            times_s[n].append(median(sample.latencies_s))
    first, *_, last = times_s
    ratios = [b / a for a, b in zip(times_s[first], times_s[last], strict=True)]
    shown = (f"{n:,}: {median(each) * 1e3:.2f} ms" for n, each in times_s.items())
    return Line(
        f"{operation}, 1 client, {last:,} accounts against {first:,}",
        Quantity(median(times_s[last]) * 1e3, "ms"),
        Quantity(median(times_s[first]) * 1e3, "ms"),
        median(ratios),
        _GROWTH,
        (", ".join(shown),),
    )


def _bodies(operation: str, token: str, repeats: int) -> list[bytes]:
    if operation == "create_user":
        return [messages.body_of(messages.new_account()) for _ in range(repeats)]
    if operation == "login":
        return messages.logins(repeats)
    return messages.updates([token])[0] * (repeats * _UPDATES // 2)
