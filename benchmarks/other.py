"""For information: a page of a list, the description, what the client library costs."""

from __future__ import annotations

import time
from functools import partial
from statistics import median
from typing import Any, Final

from benchmarks import messages
from benchmarks.drive import Driven, cost_note, drive
from benchmarks.run import Run, median_of, median_ratio
from benchmarks.servers import Server, service
from benchmarks.table import Line, Quantity
from benchmarks.workers import Worker
from ums_client.client import Client
from ums_client.protocol.accounts import GetUser, ListUsers
from ums_client.protocol.message import Request
from ums_client.protocol.service import DescribeActions

_PAGE: Final = 100


def measure(run: Run) -> list[Line]:
    """Nothing here has a target."""
    data = run.stores.copy(run.scale.small)
    with Worker() as worker, service(data) as subject:
        token = messages.log_in(subject.endpoint, 0)
        return [
            _one(
                run,
                worker,
                subject,
                "list_users, a page of 100",
                ListUsers(page_size=_PAGE),
                token,
            ),
            _one(run, worker, subject, "describe_actions", DescribeActions(), token),
            _library(run, worker, subject, token),
        ]


def _one(
    run: Run,
    worker: Worker,
    subject: Server,
    name: str,
    request: Request[Any],
    token: str,
) -> Line:
    run.say(name)
    body = messages.body_of(request, token)
    driven = drive(worker, subject, [[body]], run.scale.seconds)
    return Line(
        f"{name}, 1 client, median",
        Quantity(driven.median_us, "us"),
        notes=(cost_note(name, [driven]),),
    )


def _library(run: Run, worker: Worker, subject: Server, token: str) -> Line:
    bodies = messages.reads([token])
    seconds = run.scale.seconds / 2
    pairs = run.alternate(
        "the client library",
        partial(drive, worker, subject, bodies, seconds),
        partial(worker.run, library_us, subject.endpoint, token, seconds),
    )
    return Line(
        "get_user by the client library, against raw bytes, median",
        Quantity(median_of(pairs, lambda pair: pair[1]), "us"),
        Quantity(median_of(pairs, _raw_us), "us"),
        median_ratio(pairs, lambda raw: raw.median_us, float),
    )


def _raw_us(pair: tuple[Driven, float]) -> float:
    return pair[0].median_us


def library_us(endpoint: str, token: str, seconds: float) -> float:
    """The median time of one call, in microseconds."""
    times_s = []
    client = Client(endpoint, session_token=token, logout_on_close=False)
    with client:
        end_s = time.perf_counter() + seconds
        while (begin_s := time.perf_counter()) < end_s:
            client.call(GetUser())
            times_s.append(time.perf_counter() - begin_s)
    return median(times_s) * 1e6
