"""Messages about mail addresses: verified, changed, changed back."""

from pydantic import Field

from ums_client.protocol.fields import Name, Password, Secret
from ums_client.protocol.message import Reply, Request


class VerifyEmailReply(Reply):
    """The address is the account's, and known to be its owner's."""

    message: str = ""
    email: str


class VerifyEmail(Request[VerifyEmailReply]):
    """Show with the token of a mail that its address is yours.

    For the address an account has, or for the new one of a change, which happens now.
    """

    token: Secret = Field(repr=False)


class ResendVerificationReply(Reply):
    """The same whether there is such an account or not."""

    message: str = ""


class ResendVerification(Request[ResendVerificationReply]):
    """Have another link to verify an address sent to it, or to take up its account.

    The answer never tells whether an account has the address.
    """

    email: Name


class ChangeEmailReply(Reply):
    """The address stays as it is until the new one is verified."""

    message: str = ""
    pending_email: str


class ChangeEmail(Request[ChangeEmailReply]):
    """Change your mail address, as soon as a mail to the new one is answered."""

    new_email: Name
    password: Password = Field(repr=False)


class RevertEmailReply(Reply):
    """The old address is back; nobody can log in before a reset by mail to it."""

    message: str = ""
    email: str


class RevertEmail(Request[RevertEmailReply]):
    """Take a change of your mail address back, with the token sent to the old one.

    Every session ends, and a link to choose a new password goes to the old address:
    whoever changed the address may know the password.
    """

    token: Secret = Field(repr=False)
