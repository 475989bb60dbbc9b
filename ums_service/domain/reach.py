"""By which channels somebody is told what others send: what they want, and what there is.

What the service itself tells of an account's security does not come here: it ignores
what people do not want to be told.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ums_service.domain.notifications import Channel

_WANTED: Final[Mapping[str, str]] = {
    Channel.IN_APP: "in_app_notifications",
    Channel.EMAIL: "email_notifications",
    Channel.PUSH: "push_notifications",
}
_OF_TYPES: Final[Mapping[str, str]] = {
    "account": "account_updates",
    "maintenance": "system_maintenance",
    "marketing": "marketing_emails",
    "reminder": "reminder_enabled",
    "insight": "insights_enabled",
}
"""Preferences about what is told outside of the application, by type."""


def wanted_channels(
    asked: Iterable[str], kind: str, preferences: Mapping[str, Any]
) -> tuple[str, ...]:
    """Those of `asked` that somebody with these preferences wants for this type."""
    of_type = _OF_TYPES.get(kind)
    outside = of_type is None or preferences[of_type]
    return tuple(
        channel
        for channel in asked
        if preferences[_WANTED[channel]] and (outside or channel == Channel.IN_APP)
    )
