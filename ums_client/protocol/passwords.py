"""Messages about passwords."""

from pydantic import Field

from ums_client.protocol.fields import Password, Secret
from ums_client.protocol.message import Reply, Request


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
