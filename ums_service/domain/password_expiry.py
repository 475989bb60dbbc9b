"""How long a password is good, and whether it must be changed.

    GOOD --time--> EXPIRES SOON --time--> EXPIRED --change--> GOOD
    GOOD --an administrator asks for it--> TO BE CHANGED --change--> GOOD

Only logins and the renewal of tokens are stopped: sessions that are open go on to
their own end.
"""

from datetime import datetime
from typing import NamedTuple

from ums_service.domain.moment import Moment
from ums_service.domain.profiles import DAY_S, Profile
from ums_service.domain.users import User


class PasswordState(NamedTuple):
    """What is to be said of a password at one moment; times in seconds since 1970."""

    expires_epoch_s: int | None
    left_s: int | None
    must_change: bool
    warning_s: int

    @property
    def expired(self) -> bool:
        """Whether it is too old to open a session."""
        return self.left_s is not None and self.left_s <= 0

    @property
    def expires_soon(self) -> bool:
        """Whether it is good now, but only for the time of the warning."""
        return self.left_s is not None and 0 < self.left_s <= self.warning_s

    @property
    def days_left(self) -> int | None:
        """Whole days until it expires; 0 on the last day and afterwards."""
        return None if self.left_s is None else max(0, self.left_s) // DAY_S


def password_state(user: User, profile: Profile, now: Moment) -> PasswordState:
    """How it stands with the password of `user`."""
    expires = left = None
    if profile.password_expires_s is not None:
        changed = datetime.fromisoformat(user.password_changed_at)
        expires = int(changed.timestamp()) + profile.password_expires_s
        left = expires - now.epoch_s
    return PasswordState(
        expires, left, user.must_change_password, profile.password_warning_s
    )
