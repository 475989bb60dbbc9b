"""Messages about sessions: login and logout."""

from typing import ClassVar

from pydantic import Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import Name, Password
from ums_client.protocol.message import Reply, Request


class LoginReply(Reply):
    """The session is open; later requests carry its token."""

    message: str = ""
    session_token: str = Field(repr=False)
    user: User
    session_expires_at: str = ""
    password_expires_in_days: int | None = None
    """Whole days; given only where the password expires soon."""
    account_warnings: list[str] = Field(default_factory=list)
    """What the owner should see to, such as `password_expires_soon`."""
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
