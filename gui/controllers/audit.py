"""The audit log: find entries, follow what happens, verify that it is whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from gui.background import Job
from gui.controllers.audit_changes import Change, changes_of, details_of
from gui.controllers.commands import shell_command
from gui.controllers.credentials import Item
from gui.controllers.desk import Desk
from gui.controllers.problems import Problem
from gui.controllers.wording import moment, said
from ums_client.protocol.actions import Audit
from ums_client.protocol.audit import (
    AuditedEvent,
    QueryAudit,
    VerifyAudit,
    VerifyAuditReply,
)

FailedWith = Callable[[Problem], object]
PAGE: Final = 100
VERIFY_DEADLINE_S: Final = 120.0
OUTCOMES: Final = ("done", "refused", "found", "suppressed")
SEVERITIES: Final = ("warning", "error", "critical")
EVENTS: Final = tuple(sorted(str(a) for a in Audit if a is not Audit.NONE))
_TONES: Final = {"warning": "warning", "error": "danger", "critical": "danger"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries are wanted. Empty text stands for any."""

    event: str = ""
    outcome: str = ""
    severity: str = ""
    user_id: str = ""
    actor: str = ""
    subject: str = ""
    lab_id: str = ""
    address: str = ""
    since: str = ""
    until: str = ""

    def fields(self) -> dict[str, Any]:
        """As fields of a request."""
        given = {name: text for name, text in asdict(self).items() if text}
        event = given.pop("event", "")
        return given | ({"events": [event]} if event else {})


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its facts with names, and what it changed, before and after."""

    title: str
    facts: tuple[tuple[str, str], ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the log is whole, in a sentence."""

    intact: bool
    text: str


class AuditLog:
    """The entries that are wanted, the newest first, fetched as they are looked at."""

    def __init__(self, desk: Desk, wanted: Wanted | None = None) -> None:
        """Nothing is fetched before `begin`."""
        self.desk = desk
        self.wanted = wanted or Wanted()
        self.total = 0
        self.changed: Callable[[], object] = lambda: None
        self.failed: FailedWith = lambda _: None
        self._entries: list[AuditedEvent] = []
        self._cursor: str | None = None
        self._job: Job | None = None
        self._following: Job | None = None

    # --- reading

    def begin(self, then: Callable[[], object], failed: FailedWith) -> None:
        """Fetch the newest entries."""
        self._cancel()

        def came(entries: Sequence[AuditedEvent], cursor: str | None) -> None:
            self._entries, self._cursor = list(entries), cursor
            self._count()
            then()

        self._job = self._ask(None, came, failed)

    def item(self, number: int) -> Item | None:
        """An entry as a row; the one behind the last brings the next page."""
        if number < len(self._entries):
            return _item(self._entries[number])
        if self._cursor is not None and self._job is None:
            self._job = self._ask(self._cursor, self._more, self._no_more)
        return None

    def _more(self, entries: Sequence[AuditedEvent], cursor: str | None) -> None:
        self._entries += entries
        self._cursor = cursor
        self._count()
        self.changed()

    def _no_more(self, problem: Problem) -> None:
        self._job = None
        self.failed(problem)

    def _ask(
        self,
        cursor: str | None,
        then: Callable[[Sequence[AuditedEvent], str | None], object],
        failed: FailedWith,
    ) -> Job:
        def came(reply: Any) -> None:
            self._job = None
            then(reply.entries, reply.next_cursor)

        fields = self.wanted.fields()
        return self.desk.ask(
            lambda: QueryAudit(**fields, limit=PAGE, cursor=cursor), came, failed
        )

    def _count(self) -> None:
        self.total = len(self._entries) + (self._cursor is not None)

    def _cancel(self) -> None:
        for job in (self._job, self._following):
            if job is not None:
                job.cancel()
        self._job = self._following = None

    # --- following

    def look_for_newer(self, then: Callable[[int], object], failed: FailedWith) -> None:
        """Fetch what has happened since; `then` gets how many entries are new."""
        if self._following is not None:
            return
        fields = self.wanted.fields()

        def came(reply: Any) -> None:
            self._following = None
            newest = self._entries[0].number if self._entries else 0
            if (
                reply.next_cursor
                and reply.entries
                and reply.entries[-1].number > newest
            ):
                # more came than one page holds: the older of it is fetched as it is seen
                self._entries, self._cursor = [], reply.next_cursor
            new = [e for e in reply.entries if e.number > newest and not self._own(e)]
            self._entries[:0] = new
            self._count()
            if new:
                then(len(new))

        def stop(problem: Problem) -> None:
            self._following = None
            failed(problem)

        self._following = self.desk.ask(
            lambda: QueryAudit(**fields, limit=PAGE), came, stop
        )

    def _own(self, entry: AuditedEvent) -> bool:
        """The entry of a look at the log by whoever follows it: there is no end of them."""
        me = self.desk.me
        looked = entry.event == Audit.AUDIT_READ and self.wanted.event != entry.event
        return looked and me is not None and entry.actor == me.user_id

    def entry(self, key: str) -> Entry | None:
        """An entry in full, by the key of its row."""
        found = [entry for entry in self._entries if str(entry.number) == key]
        return _entry(found[0]) if found else None

    def verify(self, then: Callable[[Verdict], object], failed: FailedWith) -> None:
        """Have the whole log read and its chain followed; tells whether it is whole."""

        def told(reply: VerifyAuditReply) -> None:
            if reply.intact:
                text = (
                    f"The log is whole: {reply.entries:,} entries. Its head is "
                    f"{reply.head[:16]}…; kept elsewhere, it shows later whether the "
                    "log was cut."
                )
            else:
                text = f"The log is damaged from entry {reply.first_bad} on: {reply.reason}"
            then(Verdict(reply.intact, text))

        self.desk.ask(VerifyAudit, told, failed, deadline_s=VERIFY_DEADLINE_S)

    def command(self) -> str:
        """The shell command that finds the same entries."""
        return shell_command(self.desk.place, QueryAudit, **self.wanted.fields())


def _item(entry: AuditedEvent) -> Item:
    cells = (
        moment_s(entry.at),
        said(entry.event),
        entry.outcome,
        entry.actor_name or entry.actor or "",
        entry.subject_name or entry.subject or "",
        entry.address or "",
    )
    return Item(str(entry.number), cells, _TONES.get(entry.severity, ""))


def moment_s(iso: str) -> str:
    """A time as `moment`, with its seconds."""
    return (
        f"{moment(iso)}:{iso[17:19]}" if len(iso) > len("2026-01-01T00:00:0") else iso
    )


def _entry(entry: AuditedEvent) -> Entry:
    facts = {
        "Number": str(entry.number),
        "When": moment_s(entry.at),
        "Outcome": entry.outcome + (f" ({entry.code})" if entry.code else ""),
        "Severity": entry.severity,
        "Who": _who(entry.actor_name, entry.actor),
        "Whose account": _who(entry.subject_name, entry.subject),
        "Lab": entry.lab_id or "",
        "From": entry.address or "",
        "Program": entry.user_agent or "",
    }
    facts |= {said(name): _plain(value) for name, value in details_of(entry).items()}
    return Entry(
        said(entry.event),
        tuple((name, text) for name, text in facts.items() if text),
        changes_of(entry),
    )


def _who(name: str | None, user_id: str | None) -> str:
    return f"{name} ({user_id})" if name and user_id else name or user_id or ""


def _plain(value: Any) -> str:
    """A value of JSON without its brackets."""
    if isinstance(value, dict):
        return ", ".join(
            f"{said(name)}: {_plain(part)}" for name, part in value.items()
        )
    if isinstance(value, list):
        return ", ".join(_plain(part) for part in value)
    return str(value)
