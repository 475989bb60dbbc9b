"""How the service is: part by part, what it measures; copies of its store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.spans import span
from gui.controllers.wording import listed, moment, said
from ums_client.client import Client
from ums_client.protocol.message import R, Request
from ums_client.protocol.operations import (
    BackupStore,
    BackupStoreReply,
    CompactStore,
    CompactStoreReply,
    GetMetrics,
    MetricFamily,
)
from ums_client.protocol.service import (
    HealthCheck,
    HealthCheckReply,
    HealthDetails,
    HealthPart,
)

FailedWith = Callable[[Problem], object]
COPY_DEADLINE_S: Final = 1_800.0
"""A backup takes as long as the store is large."""
_MINUTE_S: Final = 60
_TEXTS: Final = {
    "ready": "The service is well: it reads and writes.",
    "healthy": "The service is well: it reads and writes, and all its parts do their work.",
    "full": "The disk of the service is full: it reads, and writes nothing.",
    "read_only": "The disk of the service failed: it reads, and writes nothing.",
    "degraded": "The service works, but not all of it as it should: see its parts.",
    "unhealthy": "The service cannot do all its work: see its parts.",
}
_MARKS: Final = {"degraded": "warning", "failed": "danger"}
_BUCKET: Final = "_bucket"


@dataclass(frozen=True, slots=True)
class Health:
    """How the service is, in a sentence; facts with names; its parts."""

    state: str
    text: str
    facts: tuple[tuple[str, str], ...]
    parts: tuple[Item, ...] = ()

    @property
    def well(self) -> bool:
        """Whether nobody has to do anything."""
        return self.state in ("ready", "healthy")


def ask_health(
    desk: Desk, then: Callable[[Health], object], failed: FailedWith
) -> None:
    """Ask how the service is, as closely as one may know."""
    request = HealthCheck()
    if desk.may("system.read"):
        request = HealthCheck(level="detailed")
    desk.ask(lambda: request, lambda reply: then(health_of(reply)), failed)


def ask_measurements(
    desk: Desk, then: Callable[[tuple[Item, ...]], object], failed: FailedWith
) -> None:
    """Ask for all counts and sizes of now."""

    def came(reply: Any) -> None:
        families: list[MetricFamily] = reply.metrics or []
        then(tuple(item for one in families for item in _measured(one)))

    desk.ask(lambda: GetMetrics(format="json"), came, failed)


def back_up(desk: Desk, then: Callable[[str], object], failed: FailedWith) -> None:
    """Have a verified backup made; `then` gets its name, size and digest, in lines."""

    def made(reply: BackupStoreReply) -> None:
        then(f"{reply.file}\n{reply.bytes:,} bytes\nSHA-256 {reply.sha256}")

    desk.work(lambda client: _patiently(client, BackupStore()), made, failed)


def compact(desk: Desk, then: Callable[[str], object], failed: FailedWith) -> None:
    """Have the journals written into a new base; `then` gets what that saved."""

    def made(reply: CompactStoreReply) -> None:
        before, after = _size(reply.bytes_before), _size(reply.bytes_after)
        then(f"The store took {before} and takes {after} now.")

    desk.work(lambda client: _patiently(client, CompactStore()), made, failed)


def _patiently(client: Client, request: Request[R]) -> R:
    """Send it once: who asks again while one is under way is told to wait a minute."""
    return client.call(request, deadline_s=COPY_DEADLINE_S)


def back_up_command(desk: Desk) -> str:
    """The command for `back_up`."""
    return shell_command(desk.place, BackupStore)


def compact_command(desk: Desk) -> str:
    """The command for `compact`."""
    return shell_command(desk.place, CompactStore)


def health_of(reply: HealthCheckReply) -> Health:
    """Put the state of a service into words."""
    facts = [
        ("Service", f"{reply.service} {reply.version}"),
        ("Policy", reply.profile),
        ("Storage", reply.storage),
        ("Sessions", f"{reply.active_sessions:,}"),
        ("Its time", moment(reply.timestamp)),
        ("Settings that it ignores", listed(reply.ignored)),
    ]
    if reply.details is not None:
        facts += _details(reply.details)
    return Health(
        reply.state,
        _TEXTS.get(reply.state, f"The service says that it is {reply.state}."),
        tuple((name, text) for name, text in facts if text),
        tuple(_part(one) for one in reply.checks or ()),
    )


def _details(found: HealthDetails) -> list[tuple[str, str]]:
    waiting = [f"{name} {count}" for name, count in found.queues.items() if count]
    up_s = found.uptime_s
    commits = f"{found.commit_median_ms:.1f} ms, at worst {found.commit_worst_ms:.1f}"
    return [
        ("Runs for", span(up_s - up_s % _MINUTE_S if up_s > _MINUTE_S else up_s)),
        ("Memory", _size(found.memory_bytes)),
        ("Accounts", f"{found.accounts:,}"),
        ("Store", _size(sum(found.store_bytes.values()))),
        ("A commit takes", commits if found.commits else "none yet"),
        ("Waiting", listed(waiting) or "nothing"),
    ]


def _part(one: HealthPart) -> Item:
    cells = (said(one.name), one.state, one.text)
    return Item(one.name, cells, _MARKS.get(one.state, ""))


def _measured(family: MetricFamily) -> list[Item]:
    """A row for each number; of a histogram its count and sum."""
    found = []
    for sample in family.samples:
        if sample.suffix == _BUCKET:
            continue
        labels = listed(list(sample.labels.values()))
        name = family.name + sample.suffix
        value = f"{sample.value:,.3f}".rstrip("0").rstrip(".")
        found.append(Item(f"{name} {labels}", (name, labels, value, family.help)))
    return found


def _size(count: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count:,} bytes"
