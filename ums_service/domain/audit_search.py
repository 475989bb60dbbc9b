"""From what somebody wants to read of the audit log to a search that they may make."""

from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from storage import Search
from ums_service.domain.errors import InvalidInput, PermissionDenied
from ums_service.domain.lab_scope import LabScope
from ums_service.domain.moment import Moment

_ROLES: Final = ("actor", "subject")


class Wanted(NamedTuple):
    """Which entries are asked for; None means any."""

    user_id: str | None = None
    actor: str | None = None
    subject: str | None = None
    lab_id: str | None = None
    events: list[str] | None = None
    address: str | None = None
    outcome: str | None = None
    severity: str | None = None
    since: str | None = None
    until: str | None = None

    def given(self) -> dict[str, Any]:
        """What narrows it."""
        both = zip(self._fields, self, strict=True)
        return {name: value for name, value in both if value is not None}

    def only_of(self, user_id: str) -> "Wanted":
        """The same for somebody who may read of themselves only.

        Raises:
            PermissionDenied: it asks for somebody else.
        """
        if {self.user_id, self.actor, self.subject} - {None, user_id}:
            raise PermissionDenied
        return self._replace(user_id=user_id)

    def only_in(self, lab: LabScope) -> "Wanted":
        """The same for somebody who may read what names this lab."""
        return self._replace(lab_id=lab.lab_id)

    def concerns_only(self, user_id: str) -> bool:
        """Whether every entry found has this account as actor or subject."""
        return user_id in (self.user_id, self.actor, self.subject)

    def search(self) -> Search:
        """The search for it.

        Raises:
            InvalidInput: a time cannot be read.
        """
        clauses = []
        if self.user_id is not None:
            clauses.append(frozenset((role, self.user_id) for role in _ROLES))
        if self.events is not None:
            clauses.append(frozenset(("event", event) for event in self.events))
        for field in (*_ROLES, "lab_id", "address", "outcome", "severity"):
            value = getattr(self, field)
            if value is not None:
                clauses.append(frozenset({(field, value)}))
        since, until = _stored("since", self.since), _stored("until", self.until)
        return Search(tuple(clauses), since, until)


def text_before(now: Moment, seconds: int) -> str:
    """The time so long ago, as entries have it."""
    return Moment(now.epoch_ns - seconds * 1_000_000_000, now.ticks_s).text


def _stored(field: str, text: str | None) -> str | None:
    """A time as entries have it, so that texts compare as times do."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        utc = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(field, "should be a time in ISO 8601") from None
    return utc.isoformat(timespec="microseconds")
