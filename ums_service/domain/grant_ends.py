"""When something that is granted ends, from what the caller says of it."""

from datetime import UTC, datetime
from typing import Final

from ums_service.domain.errors import InvalidInput
from ums_service.domain.moment import Moment

_DAY_S: Final = 86_400


def end_of(
    expires_at: str | None, expires_in_days: int | None, now: Moment
) -> int | None:
    """Seconds since 1970 at which it ends; None where it is to last.

    Raises:
        InvalidInput: both are given, it cannot be read, or it is not in the future.
    """
    if expires_at is None:
        return (
            None
            if expires_in_days is None
            else now.reached_s + expires_in_days * _DAY_S
        )
    if expires_in_days is not None:
        raise InvalidInput("expires_at", "or expires_in_days, not both")
    try:
        at = datetime.fromisoformat(expires_at)
        until_s = int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp())
    except (ValueError, OverflowError):
        raise InvalidInput("expires_at", "should be a time in ISO 8601") from None
    if until_s <= now.reached_s:
        raise InvalidInput("expires_at", "should be in the future")
    return until_s
