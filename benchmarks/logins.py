"""login against raw Argon2 on as many threads; reads while logins fill the pool."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from nacl.bindings import crypto_pwhash_alg, crypto_pwhash_ALG_ARGON2ID13

from benchmarks import messages
from benchmarks.drive import Driven, cost_note, drive, latency_note, spread_note
from benchmarks.load import Pace, joined, lock_step, paced
from benchmarks.run import Run, median_of, median_ratio, percentile
from benchmarks.servers import Server, service
from benchmarks.stores import PASSWORD
from benchmarks.table import AtLeast, AtMost, Line, Quantity
from benchmarks.workers import Worker
from ums_service.domain.argon2id import HASH_BYTES, SALT_BYTES, HashParameters
from ums_service.hashing import NICENESS

_CLIENTS: Final = 16
_READERS: Final = 32
_READS_PER_S: Final = 2_000
_SETTLE_S: Final = 0.3


def measure(run: Run) -> list[Line]:
    """The rate of logins, and the latency of reads beside them."""
    data = run.stores.copy(run.scale.small)
    with Worker() as first, Worker() as second, service(data) as subject:
        return [
            _rate_line(run, first, subject),
            _latency_line(run, first, second, subject),
        ]


def _rate_line(run: Run, worker: Worker, subject: Server) -> Line:
    clients = [[body] for body in messages.logins(_CLIENTS)]
    seconds = run.scale.seconds * 1.5
    drive(worker, subject, clients, _SETTLE_S)
    pairs = run.alternate(
        "login",
        partial(worker.run, verifications_per_s, seconds),
        partial(drive, worker, subject, clients, seconds),
    )
    owns: list[Driven] = [own for _, own in pairs]
    return Line(
        "login, 16 clients, against raw Argon2",
        Quantity(median_of(owns, lambda d: d.rate), "logins/s"),
        Quantity(median_of(pairs, lambda pair: pair[0]), "verifications/s"),
        median_ratio(pairs, float, lambda d: d.rate),
        AtLeast(0.95),
        (
            cost_note("login", owns),
            spread_note([own.rate / floor for floor, own in pairs]),
        ),
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


def verifications_per_s(seconds: float) -> float:
    """Argon2 alone, on one niced thread per core, as the service's pool has them."""
    threads = os.cpu_count() or 1
    cost = HashParameters()
    secret, salt = PASSWORD.encode(), os.urandom(SALT_BYTES)
    memory, kind = cost.memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13
    end_s = time.perf_counter() + seconds

    def compute() -> int:
        done = 0
        while time.perf_counter() < end_s:
            crypto_pwhash_alg(HASH_BYTES, secret, salt, cost.passes, memory, kind)
            done += 1
        return done

    begin_s = time.perf_counter()
    with ThreadPoolExecutor(threads, initializer=_nice) as pool:
        done = sum(
            future.result() for future in [pool.submit(compute) for _ in range(threads)]
        )
    return done / (time.perf_counter() - begin_s)


def _nice() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
