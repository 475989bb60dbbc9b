"""Messages about proving who one is: login, logout, a new password."""

from typing import ClassVar

from pydantic import Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import Name, Password, Secret
from ums_client.protocol.message import Reply, Request


class LoginReply(Reply):
    """The session is open; later requests carry its token."""

    message: str = ""
    session_token: str = Field(repr=False)
    user: User
    session_expires_at: str = ""
    ignored: list[str] = Field(default_factory=list)


class Login(Request[LoginReply]):
    """Open a session with a user name or mail address and the password."""

    wrapper: ClassVar[str | None] = "credentials"
    original: ClassVar[bool] = True

    username: Name | None = None
    password: Password | None = Field(default=None, repr=False)


class LogoutReply(Reply):
    """The session has ended."""

    message: str = ""
    ignored: list[str] = Field(default_factory=list)


class Logout(Request[LogoutReply]):
    """End the session whose token the request carries."""

    original: ClassVar[bool] = True


class ChangePasswordReply(Reply):
    """The new password counts, durably; other sessions of the account have ended."""

    message: str = ""
    sessions_ended: int = 0


class ChangePassword(Request[ChangePasswordReply]):
    """Set a new password for your own account.

    With a session, or with the `password_change_token` of a login that was answered
    PASSWORD_CHANGE_REQUIRED. The current password is needed either way.
    """

    current_password: Password = Field(repr=False)
    new_password: Password = Field(repr=False)
    password_change_token: Secret | None = Field(default=None, repr=False)
