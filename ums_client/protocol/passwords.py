"""Messages about passwords."""

from typing import Literal

from pydantic import Field

from ums_client.protocol.fields import Name, Password, Secret, Text, UserId
from ums_client.protocol.message import Reply, Request


class ChangePasswordReply(Reply):
    """The new password counts, durably; other sessions of the account have ended."""

    message: str = ""
    sessions_ended: int = 0


class ChangePassword(Request[ChangePasswordReply]):
    """Set a new password for your own account.

    With a session, or with the `password_change_token` of a login that was answered
    PASSWORD_CHANGE_REQUIRED or PASSWORD_EXPIRED. The current password is needed either
    way, and none of the latest ones can be chosen again.
    """

    current_password: Password = Field(repr=False)
    new_password: Password = Field(repr=False)
    password_change_token: Secret | None = Field(default=None, repr=False)


class PasswordPolicy(Reply):
    """What a new password must be like; and it may be on no list of common ones."""

    chars_min: int
    bytes_max: int
    classes: bool
    """Lower case, upper case, digit and sign are all required."""
    common: str
    """A common password is refused as the `whole`, as a `part`, or not (`off`)."""
    personal: bool
    """It must not contain the user name or the mail address."""
    runs: bool
    """It must not have four characters in sequence, or the same four times."""
    history: int
    """So many of the latest passwords cannot be chosen again."""
    expires_in_days: int | None = None


class CheckPasswordReply(Reply):
    """Whether the password would be accepted, and how hard it is to guess."""

    valid: bool
    errors: list[str]
    strength: Literal["weak", "moderate", "strong", "very_strong"]
    score: int
    """From 0 to 100: eight for each power of ten of guesses that it stands."""
    advice: list[str]
    policy: PasswordPolicy


class CheckPassword(Request[CheckPasswordReply]):
    """Judge a password before it is chosen. It is kept nowhere.

    Give the user name and mail address it is for: it must contain neither. Whether an
    account used it before is not told here.
    """

    password: Password = Field(repr=False)
    username: Name | None = None
    email: Name | None = None


class GetPasswordStatusReply(Reply):
    """How it stands with a password. Times are ISO 8601 in UTC."""

    password_changed_at: str
    password_expires_at: str | None = None
    days_until_expiry: int | None = None
    """Whole days; absent where passwords do not expire."""
    password_expired: bool
    require_password_change: bool
    warning: bool
    """It expires soon."""


class GetPasswordStatus(Request[GetPasswordStatusReply]):
    """Tell when a password was changed and when it expires.

    Your own, or as an administrator any other.
    """

    user_id: UserId | None = None


class ForcePasswordChangeReply(Reply):
    """The account's sessions have ended, durably; its next login asks for a change.

    `temporary_password` is shown only here.
    """

    message: str = ""
    sessions_ended: int = 0
    temporary_password: str | None = Field(default=None, repr=False)
    temporary_password_expires_at: str | None = None


class ForcePasswordChange(Request[ForcePasswordChangeReply]):
    """Have somebody choose another password, as an administrator.

    With `flag` the next login with the present password asks for a new one. With
    `temporary` the present one counts no more, and a random one, good for that change
    only, takes its place. With `mail_reset` nobody can log in before the password is
    reset with a link that goes to the account's mail address now.
    """

    user_id: UserId
    mode: Literal["flag", "mail_reset", "temporary"] = "flag"
    reason: Text | None = None
