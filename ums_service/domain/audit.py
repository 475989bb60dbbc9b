"""What the audit log holds, and how refusals are kept from flooding it.

Entries are appended in the transaction of the change they tell of, so that neither
exists without the other. They name accounts by id and hold no secrets; what they say of
people beside that is sealed under a key of the person (`audit_seals`).
"""

from enum import StrEnum
from typing import Any, Final, NamedTuple

from storage import Stream, Transaction
from ums_service.domain.moment import Moment

AUDIT: Final = Stream(
    name="audit",
    indexed=("actor", "subject", "event", "address", "outcome", "severity", "lab_id"),
    timed="at",
)


class Outcome(StrEnum):
    """How the event ended."""

    DONE = "done"
    REFUSED = "refused"
    FOUND = "found"  # the service has met with it; nobody asked
    SUPPRESSED = "suppressed"  # a count of refusals that have no entry of their own


class Severity(StrEnum):
    """How much an entry matters to whoever watches. INFO is left out of entries."""

    INFO = "info"
    WARNING = "warning"  # something was refused
    ERROR = "error"  # the service is at fault
    CRITICAL = "critical"  # the store is


_SEVERE: Final = {
    "INTERNAL": Severity.ERROR,
    "STORAGE_FULL": Severity.CRITICAL,
    "STORAGE_READ_ONLY": Severity.CRITICAL,
    "OUTCOME_UNKNOWN": Severity.CRITICAL,
}


class AuditEntry(NamedTuple):
    """One event, made with names for its fields.

    `actor` and `subject` are user ids where they are known, `of_actor` and `of_subject`
    what is said of them, sealed; `lab_id` is of the lab in which it happened; `user_agent` and
    `request_id` are what the client said.
    """

    event: str
    outcome: Outcome
    code: str | None = None
    actor: str | None = None
    subject: str | None = None
    address: str | None = None
    details: dict[str, Any] | None = None
    user_agent: str | None = None
    request_id: str | int | None = None
    of_actor: bytes | None = None
    of_subject: bytes | None = None
    lab_id: str | None = None

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        if self.outcome is Outcome.DONE:
            return Severity.INFO
        if self.outcome is Outcome.FOUND:
            return Severity.CRITICAL
        return _SEVERE.get(self.code or "", Severity.WARNING)

    def append_to(self, tx: Transaction, now: Moment) -> None:
        """Add the entry to the transaction's change."""
        fields = zip(self._fields, self, strict=True)
        given = {name: value for name, value in fields if value is not None}
        if self.outcome is not Outcome.DONE:
            given["severity"] = self.severity.value
        tx.append(AUDIT, {"at": now.text, **given})


def details_of(details: dict[str, Any], **more: str | None) -> dict[str, Any] | None:
    """What an entry says in its details; None where there is nothing to say."""
    return {**details, **{name: text for name, text in more.items() if text}} or None


class RefusalBudget:
    """How many refusals get an entry of their own; the rest are counted.

    A hostile client can have tens of thousands of requests a second refused. Each
    address (all of them together, past `addresses_max`) may cause `burst` entries at
    once and `per_s` in each second.
    """

    def __init__(
        self, *, burst: int = 100, per_s: float = 10.0, addresses_max: int = 1_000
    ) -> None:
        self._burst = float(burst)
        self._per_s = per_s
        self._addresses_max = addresses_max
        self._levels: dict[str, tuple[float, float]] = {}
        self.suppressed = 0

    def admits(self, address: str, ticks_s: float) -> bool:
        """Whether this refusal gets an entry; counts it where it does not."""
        if address not in self._levels and len(self._levels) >= self._addresses_max:
            address = "others"
        level, at_s = self._levels.get(address, (self._burst, ticks_s))
        level = min(self._burst, level + (ticks_s - at_s) * self._per_s)
        admitted = level >= 1
        self._levels[address] = (level - 1 if admitted else level, ticks_s)
        if not admitted:
            self.suppressed += 1
        return admitted

    def take_suppressed(self) -> int:
        """The refusals counted since the last call; also forgets quiet addresses."""
        count, self.suppressed = self.suppressed, 0
        if not count:
            self._levels.clear()
        return count
