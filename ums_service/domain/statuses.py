"""The statuses of an account, and which may follow on which.

               +--------- reactivated --------+------------------+
               v                              |                  |
    pending, ACTIVE --deactivated--> INACTIVE |                  |
    expired      |  --suspended----> SUSPENDED -- for a time: ends by itself
               | |  --archived-----> ARCHIVED, as all of them can be
               | |
               +-+--deleted--> in a collection of its own, DELETED when it is shown
               +----anonymised--> ANONYMISED, for good

Only ACTIVE logs in. Whether an account is locked is not a status: it follows from the
failures that are counted (`lockout`), and from `locked_down`, which its owner decides.
"""

from enum import StrEnum
from typing import Final

from ums_service.domain.errors import InvalidInput, WrongState


class Status(StrEnum):
    """What may be done with an account. `User.status` is one of these but DELETED."""

    PENDING = "pending"  # it waits for its owner
    ACTIVE = "active"
    INACTIVE = "inactive"
    SUSPENDED = "suspended"
    EXPIRED = "expired"  # its time was over where it was imported from
    ARCHIVED = "archived"  # kept for the record
    DELETED = "deleted"
    ANONYMISED = "anonymised"  # its id is left


ORIGINAL: Final = (Status.ACTIVE, Status.INACTIVE, Status.SUSPENDED)
"""What the original service knows; under its profile each may follow on each."""
SETTABLE: Final = (*ORIGINAL, Status.ARCHIVED)
"""What can be asked for. The others come about by actions of their own."""

_LIVING: Final = frozenset(Status) - {Status.DELETED, Status.ANONYMISED}
BEFORE: Final = {
    Status.ACTIVE: _LIVING - {Status.ACTIVE},
    Status.INACTIVE: frozenset({Status.ACTIVE}),
    Status.SUSPENDED: frozenset({Status.ACTIVE, Status.INACTIVE, Status.SUSPENDED}),
    Status.ARCHIVED: _LIVING - {Status.ARCHIVED},
}
"""By what is asked for: what it may follow on. A suspension can be given another end."""


def check_settable(status: str, *, original: bool) -> None:
    """Raise InvalidInput unless this status can be asked for."""
    known = ORIGINAL if original else SETTABLE
    if status not in known:
        raise InvalidInput("status", f"should be one of {', '.join(known)}")


def check_change(before: str, after: str) -> None:
    """Return when an account of status `before` may get the status `after`.

    Raises:
        WrongState: it may not; the text tells why.
    """
    if before in BEFORE[Status(after)]:
        return
    if before == after and after != Status.INACTIVE:
        raise WrongState(f"User is already {after}")
    if after == Status.INACTIVE:
        raise WrongState("Can only deactivate active users")
    raise WrongState(f"Users who are {before} cannot become {after}")
