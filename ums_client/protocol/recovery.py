"""Messages about getting back into an account, and shutting others out of it."""

from typing import Literal

from pydantic import Field

from ums_client.protocol.fields import Name, Password, Secret, UserId
from ums_client.protocol.message import Reply, Request


class RequestPasswordResetReply(Reply):
    """The same whether there is such an account or not."""

    message: str = ""


class RequestPasswordReset(Request[RequestPasswordResetReply]):
    """Have a link to choose a new password sent to the account's mail address.

    Give `email` or `username`. The answer never tells whether the account exists.
    """

    email: Name | None = None
    username: Name | None = None


class ResetPasswordReply(Reply):
    """The new password counts, durably; every session of the account has ended."""

    message: str = ""
    sessions_ended: int = 0


class ResetPassword(Request[ResetPasswordReply]):
    """Set a new password with the token of a mail or of an administrator.

    The token is good once. No session is opened: log in afterwards, with the second
    factor where there is one.
    """

    token: Secret = Field(repr=False)
    new_password: Password = Field(repr=False)


class LockDownReply(Reply):
    """Every session has ended; nobody can log in before a reset by mail."""

    message: str = ""
    sessions_ended: int = 0


class LockDown(Request[LockDownReply]):
    """Shut your account at once, because somebody else may be in it.

    With a session and the password, or with the token of a mail about the account's
    security. A change of the mail address in the last days is taken back, and a link
    to choose a new password goes to the address.
    """

    password: Password | None = Field(default=None, repr=False)
    token: Secret | None = Field(default=None, repr=False)


class IssueLinkReply(Reply):
    """The token is shown only now."""

    token: str = Field(repr=False)
    expires_at: str


class IssueLink(Request[IssueLinkReply]):
    """Make a one-time token for somebody, to hand out where there is no mail.

    For administrators, with their own password or soon after their login. `reset` is
    for `reset_password`, `verify` for `verify_email`, `activate` for `activate_account`.
    """

    user_id: UserId
    purpose: Literal["reset", "verify", "activate"]
    password: Password | None = Field(default=None, repr=False)
