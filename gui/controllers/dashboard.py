"""How safe it is: accounts in numbers, and what the audit log has of sign-ins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from gui.background import Job
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.wording import moment, said
from ums_client.protocol.audit import AuditedEvent, QueryAudit
from ums_client.protocol.finding import GetStatistics, GetStatisticsReply
from ums_client.protocol.service import HealthCheck

FailedWith = Callable[[Problem], object]
LOGIN: Final = "login"
FAILED_FACTOR: Final = "mfa_failed"
ALARMS: Final = ("account_locked", "address_blocked", "guessing_suspected")
WATCHED: Final = (LOGIN, FAILED_FACTOR, *ALARMS)
HALFWAY: Final = frozenset(
    {
        "MFA_REQUIRED",
        "MFA_SETUP_REQUIRED",
        "PASSWORD_EXPIRED",
        "PASSWORD_CHANGE_REQUIRED",
        "EMAIL_NOT_VERIFIED",
    }
)
"""Refusals of a login whose password was right: it goes on with another step."""
PAGE: Final = 1_000
PAGES_MAX: Final = 10
"""Of the log, for one look; under attack there is more than anybody can read."""


@dataclass(frozen=True, slots=True)
class Window:
    """A time to look back over, in so many equal parts."""

    title: str
    hours: int
    parts: int
    form: str
    """How the begin of a part is written, as for `strftime`."""


WINDOWS: Final = (
    Window("last hour", 1, 12, "%H:%M"),
    Window("last 24 hours", 24, 24, "%H:%M"),
    Window("last 7 days", 168, 28, "%a %H:%M"),
)


@dataclass(frozen=True, slots=True)
class Card:
    """One number, and what it counts; a tone such as `warning` where it matters."""

    title: str
    number: str
    note: str
    tone: str = ""


@dataclass(slots=True)
class Part:
    """Logins that succeeded and failed from `begin` on, which is written out."""

    begin: str
    good: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Picture:
    """All that there is to see. `note` tells what could not be counted."""

    cards: tuple[Card, ...]
    parts: tuple[Part, ...]
    addresses: tuple[Item, ...]
    alarms: tuple[Item, ...]
    note: str


@dataclass
class Dashboard:
    """Fetches a picture; what was read of the log before is not read again."""

    desk: Desk
    window: Window = WINDOWS[1]
    _events: dict[int, AuditedEvent] = field(default_factory=dict)
    _job: Job | None = None
    _cut: bool = False

    def look_back(self, window: Window) -> None:
        """Look back over another time from now on."""
        self.cancel()
        self.window, self._events = window, {}

    def cancel(self) -> None:
        """Drop what is under way."""
        if self._job is not None:
            self._job.cancel()
            self._job = None

    def refresh(self, then: Callable[[Picture], object], failed: FailedWith) -> None:
        """Count anew. The time is that of the service."""
        self.cancel()

        def stop(problem: Problem) -> None:
            self._job = None
            failed(problem)

        def counted(until_iso: str, counts: GetStatisticsReply | None) -> None:
            until = datetime.fromisoformat(until_iso)
            begin = until - timedelta(hours=self.window.hours)
            self._events = {n: e for n, e in self._events.items() if _time(e) >= begin}
            newest = max(self._events.values(), key=lambda e: e.number, default=None)
            since = newest.at if newest else begin.isoformat()
            self._read(since, None, PAGES_MAX, lambda: finish(counts, until), stop)

        def finish(counts: GetStatisticsReply | None, until: datetime) -> None:
            self._job = None
            then(picture(counts, self._events.values(), self.window, until, self._cut))

        if self.desk.may("users.read"):
            self._job = self.desk.ask(
                lambda: GetStatistics(newest=0), lambda r: counted(r.until, r), stop
            )
        else:  # accounts are counted for others; the time is needed all the same
            self._job = self.desk.ask(
                HealthCheck, lambda r: counted(r.timestamp, None), stop
            )

    def _read(
        self,
        since: str,
        cursor: str | None,
        pages: int,
        then: Callable[[], object],
        failed: FailedWith,
    ) -> None:
        def came(reply: Any) -> None:
            self._events |= {entry.number: entry for entry in reply.entries}
            self._cut = reply.next_cursor is not None and pages == 1
            if reply.next_cursor is not None and pages > 1:
                self._read(since, reply.next_cursor, pages - 1, then, failed)
            else:
                then()

        self._job = self.desk.ask(
            lambda: QueryAudit(
                events=list(WATCHED), since=since, limit=PAGE, cursor=cursor
            ),
            came,
            failed,
        )


def picture(
    counts: GetStatisticsReply | None,
    events: Iterable[AuditedEvent],
    window: Window,
    until: datetime,
    cut: bool,  # noqa: FBT001 - one of the facts
) -> Picture:
    """Put together what there is to see; without `counts` only that of the log."""
    known = sorted(events, key=lambda entry: entry.number, reverse=True)
    parts = parted(known, window, until)
    alarms = [entry for entry in known if entry.event in ALARMS]
    names = {e.subject: e.subject_name for e in known if e.subject_name}
    good, failed = sum(p.good for p in parts), sum(p.failed for p in parts)
    note = (
        "There is more in the log than is counted here: choose a shorter time."
        if cut
        else ""
    )
    cards = (*(_cards(counts) if counts else ()), *_sign_in_cards(good, failed, window))
    return Picture(
        cards,
        tuple(parts),
        failed_by_address(known),
        tuple(_alarm(e, names.get(e.subject)) for e in alarms),
        note,
    )


def parted(
    events: Iterable[AuditedEvent], window: Window, until: datetime
) -> list[Part]:
    """Count logins that succeeded and failed in each part of the time."""
    length = timedelta(hours=window.hours) / window.parts
    begin = until - timedelta(hours=window.hours)
    parts = [
        Part((begin + length * n).astimezone().strftime(window.form))
        for n in range(window.parts)
    ]
    for entry in events:
        number = min((_time(entry) - begin) // length, window.parts - 1)
        if number < 0:
            continue
        parts[number].failed += has_failed(entry)
        parts[number].good += entry.event == LOGIN and entry.outcome == "done"
    return parts


def has_failed(entry: AuditedEvent) -> bool:
    """Whether it is an attempt to sign in that came to nothing."""
    if entry.event == FAILED_FACTOR:
        return True
    refused = entry.event == LOGIN and entry.outcome == "refused"
    return refused and entry.code not in HALFWAY


def failed_by_address(events: Sequence[AuditedEvent]) -> tuple[Item, ...]:
    """Addresses with failed attempts, the most first; `events` the newest first."""
    failed = [entry for entry in events if has_failed(entry)]
    counts = Counter(entry.address or "unknown" for entry in failed)
    last: dict[str, str] = {}
    accounts: dict[str, set[str]] = {}
    for entry in failed:
        address = entry.address or "unknown"
        last.setdefault(address, entry.at)
        accounts.setdefault(address, set()).add(entry.subject or "")
    return tuple(
        Item(
            address,
            (
                address,
                str(n),
                str(len(accounts[address] - {""})),
                moment(last[address]),
            ),
        )
        for address, n in counts.most_common(50)
    )


def _cards(counts: GetStatisticsReply) -> tuple[Card, ...]:
    by_status = counts.by_status
    others = [f"{n} {status}" for status, n in sorted(by_status.items()) if n]
    second = counts.mfa_enabled * 100 // max(counts.total_users, 1)
    return (
        Card("Accounts", f"{counts.total_users:,}", ", ".join(others) or "none yet"),
        Card("Sessions", f"{counts.sessions:,}", "open now"),
        Card(
            "Locked",
            f"{counts.locked:,}",
            "shut out after failed attempts",
            "danger" if counts.locked else "",
        ),
        Card(
            "Second factor",
            f"{second} %",
            f"accounts with one: {counts.mfa_enabled:,}",
        ),
    )


def _sign_in_cards(good: int, failed: int, window: Window) -> tuple[Card, ...]:
    tone = "danger" if failed > good else ""
    return (
        Card("Signed in", f"{good:,}", window.title),
        Card("Failed", f"{failed:,}", window.title, tone),
    )


def _alarm(entry: AuditedEvent, name: str | None) -> Item:
    cells = (
        moment(entry.at),
        said(entry.event),
        name or entry.subject or "",
        entry.address or "",
    )
    mark = "danger" if entry.severity in ("error", "critical") else "warning"
    return Item(str(entry.number), cells, mark)


def _time(entry: AuditedEvent) -> datetime:
    return datetime.fromisoformat(entry.at)
