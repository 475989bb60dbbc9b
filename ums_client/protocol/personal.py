"""What people say about themselves, how they are reached, and what they prefer.

Every field may be left out. In a change, what is left out stays as it is, and `null` or
nothing (an empty text or list) takes it away.
"""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
)
from pydantic_core import to_json

from ums_client.protocol.fields import Lines, ShortText, Text, UserId
from ums_client.protocol.limits import (
    BIO_CHARS_MAX,
    CONTACTS_MAX,
    CUSTOM_BYTES_MAX,
    CUSTOM_DEPTH_MAX,
    DAYS_MAX,
    RETENTION_DAYS_MIN,
    WORDS_MAX,
)
from ums_client.protocol.message import R, Reply, Request

_HTTPS: Final = re.compile(r"https://[^\s/?#@]+\.[^\s/?#@]+([/?#][^\s]*)?")


def _https(value: str) -> str:
    if value and not _HTTPS.fullmatch(value):
        raise ValueError("should be an address that begins with https://")
    return value


def _depth(value: JsonValue) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    return 0


def _custom(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if _depth(value) > CUSTOM_DEPTH_MAX:
        raise ValueError(f"should be nested at most {CUSTOM_DEPTH_MAX} deep")
    if len(to_json(value)) > CUSTOM_BYTES_MAX:
        raise ValueError(f"at most {CUSTOM_BYTES_MAX} bytes as JSON")
    return value


HttpsUrl = Annotated[Text, AfterValidator(_https)]
Words = Annotated[list[ShortText], Field(max_length=WORDS_MAX)]
Custom = Annotated[dict[str, JsonValue], AfterValidator(_custom)]
"""Anything of the client's own, bounded in depth and size."""
Bio = Annotated[Lines, Field(max_length=BIO_CHARS_MAX)]
TimeOfDay = Annotated[str, StringConstraints(pattern=r"^(([01]\d|2[0-3]):[0-5]\d)?$")]
Visibility = Literal["private", "members", "public"]
UserType = Literal[
    "", "customer", "technician", "isp_admin", "isp_support", "super_admin",
    "platform_admin", "tenant_admin", "tenant_user", "platform_support", "api_user",
    "readonly", "reseller", "partner",
]  # fmt: skip
"""A word for programs; it allows nothing by itself. Only users.update sets it."""


class TypedContact(BaseModel):
    """One more way to somebody. One of each type is the first to be tried.

    `address_type` belongs to an address. Nobody has verified it.
    """

    model_config = ConfigDict(extra="forbid")

    type: Literal["email", "phone", "address", "emergency"]
    value: Annotated[Text, Field(min_length=1)]
    label: ShortText = ""
    is_primary: bool = False
    address_type: Literal["", "billing", "shipping", "service", "mailing"] = ""


def plain(value: object) -> object:
    """The value of a field as plain data: lists may hold models."""
    if not isinstance(value, list):
        return value
    return [one.model_dump() if isinstance(one, BaseModel) else one for one in value]


class PreferenceFields(Request[R]):
    """How somebody wants to be shown things, and told of them."""

    timezone: ShortText | None = None
    language: ShortText | None = None
    theme: Literal["light", "dark", "system"] | None = None
    date_format: ShortText | None = None
    time_format: Literal["24h", "12h"] | None = None
    number_format: ShortText | None = None
    email_notifications: bool | None = None
    sms_notifications: bool | None = None
    push_notifications: bool | None = None
    in_app_notifications: bool | None = None
    security_alerts: bool | None = None
    account_updates: bool | None = None
    system_maintenance: bool | None = None
    marketing_emails: bool | None = None
    quiet_hours_start: TimeOfDay | None = None
    quiet_hours_end: TimeOfDay | None = None
    profile_visibility: Visibility | None = None
    activity_visibility: Visibility | None = None
    reminder_enabled: bool | None = None
    reminder_frequency: Literal["daily", "weekly", "monthly"] | None = None
    reminder_time: TimeOfDay | None = None
    insights_enabled: bool | None = None
    dashboard_layout: Custom | None = None
    custom_preferences: Custom | None = None


class PersonFields(PreferenceFields[R]):
    """What people may say about themselves; absent means unchanged or empty.

    `full_name` given alone stays as it is; where it was made of the other names, it
    follows them. For `data_retention_days` the account is kept once it is deleted, in
    place of the time that the policy has.
    """

    aliases: ClassVar[Mapping[str, str]] = {"phone_number": "phone"}

    full_name: Text | None = None
    phone: ShortText | None = None
    address: Text | None = None
    city: ShortText | None = None
    country: ShortText | None = None
    postal_code: ShortText | None = None
    date_of_birth: ShortText | None = None
    notes: Lines | None = None
    first_name: ShortText | None = None
    middle_name: ShortText | None = None
    last_name: ShortText | None = None
    preferred_name: ShortText | None = None
    title: ShortText | None = None
    job_title: ShortText | None = None
    department: ShortText | None = None
    company: ShortText | None = None
    gender: ShortText | None = None
    avatar_url: HttpsUrl | None = None
    website: HttpsUrl | None = None
    linkedin_url: HttpsUrl | None = None
    bio: Bio | None = None
    skills: Words | None = None
    interests: Words | None = None
    healthcare_provider_id: ShortText | None = None
    data_retention_days: (
        Annotated[int, Field(ge=RETENTION_DAYS_MIN, le=DAYS_MAX)] | None
    ) = None
    custom_fields: Custom | None = None
    contacts: Annotated[list[TypedContact], Field(max_length=CONTACTS_MAX)] | None = (
        None
    )
    mobile: ShortText | None = None
    emergency_contact_name: ShortText | None = None
    emergency_contact_phone: ShortText | None = None
    emergency_contact_relationship: ShortText | None = None
    address_line1: Text | None = None
    address_line2: Text | None = None
    state: ShortText | None = None
    billing_address_line1: Text | None = None
    billing_address_line2: Text | None = None
    billing_city: ShortText | None = None
    billing_state: ShortText | None = None
    billing_postal_code: ShortText | None = None
    billing_country: ShortText | None = None
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None


class Profile(BaseModel):
    """Who somebody is. `display_name` is what they are best called."""

    display_name: str
    full_name: str
    first_name: str
    middle_name: str
    last_name: str
    preferred_name: str
    title: str
    job_title: str
    department: str
    company: str
    user_type: str
    date_of_birth: str
    gender: str
    avatar_url: str
    website: str
    linkedin_url: str
    bio: str
    skills: list[str]
    interests: list[str]
    healthcare_provider_id: str
    data_retention_days: int | None
    custom_fields: dict[str, object]


class Contact(BaseModel):
    """How somebody is reached."""

    email: str
    phone: str
    mobile: str
    address: str
    address_line1: str
    address_line2: str
    city: str
    state: str
    postal_code: str
    country: str
    billing_address_line1: str
    billing_address_line2: str
    billing_city: str
    billing_state: str
    billing_postal_code: str
    billing_country: str
    latitude: float | None
    longitude: float | None
    contacts: list[TypedContact]
    emergency_contact_name: str
    emergency_contact_phone: str
    emergency_contact_relationship: str


class Preferences(BaseModel):
    """What somebody prefers, with the defaults of what they never said."""

    timezone: str
    language: str
    theme: str
    date_format: str
    time_format: str
    number_format: str
    email_notifications: bool
    sms_notifications: bool
    push_notifications: bool
    in_app_notifications: bool
    security_alerts: bool
    account_updates: bool
    system_maintenance: bool
    marketing_emails: bool
    quiet_hours_start: str
    quiet_hours_end: str
    profile_visibility: str
    activity_visibility: str
    reminder_enabled: bool
    reminder_frequency: str
    reminder_time: str
    insights_enabled: bool
    dashboard_layout: dict[str, object]
    custom_preferences: dict[str, object]


class GivenRole(BaseModel):
    """A role that somebody was given beside their own; `lab_id` where it counts in."""

    role: str
    lab_id: str | None
    until: str | None
    reason: str
    assigned_by: str
    assigned_at: str


class OwnLab(BaseModel):
    """A lab that somebody is a member of, and what they are there."""

    lab_id: str
    role: str
    active: bool
    joined_at: str


class Security(BaseModel):
    """How an account is guarded, and why it is in the state it is in."""

    email_verified: bool
    password_changed_at: str
    must_change_password: bool
    locked: bool
    locked_down: bool
    mfa_methods: list[str]
    sessions: int
    status_reason: str
    status_since: str
    suspended_until: str | None


class GetPreferencesReply(Reply):
    """The preferences, with the defaults of what was never said."""

    preferences: Preferences


class GetPreferences(Request[GetPreferencesReply]):
    """Read preferences: your own, or another's with users.update."""

    user_id: UserId | None = None


class UpdatePreferencesReply(Reply):
    """The preferences after the change."""

    message: str = ""
    preferences: Preferences


class UpdatePreferences(PreferenceFields[UpdatePreferencesReply]):
    """Change preferences: your own, or another's with users.update.

    What is left out stays as it is; `null` takes the default again.
    """

    user_id: UserId | None = None
