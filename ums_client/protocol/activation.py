"""Messages about accounts that wait for their owner to take them up."""

from pydantic import Field

from ums_client.protocol.fields import Password, Secret
from ums_client.protocol.message import Reply, Request


class ActivateAccountReply(Reply):
    """The account can be logged in to. No session is opened."""

    message: str = ""
    username: str
    email: str


class ActivateAccount(Request[ActivateAccountReply]):
    """Take up an account that was made for you, with the token of a mail or a hand.

    The token is good once. An account that was made without a password needs one now;
    any other may get one. `resend_verification` sends another mail.
    """

    token: Secret = Field(repr=False)
    password: Password | None = Field(default=None, repr=False)
