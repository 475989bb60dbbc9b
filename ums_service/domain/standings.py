"""Why an account is not in use, since when and until when; one document for each.

An account that was never suspended or deactivated, nor warned of it, has none.
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from storage import Collection, Transaction
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.moment import Moment
from ums_service.domain.roster import update_roster
from ums_service.domain.statuses import Status
from ums_service.domain.users import USERS, User


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account came to its status. Times are ISO 8601, or seconds since 1970."""

    user_id: str
    reason: str = ""
    since: str = ""
    set_by: str = ""
    """The id of who decided it; empty where the service did."""
    until_s: int | None = None
    """When a suspension ends by itself; None for never."""
    warned_s: int | None = None
    """When its owner was told that an account so long unused will be deactivated."""

    def is_over(self, now: Moment) -> bool:
        """Whether a suspension has ended."""
        return self.until_s is not None and now.reached_s >= self.until_s


def _key(standing: Standing) -> str:
    return standing.user_id


def _from_document(document: dict[str, Any]) -> Standing:
    return Standing(**document)


STANDINGS: Final = Collection(
    name="standings", key=_key, to_document=asdict, from_document=_from_document
)


async def end_suspension(tx: Transaction, user: User, now: Moment) -> User:
    """The account as it is now: active again where its suspension is over.

    Then the change and its audit entry are in `tx`.
    """
    if user.status != Status.SUSPENDED:
        return user
    standing = await tx.get(STANDINGS, user.user_id)
    if standing is None or not standing.is_over(now):
        return user
    after = user._replace(status=Status.ACTIVE.value, updated_at=now.text)
    await update_roster(tx, user, after)
    tx.put(USERS, after)
    tx.delete(STANDINGS, user.user_id)
    entry = AuditEntry(
        event="suspension_ended", outcome=Outcome.DONE, subject=user.user_id
    )
    entry.append_to(tx, now)
    return after
