"""What can be measured of the service, for programs that watch it.

Names, units and text are those of Prometheus: https://prometheus.io/docs/practices/naming
and its text format 0.0.4. Labels hold names of actions, codes and states only, so how
many series there are does not depend on what anybody sends.
"""

import time
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final, NamedTuple

from storage import State
from ums_client.protocol.actions import ACTION_BY_NAME, Audit
from ums_service.calls.facilities import Facilities
from ums_service.calls.meters import BOUNDS_S, OK, UNREADABLE, Meters, Tally
from ums_service.deployment import process
from ums_service.domain.outbox import OUTBOX
from ums_service.domain.users import USERS

COUNTER, GAUGE, HISTOGRAM = "counter", "gauge", "histogram"
_BEGINS_ONLY: Final = "begin_passkey_login"
"""It is audited as a login, and opens no session."""
_STEPS: Final = frozenset(
    {"MFA_REQUIRED", "MFA_SETUP_REQUIRED", "PASSWORD_CHANGE_REQUIRED"}
)
"""Answers to a login that goes on: neither done nor failed."""

Labels = dict[str, str]


class Sample(NamedTuple):
    """One number; `suffix` goes behind the name of the metric."""

    value: float
    labels: Labels
    suffix: str = ""


class Metric(NamedTuple):
    """All numbers of one meaning."""

    name: str
    kind: str
    about: str
    samples: list[Sample]


def gather(facilities: Facilities) -> list[Metric]:
    """All that there is, as of now."""
    return [
        *_of_requests(facilities.meters),
        *_of_accounts(facilities),
        *_of_store(facilities),
        *_of_process(facilities.meters),
    ]


def prometheus(metrics: Iterable[Metric]) -> str:
    """The text that Prometheus and its node exporter read."""
    return "".join(line + "\n" for metric in metrics for line in _lines(metric))


def _lines(metric: Metric) -> Iterator[str]:
    yield f"# HELP {metric.name} {metric.about}"
    yield f"# TYPE {metric.name} {metric.kind}"
    for value, labels, suffix in metric.samples:
        inner = ",".join(f'{name}="{text}"' for name, text in labels.items())
        shown = f"{{{inner}}}" if inner else ""
        yield f"{metric.name}{suffix}{shown} {value}"


def _one(name: str, kind: str, about: str, value: float) -> Metric:
    return Metric(name, kind, about, [Sample(value, {})])


def _of_requests(meters: Meters) -> Iterator[Metric]:
    yield Metric(
        "ums_requests_total",
        COUNTER,
        "Requests by action and outcome: ok, or the code of the refusal.",
        [
            Sample(count, {"action": name, "outcome": str(outcome)})
            for name, tally in sorted(meters.tallies.items())
            for outcome, count in sorted(tally.ends.items())
        ],
    )
    yield Metric(
        "ums_request_duration_seconds",
        HISTOGRAM,
        "Time to the answer by class of rate, without the delay of refusals.",
        list(_durations(meters)),
    )
    in_flight = meters.in_flight
    yield _one("ums_requests_in_flight", GAUGE, "Requests under way.", in_flight)
    yield Metric(
        "ums_logins_total",
        COUNTER,
        "Logins that opened a session, and those that were refused.",
        list(_logins(meters)),
    )


def _durations(meters: Meters) -> Iterator[Sample]:
    for kind, tally in sorted(_by_class(meters).items()):
        for bound, count in zip(
            [*map(str, BOUNDS_S), "+Inf"], accumulate(tally.classes), strict=True
        ):
            yield Sample(count, {"class": kind, "le": bound}, "_bucket")
        yield Sample(tally.total_s, {"class": kind}, "_sum")
        yield Sample(sum(tally.classes), {"class": kind}, "_count")


def _by_class(meters: Meters) -> dict[str, Tally]:
    found: dict[str, Tally] = {}
    for name, tally in meters.tallies.items():
        kind = UNREADABLE if name == UNREADABLE else ACTION_BY_NAME[name].rate.value
        joined = found.setdefault(kind, Tally())
        joined.total_s += tally.total_s
        pairs = zip(joined.classes, tally.classes, strict=True)
        joined.classes = [one + other for one, other in pairs]
    return found


def _logins(meters: Meters) -> Iterator[Sample]:
    done = failed = 0
    for name, tally in meters.tallies.items():
        action = ACTION_BY_NAME.get(name)
        if action is None or action.audit is not Audit.LOGIN or name == _BEGINS_ONLY:
            continue
        done += tally.ends.get(OK, 0)
        refused = {end: n for end, n in tally.ends.items() if end != OK}
        failed += sum(n for end, n in refused.items() if end not in _STEPS)
    yield Sample(done, {"outcome": "ok"})
    yield Sample(failed, {"outcome": "refused"})


def _of_accounts(facilities: Facilities) -> Iterator[Metric]:
    store, attempts = facilities.store, facilities.attempts
    yield _one("ums_accounts", GAUGE, "Accounts that exist.", store.count(USERS))
    yield _one("ums_sessions", GAUGE, "Open sessions.", len(facilities.sessions))
    shut_out, blocks = attempts.lockouts, attempts.blocks
    name, about = (
        "ums_lockouts_total",
        "Times that a source was shut out of an account.",
    )
    yield _one(name, COUNTER, about, shut_out)
    name, about = "ums_address_blocks_total", "Times that an address was blocked."
    yield _one(name, COUNTER, about, blocks)
    about = "Mails that wait or were given up."
    yield _one("ums_mail_outbox", GAUGE, about, store.count(OUTBOX))
    about = "Password hashes that run or wait."
    yield _one("ums_hashes_waiting", GAUGE, about, facilities.gate.pool.admitted)


def _of_store(facilities: Facilities) -> Iterator[Metric]:
    store = facilities.store
    writable, figures = store.health.state is State.WRITABLE, store.figures
    about = "1 while changes can be made durable."
    yield _one("ums_store_writable", GAUGE, about, int(writable))
    sizes = {
        "base": figures.base_bytes,
        "journal": figures.journal_bytes,
        "segments": figures.segment_bytes,
    }
    yield Metric(
        "ums_store_bytes",
        GAUGE,
        "Size of the store by kind of file.",
        [Sample(size, {"files": kind}) for kind, size in sizes.items()],
    )
    flushes = figures.flush_times
    yield Metric(
        "ums_store_flush_seconds",
        "summary",
        "Time to write and flush a group of commits.",
        [Sample(flushes.total_s, {}, "_sum"), Sample(flushes.count, {}, "_count")],
    )


def _of_process(meters: Meters) -> Iterator[Metric]:
    about = "Most that the loop was late in the last minute."
    late_s = max(meters.lags_s, default=0.0)
    yield _one("ums_loop_lag_seconds", GAUGE, about, late_s)
    yield _one("ums_uptime_seconds", GAUGE, "Since the start.", meters.uptime_s)
    used = process.memory()
    about = "Memory in use."
    yield _one("process_resident_memory_bytes", GAUGE, about, used.resident)
    about = "Address space in use."
    yield _one("process_virtual_memory_bytes", GAUGE, about, used.address_space)
    about = "Files and connections that are open."
    yield _one("process_open_fds", GAUGE, about, process.open_files())
    about = "Time on processors."
    yield _one("process_cpu_seconds_total", COUNTER, about, time.process_time())
