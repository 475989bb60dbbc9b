"""Messages that take changes back."""

from typing import Annotated

from pydantic import Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import Password
from ums_client.protocol.limits import INTEGER_MAX
from ums_client.protocol.message import Reply, Request


class RevertChangeReply(Reply):
    """The account after it; `skipped` are changed fields that were left as they are."""

    message: str = ""
    user: User
    reverted: list[str]
    skipped: list[str] = Field(default_factory=list)


class RevertChange(Request[RevertChangeReply]):
    """Give an account back what one change took, by the number of its audit entry.

    Names and what is known of the person can be reverted; roles, statuses, mail
    addresses, passwords and factors cannot. A field that was changed again since is
    told with `CONFLICT`, and nothing is changed. Needs a proof of the last minutes;
    a user name may need the caller's password, as in `update_user`.
    """

    entry: Annotated[int, Field(ge=1, le=INTEGER_MAX)]
    password: Password | None = Field(default=None, repr=False)
