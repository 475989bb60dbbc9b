"""Named bundles of policy: `standard`, `hipaa` and `compat`.

Every value is a setting of its own; a profile only says where it starts.
"""

from dataclasses import dataclass
from typing import Final, Literal

MINUTE_S: Final = 60
HOUR_S: Final = 60 * MINUTE_S
DAY_S: Final = 24 * HOUR_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What the service allows, and for how long. Durations are in seconds."""

    name: Literal["standard", "hipaa", "compat"]
    original_replies: bool = False
    """Answer the eight original actions with exactly the original's keys."""
    stale_session_is_none: bool = False
    """Where a session is optional, take an ended one for none instead of refusing."""
    registration: bool = True
    """Whether anybody may make an account, or only administrators."""
    directory: Literal["public", "session", "administrators"] = "session"
    """Who may list the names of accounts."""
    username_chars_min: int = 3
    role_from_public: Literal["refuse", "ignore"] = "refuse"

    password_chars_min: int = 8
    password_classes: bool = False
    """Lower case, upper case, digit and sign are all required."""
    password_common: Literal["off", "whole", "part"] = "whole"
    """Refuse a common password where it is the whole one, or any part of it."""
    password_personal: bool = True
    """Refuse a password that contains the user name or mail address."""
    password_runs: bool = False
    """Refuse four in sequence and four of the same, anywhere."""

    session_s: int = DAY_S
    session_idle_s: int | None = 8 * HOUR_S
    sessions_per_user: int | None = 10
    recent_login_s: int = 15 * MINUTE_S
    """How fresh a login lets one change name and address without the password."""
    change_needs_password: bool = False
    """Name and address always need the current password, however fresh the login."""
    email_change: Literal["immediate", "verified"] = "immediate"
    password_change_token_s: int = 10 * MINUTE_S
    first_password_s: int = DAY_S

    notices: bool = True
    """Tell people by mail what happened to their account, where mail is set up."""
    require_email_verification: bool = False
    """No login before the mail address is verified, where mail is set up."""
    reset_link_s: int = HOUR_S
    """How long a link to choose a new password is good; at most a day."""
    verify_link_s: int = 48 * HOUR_S
    revert_link_s: int = 72 * HOUR_S
    """How long one can undo a change of address, or lock down, from a mail."""
    links_per_hour: int = 3
    """Mails with a link to reset or verify that anybody can have sent to an account."""
    mail_requests_per_hour: int = 3
    """Such requests from one client address; raise it for a gateway of many people."""
    mails_per_hour: int = 10
    """Mails to one account in an hour; what tells of its security is not counted."""
    security_mail_every_s: int = 5 * MINUTE_S
    """How far apart two such mails of the same kind are; those between become one."""

    failures_max: int = 5
    """Failed attempts per account and source before the source is shut out."""
    failures_window_s: int = 30 * MINUTE_S
    lockout_s: int = 30 * MINUTE_S

    deleted_kept_s: int = 30 * DAY_S
    """How long a deleted account can still be brought back; 0 erases at once."""


STANDARD: Final = Profile(name="standard")
HIPAA: Final = Profile(
    name="hipaa",
    directory="administrators",
    password_chars_min=12,
    password_classes=True,
    password_common="part",
    password_runs=True,
    session_idle_s=HOUR_S,
    sessions_per_user=5,
    change_needs_password=True,
    email_change="verified",
    require_email_verification=True,
    failures_max=3,
)
COMPAT: Final = Profile(
    name="compat",
    original_replies=True,
    stale_session_is_none=True,
    directory="public",
    username_chars_min=1,
    role_from_public="ignore",
    password_chars_min=6,
    password_common="off",
    password_personal=False,
    session_idle_s=None,
    sessions_per_user=None,
    notices=False,
    deleted_kept_s=0,
)
PROFILES: Final = {profile.name: profile for profile in (STANDARD, HIPAA, COMPAT)}
