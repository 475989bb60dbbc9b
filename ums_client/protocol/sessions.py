"""Messages about sessions: how they begin, who has which, how they end."""

from typing import ClassVar, Generic

from pydantic import Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import (
    Code,
    Name,
    Password,
    Secret,
    SessionId,
    ShortText,
    Token,
    UserId,
)
from ums_client.protocol.message import R, Reply, Request


class LoginReply(Reply):
    """The session is open; later requests carry its token.

    With `tokens` asked for, also what `refresh_token` answers.
    """

    message: str = ""
    session_token: str = Field(repr=False)
    user: User
    session_id: str = ""
    session_expires_at: str = ""
    access_token: str = Field(default="", repr=False)
    refresh_token: str = Field(default="", repr=False)
    token_type: str = ""
    expires_in: int = 0
    refresh_expires_at: str = ""
    device_token: str = Field(default="", repr=False)
    device_id: str = ""
    password_expires_in_days: int | None = None
    """Whole days; given only where the password expires soon."""
    account_warnings: list[str] = Field(default_factory=list)
    """What the owner should see to, such as `password_expires_soon`."""
    ignored: list[str] = Field(default_factory=list)


class OpensSession(Request[R], Generic[R]):
    """What every way to log in can ask for beside the session.

    `tokens` asks for an access token to show to other services, and a refresh token
    that renews it. With `remember_device` the reply has a `device_token`: sent along
    with later logins, it keeps failures of others from shutting this device out.
    """

    tokens: bool = False
    device_token: Secret | None = Field(default=None, repr=False)
    remember_device: bool | None = None
    device_label: ShortText | None = None


class Login(OpensSession[LoginReply]):
    """Open a session with a user name or mail address and the password.

    `tokens` adds tokens for other services; `remember_device` makes the device known.
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
    sessions_ended: int = 1
    ignored: list[str] = Field(default_factory=list)


class Logout(Request[LogoutReply]):
    """End the session whose token the request carries, or all of the account."""

    original: ClassVar[bool] = True

    all_sessions: bool = False


class VerifySessionReply(Reply):
    """Whether a token is good, and for whom. Without `active` nothing else is told.

    `methods` are how the person proved who they are, in the words of RFC 8176.
    """

    active: bool
    user_id: str = ""
    username: str = ""
    roles: list[str] = Field(default_factory=list)
    session_id: str = ""
    expires_at: str = ""
    methods: list[str] = Field(default_factory=list)


class VerifySession(Request[VerifySessionReply]):
    """Ask whether a session token or access token is good; by default your own session.

    Unlike a check of the access token alone, this knows at once when a session ended.
    """

    token: Token | None = Field(default=None, repr=False)


class SessionInfo(Reply):
    """One login. Times are ISO 8601 in UTC.

    `user_agent` and `device_name` are what the client said of itself. `has_tokens`:
    it can be renewed with a refresh token until `expires_at`.
    """

    session_id: str
    created_at: str
    last_used_at: str
    expires_at: str
    address: str
    user_agent: str = ""
    device_name: str = ""
    methods: list[str] = Field(default_factory=list)
    has_tokens: bool = False
    is_current: bool = False


class ListSessionsReply(Reply):
    """All logins of the account that have not ended, the oldest first."""

    sessions: list[SessionInfo]


class ListSessions(Request[ListSessionsReply]):
    """List your own logins, or as an administrator those of another account."""

    user_id: UserId | None = None


class RevokeSessionReply(Reply):
    """These logins have ended, durably; their tokens are refused from now on."""

    revoked: int


class RevokeSession(Request[RevokeSessionReply]):
    """End one login by its `session_id`, or `all` of them.

    Your own, or as an administrator those of another account. `except_current` leaves
    the session that the request is made with.
    """

    session_id: SessionId | None = None
    all: bool = False
    except_current: bool = False
    user_id: UserId | None = None


class ReauthenticateReply(Reply):
    """Sensitive changes are open to this session until then."""

    fresh_until: str


class Reauthenticate(Request[ReauthenticateReply]):
    """Prove once more who you are, for changes that need a recent proof.

    An account with a second factor gives a code as well, unless this session proved
    its factor in the last minutes: else the answer is REAUTHENTICATION_REQUIRED.
    """

    password: Password = Field(repr=False)
    mfa_code: Code | None = Field(default=None, repr=False)
