"""Messages about accounts and addresses that failed too often."""

from ums_client.protocol.fields import ShortText, UserId
from ums_client.protocol.message import Reply, Request


class UnlockUserReply(Reply):
    """All failures are forgotten. `was_locked`: somebody was shut out until now."""

    message: str = ""
    was_locked: bool


class UnlockUser(Request[UnlockUserReply]):
    """Forget the failed attempts on an account, or those from an address.

    For administrators; give either `user_id` or `address`.
    """

    user_id: UserId | None = None
    address: ShortText | None = None
