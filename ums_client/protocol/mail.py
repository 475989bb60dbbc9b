"""Messages about the mail that the service sends."""

from typing import Annotated, Literal

from pydantic import Field

from ums_client.protocol.limits import PAGE_SIZE_MAX
from ums_client.protocol.message import Reply, Request

MailId = Annotated[str, Field(max_length=256)]


class QueuedMail(Reply):
    """A mail that waits (`pending`) or was given up (`dead`). Sent ones are gone."""

    mail_id: str
    template: str
    to: str
    user_id: str
    state: str
    attempts: int
    queued_at: str
    next_try_at: str
    last_error: str


class ListMailReply(Reply):
    """The oldest mails first; `pending` and `dead` count all."""

    mails: list[QueuedMail]
    pending: int
    dead: int


class ListMail(Request[ListMailReply]):
    """List the mails that are not sent, for administrators."""

    state: Literal["pending", "dead"] | None = None
    most: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX


class RetryMailReply(Reply):
    """The mail is tried again, as if it had been queued now."""

    message: str = ""


class RetryMail(Request[RetryMailReply]):
    """Try a mail again at once, for administrators; also one that was given up."""

    mail_id: MailId


class DropMailReply(Reply):
    """The mail is gone and will not be sent."""

    message: str = ""


class DropMail(Request[DropMailReply]):
    """Forget a mail, for administrators. Needs a proof of the last minutes."""

    mail_id: MailId


class TestMailReply(Reply):
    """A test is queued to the caller's own address; `list_mail` tells of its trouble."""

    message: str = ""
    to: str


class TestMail(Request[TestMailReply]):
    """Send a test to your own address, for administrators."""
