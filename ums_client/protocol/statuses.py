"""Messages about the status of an account."""

from typing import Annotated, Literal

from pydantic import Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import Text, UserId
from ums_client.protocol.limits import DAYS_MAX
from ums_client.protocol.message import Reply, Request


class SetUserStatusReply(Reply):
    """The account as it is on disk. `suspended_until` is when it is active again."""

    message: str = ""
    user: User
    suspended_until: str | None = None
    sessions_ended: int = 0


class SetUserStatus(Request[SetUserStatusReply]):
    """Take an account out of use, or back into it, with a reason.

    Whatever is not `active` logs in no more, and its sessions end. A suspension of
    `duration_days` ends by itself; another one can be given to who is suspended. The
    owner is told by mail, with the reason.
    """

    user_id: UserId
    status: Literal["active", "inactive", "suspended", "archived"]
    reason: Text = ""
    duration_days: Annotated[int, Field(ge=1, le=DAYS_MAX)] | None = None
