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
    password_history: int = 5
    """How many of the latest passwords, the current one among them, cannot be chosen
    again; 0 allows all."""
    password_expires_s: int | None = None
    """How old a password may be at login. NIST SP 800-63B advises against a limit."""
    password_warning_s: int = 7 * DAY_S
    """How long before that a login tells of it."""

    session_s: int = DAY_S
    session_idle_s: int | None = 8 * HOUR_S
    sessions_per_user: int | None = 10
    session_binding: Literal["off", "address"] = "off"
    """Whether a session, or a refresh token, that is used from another address than it
    was opened from ends. Not for clients that roam or share a gateway."""
    recent_login_s: int = 10 * MINUTE_S
    """How long after a proof (login or `reauthenticate`) a session may make sensitive
    changes without another one."""
    change_needs_password: bool = False
    """Name and address always need the current password, however fresh the login."""
    email_change: Literal["immediate", "verified"] = "immediate"
    password_change_token_s: int = 10 * MINUTE_S
    first_password_s: int = DAY_S
    recovery_password_s: int = 15 * MINUTE_S
    """How long the password that `recover-admin` gives can be used."""

    labs_per_user: int = 1_000
    """How many labs one account may be a member of."""

    access_token_s: int = 15 * MINUTE_S
    """How long other services accept an access token; at most this long they may not
    know of a session's end, where they do not ask."""
    refresh_token_s: int = 7 * DAY_S
    """How long after a login its tokens can be renewed (ASVS 10.4.8: an absolute end)."""
    refresh_repeat_s: int = 30
    """How long a refresh token that was used may be sent again, because the answer was
    lost, by who used it."""
    signing_key_s: int = 90 * DAY_S
    """How old a signing key gets before another takes its place."""

    notices: bool = True
    """Tell people what happened to their account: in their list of notifications, and
    by mail where it is set up."""
    notifications_kept: int = 50
    """What one account was told that is kept, the newest: as much of the service's own
    and as much of people's."""
    notifications_per_hour: int = 10
    """Messages of people to one account; the service's own are not counted."""
    notification_sends_per_hour: int = 60
    """How often one account may send to others; scheduling counts once."""
    notification_schedules: int = 50
    """What one account may have waiting to be sent."""
    notification_tests_per_hour: int = 5
    push_devices_per_user: int = 10
    require_email_verification: bool = False
    """No login before the mail address is verified, where mail is set up."""
    reset_link_s: int = HOUR_S
    """How long a link to choose a new password is good; at most a day."""
    verify_link_s: int = 48 * HOUR_S
    activation_link_s: int = 48 * HOUR_S
    """How long somebody has to take up an account; then another mail is asked for."""
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
    failures_in_row_max: int = 100
    """Failures of an account in a row, from wherever, before only known devices are let
    in, until a new password or an operator (NIST SP 800-63B, 3.2.2: at most 100)."""
    device_token_s: int = 90 * DAY_S
    """How long a remembered device is known."""
    devices_per_user: int = 20
    address_failures_max: int = 20
    """Failures from one address, over all accounts, before it is blocked."""
    address_failures_window_s: int = HOUR_S
    address_block_s: int = HOUR_S
    guessing_accounts_min: int = 50
    """Accounts on which attempts fail within the window before guessing is suspected."""
    guessing_window_s: int = 10 * MINUTE_S
    refusal_delays_ms: tuple[int, ...] = (100, 500, 2_000)
    """How long the answer to the first, second and each later failure is held back."""

    rate_register_burst: int = 30
    """Requests of one class that an address may send at once, then per minute; a rate
    of 0 is no limit."""
    rate_register_per_min: int = 30
    rate_login_burst: int = 100
    rate_login_per_min: int = 100
    rate_check_burst: int = 60
    rate_check_per_min: int = 60
    rate_write_burst: int = 200
    rate_write_per_min: int = 3_000
    rate_read_burst: int = 1_000
    rate_read_per_min: int = 0
    rate_refusals_max: int = 100
    """Requests over a limit in a row before an address is not heard at all."""
    rate_unheard_s: int = 5
    caller_write_burst: int = 200
    """As for addresses, for one account wherever it asks from."""
    caller_write_per_min: int = 0
    caller_read_burst: int = 1_000
    caller_read_per_min: int = 0

    mfa_required: Literal["off", "administrators", "everybody"] = "off"
    """Who gets no session without a second factor."""
    mfa_challenge_s: int = 5 * MINUTE_S
    """How long a login waits for its second factor."""
    mfa_setup_s: int = 10 * MINUTE_S
    """How long the set-up of a factor may take."""
    mfa_tries: int = 5
    """Wrong answers that end one challenge; more of them make the account wait."""
    backup_codes: int = 10
    device_spares_factor: bool = True
    """Whether a known device is asked for the password only, once it was remembered at
    a login with a second factor, for `device_token_s` from then."""
    sent_code_s: int = 10 * MINUTE_S
    """How long a code by mail or text message is good."""
    sent_code_tries: int = 3
    sent_codes_for_administrators: bool = False
    """Numbers can be taken over and mail be read: not enough for who can do all."""
    passkeys_max: int = 10

    roles_max: int = 500
    """Roles beside the built-in ones."""
    roles_per_user: int = 50
    """Roles that one account has in addition to its primary one."""
    attributes_max: int = 500
    attributes_per_user: int = 200
    """Attributes granted to one account beside those of its roles in labs."""
    role_request_s: int = 7 * DAY_S
    """How long a request for a role waits for an answer."""
    role_requests_per_user: int = 10
    """Requests for roles of one account that wait at the same time."""
    invitation_s: int = 7 * DAY_S
    """How long an invitation can be accepted, unless it says otherwise."""
    invitations_max: int = 1_000
    """Invitations of one account, with those that were answered lately."""

    api_keys_max: int = 10
    """API keys of one account."""
    api_key_s: int = 90 * DAY_S
    """How long a key is good, unless it is made for longer or shorter."""
    api_key_unused_s: int = 90 * DAY_S
    """After how long without a use a key counts for nothing."""

    deleted_kept_s: int = 30 * DAY_S
    """How long a deleted account can still be brought back; 0 erases at once."""
    imports_kept_s: int = 30 * DAY_S
    """How long a batch of an import can be taken back."""
    audit_kept_days: int = 7 * 365
    """How long entries of the audit log are kept at least; older ones go in parts of a
    few MiB."""
    consents_required: tuple[str, ...] = ()
    """Consents that everybody must give: `TYPE`, or `TYPE:VERSION` for that text only.
    A new version asks those again who gave another."""
    unused_days: int = 0
    """Days without a login after which an account is deactivated; 0 for never."""
    unused_warning_days: int = 30
    """How many days before that its owner is told by mail."""


MAY_BE_ZERO: Final = frozenset(
    {
        "deleted_kept_s",
        "unused_days",
        "password_history",
        "rate_check_per_min",
        "rate_register_per_min",
        "rate_login_per_min",
        "rate_write_per_min",
        "rate_read_per_min",
        "caller_write_per_min",
        "caller_read_per_min",
    }
)
"""Policies that 0 switches off; all other numbers are 1 or more."""
AUDIT_KEPT_DAYS_MIN: Final = {"standard": 90, "hipaa": 6 * 365, "compat": 90}
"""Least values of `audit_kept_days`. HIPAA: six years (45 CFR 164.316(b)(2)(i))."""

STANDARD: Final = Profile(name="standard")
HIPAA: Final = Profile(
    name="hipaa",
    directory="administrators",
    password_chars_min=12,
    password_classes=True,
    password_common="part",
    password_runs=True,
    password_expires_s=90 * DAY_S,
    session_idle_s=HOUR_S,
    sessions_per_user=5,
    change_needs_password=True,
    email_change="verified",
    access_token_s=HOUR_S,
    refresh_token_s=30 * DAY_S,
    require_email_verification=True,
    failures_max=3,
    caller_write_per_min=600,
    mfa_required="administrators",
    device_spares_factor=False,
    unused_days=365,
    consents_required=("privacy",),
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
    password_history=0,
    session_idle_s=None,
    sessions_per_user=None,
    refusal_delays_ms=(),
    notices=False,
    deleted_kept_s=0,
)
PROFILES: Final = {profile.name: profile for profile in (STANDARD, HIPAA, COMPAT)}
