"""Accounts that nobody uses: their owners are warned, then they are deactivated.

last login --unused_days less the warning--> warned --the warning--> INACTIVE
"""

from datetime import datetime
from enum import StrEnum

from ums_service.domain.moment import Moment
from ums_service.domain.profiles import DAY_S, Profile
from ums_service.domain.standings import Standing
from ums_service.domain.users import ACTIVE, User


class Due(StrEnum):
    """What is to be done with an account."""

    NOTHING = "nothing"
    WARNING = "warning"
    DEACTIVATION = "deactivation"


def last_used_s(user: User) -> float:
    """The last login, or else the beginning, in seconds since 1970."""
    return datetime.fromisoformat(user.last_login or user.created_at).timestamp()


def what_is_due(
    user: User, standing: Standing | None, profile: Profile, now: Moment
) -> Due:
    """What the rules ask for now.

    A warning comes its whole time before, also where the rule is new or the service
    was off; a login makes it void. Programs do not log in: their keys end instead.
    """
    if user.status != ACTIVE or not profile.unused_days or user.service_account:
        return Due.NOTHING
    used_s = last_used_s(user)
    warning_s = profile.unused_warning_days * DAY_S
    if now.epoch_s < used_s + profile.unused_days * DAY_S - warning_s:
        return Due.NOTHING
    warned_s = standing.warned_s if standing else None
    if warned_s is None or warned_s <= used_s:
        return Due.WARNING
    over_s = max(used_s + profile.unused_days * DAY_S, warned_s + warning_s)
    return Due.DEACTIVATION if now.epoch_s >= over_s else Due.NOTHING
