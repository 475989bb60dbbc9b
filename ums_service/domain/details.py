"""What is known of a person beside the account itself, one document for each account.

Only what was said is stored; the rest has the values below.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from storage import Collection
from ums_service.domain.errors import InvalidInput
from ums_service.domain.names import check_email, normalise

PROFILE: Final[dict[str, Any]] = {
    "middle_name": "",
    "preferred_name": "",
    "title": "",
    "job_title": "",
    "gender": "",
    "avatar_url": "",
    "website": "",
    "linkedin_url": "",
    "bio": "",
    "skills": [],
    "interests": [],
    "healthcare_provider_id": "",
    "data_retention_days": None,
    "custom_fields": {},
}
CONTACT: Final[dict[str, Any]] = {
    "mobile": "",
    "address_line1": "",
    "address_line2": "",
    "state": "",
    "billing_address_line1": "",
    "billing_address_line2": "",
    "billing_city": "",
    "billing_state": "",
    "billing_postal_code": "",
    "billing_country": "",
    "latitude": None,
    "longitude": None,
    "contacts": [],
    "emergency_contact_name": "",
    "emergency_contact_phone": "",
    "emergency_contact_relationship": "",
}
PREFERENCES: Final[dict[str, Any]] = {
    "timezone": "UTC",
    "language": "en",
    "theme": "light",
    "date_format": "YYYY-MM-DD",
    "time_format": "24h",
    "number_format": "1,234.56",
    "email_notifications": True,
    "sms_notifications": False,
    "push_notifications": True,
    "in_app_notifications": True,
    "security_alerts": True,
    "account_updates": True,
    "system_maintenance": False,
    "marketing_emails": False,
    "quiet_hours_start": "",
    "quiet_hours_end": "",
    "profile_visibility": "private",
    "activity_visibility": "private",
    "reminder_enabled": True,
    "reminder_frequency": "weekly",
    "reminder_time": "09:00",
    "insights_enabled": True,
    "dashboard_layout": {},
    "custom_preferences": {},
}
DEFAULTS: Final = PROFILE | CONTACT | PREFERENCES
TOLD: Final = frozenset(
    name for name, empty in (PROFILE | CONTACT).items() if empty == ""
)
"""Fields whose old and new values the audit log tells, sealed."""

_LANGUAGE: Final = re.compile(
    r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*",
    re.IGNORECASE,
)
"""RFC 5646 without extensions: language, script, region, variants."""
_LINKEDIN: Final = re.compile(r"https://([a-z]+\.)?linkedin\.com/.+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Details:
    """What one person said, by the names of the fields."""

    user_id: str
    values: Mapping[str, Any]

    def with_changes(self, given: Mapping[str, Any]) -> "Details":
        """The details after a change; nothing, or the default, takes a value away."""
        after = {**self.values, **given}
        said = {n: v for n, v in after.items() if not is_empty(v) and v != DEFAULTS[n]}
        return Details(self.user_id, said)

    def get(self, name: str) -> Any:
        """What was said, or the default."""
        return self.values.get(name, DEFAULTS[name])

    def section(self, defaults: Mapping[str, Any]) -> dict[str, Any]:
        """The fields of `defaults`, as they are."""
        return {name: self.values.get(name, empty) for name, empty in defaults.items()}


def is_empty(value: object) -> bool:
    """Whether it takes a value away. `False` and 0 are values."""
    return value is None or value in ("", [], {})


def changed_names(before: Details, after: Details) -> list[str]:
    """The names of the fields that differ."""
    return [name for name in DEFAULTS if before.get(name) != after.get(name)]


def check_details(given: Mapping[str, Any]) -> None:
    """Raise InvalidInput for the first value that cannot be."""
    zone, language = given.get("timezone"), given.get("language")
    if zone and not is_time_zone(zone):
        raise InvalidInput("timezone", "should be a time zone like Europe/London")
    if language and not _LANGUAGE.fullmatch(language):
        raise InvalidInput("language", "should be a language tag like en or pt-BR")
    linkedin = given.get("linkedin_url")
    if linkedin and not _LINKEDIN.fullmatch(linkedin):
        raise InvalidInput("linkedin_url", "should be a page of linkedin.com")
    if ("latitude" in given) != ("longitude" in given):
        raise InvalidInput("latitude", "should be given together with longitude")
    if (given.get("latitude") is None) != (given.get("longitude") is None):
        raise InvalidInput("latitude", "should be given together with longitude")
    _check_contacts(given.get("contacts") or [])


def _check_contacts(contacts: Sequence[Mapping[str, Any]]) -> None:
    first = [one["type"] for one in contacts if one["is_primary"]]
    if len(set(first)) != len(first):
        raise InvalidInput("contacts", "should have one primary of each type")
    for one in contacts:
        if one["address_type"] and one["type"] != "address":
            raise InvalidInput("contacts", "address_type belongs to an address")
        if one["type"] == "email":
            check_email(normalise(one["value"]))


def is_time_zone(name: str) -> bool:
    """Whether it names a time zone of the IANA database, as far as the machine knows."""
    if name == "UTC":
        return True
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # what the library raises for odd names
        return False
    return True


def time_zone(name: str) -> tzinfo:
    """The time zone of that name; UTC where the machine does not know it any more."""
    return ZoneInfo(name) if name != "UTC" and is_time_zone(name) else UTC


def _key(details: Details) -> str:
    return details.user_id


def _to_document(details: Details) -> dict[str, Any]:
    return {"user_id": details.user_id, "values": dict(details.values)}


def _from_document(document: dict[str, Any]) -> Details:
    return Details(**document)


DETAILS: Final = Collection(
    name="details", key=_key, to_document=_to_document, from_document=_from_document
)
