"""Messages to find accounts and to count them."""

from typing import Annotated, Literal

from pydantic import Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import LabId, ShortText, Text
from ums_client.protocol.limits import NEWEST_USERS_MAX
from ums_client.protocol.message import Reply, Request
from ums_client.protocol.paging import Paged
from ums_client.protocol.personal import UserType


class SearchUsersReply(Reply):
    """One page of the accounts found; `total` counts those on all pages.

    With `next_cursor` there are more. A page asked for by cursor has no number.
    """

    users: list[User]
    count: int
    total: int
    page: int | None = None
    page_size: int
    pages: int
    next_cursor: str | None = None


class SearchUsers(Paged[SearchUsersReply]):
    """Find accounts that meet all that is given, the newest first if not sorted.

    Every word of `query` occurs in the user name, the full name, the mail address or
    the company, or with `match: prefix` begins a word there; case and accents do not
    matter, as in `company` and `department`, which are compared whole. Times are
    ISO 8601, in UTC where they name no zone: `..._after` includes the moment itself,
    `..._before` does not. `has_role` counts roles above and beside the primary one;
    `has_permission` is what the service would decide now, everywhere. `lab_id` leaves
    the members of a lab; who may read accounts only there has to give it.
    """

    query: Text | None = None
    match: Literal["contains", "prefix"] = "contains"
    role: ShortText | None = None
    status: ShortText | None = None
    is_active: bool | None = None
    email_verified: bool | None = None
    mfa_enabled: bool | None = None
    user_type: UserType | None = None
    company: ShortText | None = None
    department: ShortText | None = None
    locked: bool | None = None
    lab_id: LabId | None = None
    has_role: ShortText | None = None
    has_permission: ShortText | None = None
    created_after: ShortText | None = None
    created_before: ShortText | None = None
    last_login_after: ShortText | None = None
    last_login_before: ShortText | None = None
    never_logged_in: bool | None = None


class GetStatisticsReply(Reply):
    """Numbers of accounts, and the newest ones.

    `recent_logins` are accounts whose last login lies in the time asked for, `new_users`
    those made in it. `sessions` are those kept, some of which may just have ended.
    `pending_invitations` can still be accepted. `by_lab` has the accounts in use that have
    anything in each lab, by the id of the lab; it is empty where one lab was asked for.
    """

    total_users: int
    by_status: dict[str, int]
    by_role: dict[str, int]
    by_lab: dict[str, int] = Field(default_factory=dict)
    email_verified: int
    mfa_enabled: int
    locked: int
    sessions: int
    recent_logins: int
    new_users: int
    pending_invitations: int
    since: str
    until: str
    recent_users: list[User]


class GetStatistics(Request[GetStatisticsReply]):
    """Count the accounts. Without `since` and `until` recent is the last seven days.

    With `lab_id` its active members are counted, and the invitations into it; who may
    read accounts only there has to give it.
    """

    lab_id: LabId | None = None
    since: ShortText | None = None
    until: ShortText | None = None
    newest: Annotated[int, Field(ge=0, le=NEWEST_USERS_MAX)] = 10
