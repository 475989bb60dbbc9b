"""login against raw Argon2 on as many threads, with a code, and beside reads."""

from __future__ import annotations

import time
from functools import partial
from statistics import median
from typing import Final

from benchmarks import messages
from benchmarks.drive import Driven, cost_note, drive, latency_note, spread_note
from benchmarks.hashes import verifications_per_s
from benchmarks.load import Pace, joined, lock_step, once, paced
from benchmarks.run import Run, median_of, median_ratio, percentile
from benchmarks.servers import Server, service
from benchmarks.stores import CAN_LOG_IN
from benchmarks.table import AtLeast, AtMost, Line, Quantity
from benchmarks.workers import Worker
from ums_service.deployment.clock import read_clock

_CLIENTS: Final = 16
_READERS: Final = 32
_READS_PER_S: Final = 2_000
_SETTLE_S: Final = 0.3
_CODELESS: Final = range(messages.READING_ACCOUNTS + _CLIENTS, CAN_LOG_IN)
"""Accounts that no other line here logs in: a full list of sessions costs something."""


def measure(run: Run) -> list[Line]:
    """The rate of logins, what a code adds, and the latency of reads beside them."""
    data = run.stores.copy(run.scale.small)
    with Worker() as first, Worker() as second, service(data) as subject:
        return [
            *_rate_lines(run, first, subject),
            _code_line(run, first, subject),
            _latency_line(run, first, second, subject),
        ]


def _rate_lines(run: Run, worker: Worker, subject: Server) -> list[Line]:
    clients = [[body] for body in messages.logins(_CLIENTS)]
    seconds = run.scale.seconds * 1.5
    drive(worker, subject, clients, _SETTLE_S)
    pairs = run.alternate(
        "login",
        partial(worker.run, verifications_per_s, seconds),
        partial(drive, worker, subject, clients, seconds),
    )
    own = [(floor.libsodium, driven) for floor, driven in pairs]
    other = [(floor.argon2_cffi, driven) for floor, driven in pairs]
    return [
        _rate_line("raw Argon2", AtLeast(0.95), own),
        _rate_line("argon2-cffi at the same cost", AtLeast(1.2), other),
    ]


def _rate_line(
    against: str, target: AtLeast, pairs: list[tuple[float, Driven]]
) -> Line:
    owns = [own for _, own in pairs]
    return Line(
        f"login, 16 clients, against {against}",
        Quantity(median_of(owns, lambda d: d.rate), "logins/s"),
        Quantity(median_of(pairs, lambda pair: pair[0]), "verifications/s"),
        median_ratio(pairs, float, lambda d: d.rate),
        target,
        (
            cost_note("login", owns),
            spread_note([own.rate / floor for floor, own in pairs]),
        ),
    )


def _code_line(run: Run, worker: Worker, subject: Server) -> Line:
    """One client, a login without and one with a code by turns.

    Each login with a code is of another account, which has an authenticator of its own
    and used no code before. The code comes along with the password, in one request.
    """
    plain_s: list[float] = []
    coded_s: list[float] = []
    for number in range(run.scale.rounds):
        run.say(f"login with a code: round {number + 1} of {run.scale.rounds}")
        begin, now_s = number * run.scale.repeats, read_clock().epoch_s
        bodies = []
        for nth in range(begin, begin + run.scale.repeats):
            plain = messages.login(_CODELESS[nth % len(_CODELESS)])
            coded = messages.login_with_code(CAN_LOG_IN + nth, now_s)
            bodies += [messages.body_of(plain), messages.body_of(coded)]
        latencies_s = worker.run(once, subject.endpoint, [bodies]).latencies_s
        plain_s += latencies_s[::2]
        coded_s += latencies_s[1::2]
    pairs = list(zip(plain_s, coded_s, strict=True))
    more_ms = median(coded - plain for plain, coded in pairs) * 1e3
    return Line(
        "login with a one-time code against one without, 1 client, median",
        Quantity(median(coded_s) * 1e3, "ms"),
        Quantity(median(plain_s) * 1e3, "ms"),
        median_ratio(pairs, float, float),
        notes=(f"the code adds {more_ms:.2f} ms, the median of {len(pairs)} pairs",),
    )


def _latency_line(run: Run, first: Worker, second: Worker, subject: Server) -> Line:
    endpoint, seconds = subject.endpoint, run.scale.seconds
    readers = messages.many_reads(endpoint, _READERS)
    # other accounts than the readers': an account's oldest session makes room
    others = messages.logins(_CLIENTS, first=messages.READING_ACCOUNTS)
    writers = [[body] for body in others]
    pace = Pace(_READS_PER_S, seconds)

    def beside_logins() -> float:
        under_way = first.begin(lock_step, endpoint, writers, seconds + 2 * _SETTLE_S)
        time.sleep(_SETTLE_S)
        beside.append(second.run(paced, endpoint, readers, pace))
        return under_way.result().requests / under_way.result().seconds

    beside = [second.run(paced, endpoint, readers, Pace(_READS_PER_S, _SETTLE_S))]
    beside.clear()
    pairs = run.alternate(
        "get_user while logins fill the pool",
        partial(second.run, paced, endpoint, readers, pace),
        beside_logins,
    )
    alone_s, beside_s = joined([alone for alone, _ in pairs]), joined(beside)
    cpu_us = sum(s.cpu_s for s in beside) / sum(s.requests for s in beside) * 1e6
    return Line(
        "get_user at 2,000/s while logins fill the pool, p99",
        Quantity(percentile(beside_s, 0.99) * 1e3, "ms"),
        target=AtMost(2.0),
        notes=(
            latency_note("beside logins", beside_s),
            latency_note("without logins", alone_s),
            f"logins meanwhile {median_of(pairs, lambda pair: pair[1]):,.0f}/s",
            f"generator {cpu_us:.1f} us of CPU per request",
        ),
    )
