"""Roles that people asked for, and what became of it: one document for each account."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.moment import Moment

DECIDED_KEPT: Final = 20
"""Requests of one account that are kept after they were answered, the newest."""


class State(StrEnum):
    """What became of a request."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class RoleRequest(NamedTuple):
    """One request. Times are ISO 8601 text in UTC."""

    role_request_id: str
    role: str
    lab_id: str | None
    reason: str
    wanted_days: int | None
    asked_at: str
    answer_by_s: int
    """Seconds since 1970 at which it ends unanswered."""
    state: str = State.PENDING
    decided_by: str | None = None
    decided_at: str | None = None
    decision_reason: str = ""

    def at(self, now: Moment) -> "RoleRequest":
        """The request as it is now: one that nobody answered ends by itself."""
        if self.state == State.PENDING and now.reached_s >= self.answer_by_s:
            return self._replace(state=State.EXPIRED)
        return self


@dataclass(frozen=True, slots=True)
class RoleRequests:
    """The requests of one account, the oldest first."""

    user_id: str
    requests: tuple[RoleRequest, ...] = ()

    def pending(self, now: Moment) -> list[RoleRequest]:
        """Those that wait for an answer."""
        return [r for r in self.requests if r.at(now).state == State.PENDING]

    def waiting(self, role_request_id: str, now: Moment) -> RoleRequest | None:
        """The request of that id, where it waits."""
        found = (r for r in self.pending(now) if r.role_request_id == role_request_id)
        return next(found, None)

    def with_one(self, request: RoleRequest, now: Moment) -> "RoleRequests":
        """The requests with one made or changed; of the answered ones the newest stay."""
        others = [
            r for r in self.requests if r.role_request_id != request.role_request_id
        ]
        known = [*(r.at(now) for r in others), request]
        done = [r for r in known if r.state != State.PENDING][:-DECIDED_KEPT]
        return replace(self, requests=tuple(r for r in known if r not in done))

    def settled(self, now: Moment) -> "RoleRequests":
        """The requests with those ended that nobody answered in time."""
        return replace(self, requests=tuple(r.at(now) for r in self.requests))


def _key(own: RoleRequests) -> str:
    return own.user_id


def _to_document(own: RoleRequests) -> dict[str, Any]:
    return {"user_id": own.user_id, "requests": [list(r) for r in own.requests]}


def _from_document(document: dict[str, Any]) -> RoleRequests:
    requests = tuple(RoleRequest(*fields) for fields in document["requests"])
    return RoleRequests(document["user_id"], requests)


ROLE_REQUESTS: Final = Collection(
    name="role_requests",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
)
