"""Messages about sessions: login and logout."""

from typing import ClassVar

from pydantic import Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import Code, Name, Password, ShortText
from ums_client.protocol.message import Reply, Request


class LoginReply(Reply):
    """The session is open; later requests carry its token."""

    message: str = ""
    session_token: str = Field(repr=False)
    user: User
    session_expires_at: str = ""
    account_warnings: list[str] = Field(default_factory=list)
    ignored: list[str] = Field(default_factory=list)


class Login(Request[LoginReply]):
    """Open a session with a user name or mail address and the password.

    An account with a second factor is answered MFA_REQUIRED, unless the `mfa_code`
    comes along; `mfa_method` tells of which method it is.
    """

    wrapper: ClassVar[str | None] = "credentials"
    original: ClassVar[bool] = True

    username: Name | None = None
    password: Password | None = Field(default=None, repr=False)
    mfa_code: Code | None = Field(default=None, repr=False)
    mfa_method: ShortText | None = None


class LogoutReply(Reply):
    """The session has ended."""

    message: str = ""
    ignored: list[str] = Field(default_factory=list)


class Logout(Request[LogoutReply]):
    """End the session whose token the request carries."""

    original: ClassVar[bool] = True
