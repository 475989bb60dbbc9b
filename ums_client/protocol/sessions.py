"""Messages about sessions: login and logout."""

from typing import ClassVar

from pydantic import Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import Name, Password, Secret, ShortText
from ums_client.protocol.message import Reply, Request


class LoginReply(Reply):
    """The session is open; later requests carry its token."""

    message: str = ""
    session_token: str = Field(repr=False)
    user: User
    session_expires_at: str = ""
    device_token: str = Field(default="", repr=False)
    device_id: str = ""
    ignored: list[str] = Field(default_factory=list)


class Login(Request[LoginReply]):
    """Open a session with a user name or mail address and the password.

    With `remember_device` the reply has a `device_token`: sent along with later logins,
    it keeps failures of others from shutting this device out.
    """

    wrapper: ClassVar[str | None] = "credentials"
    original: ClassVar[bool] = True

    username: Name | None = None
    password: Password | None = Field(default=None, repr=False)
    device_token: Secret | None = Field(default=None, repr=False)
    remember_device: bool | None = None
    device_label: ShortText | None = None


class LogoutReply(Reply):
    """The session has ended."""

    message: str = ""
    ignored: list[str] = Field(default_factory=list)


class Logout(Request[LogoutReply]):
    """End the session whose token the request carries."""

    original: ClassVar[bool] = True
