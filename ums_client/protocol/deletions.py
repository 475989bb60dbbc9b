"""Messages about the end of accounts: deleted, restored, held, anonymised, purged."""

from typing import Annotated

from pydantic import BaseModel, Field

from ums_client.protocol.accounts import User
from ums_client.protocol.fields import Name, Text, UserId
from ums_client.protocol.limits import DAYS_MAX, PAGE_SIZE_MAX
from ums_client.protocol.message import Reply, Request

Reason = Annotated[Text, Field(min_length=5)]


class DeletedAccount(BaseModel):
    """An account that can still be brought back. Times are ISO 8601 in UTC.

    After `purge_after` it is erased, unless `held`.
    """

    user_id: str
    username: str
    email: str
    deleted_at: str
    purge_after: str
    held: bool = False


class ListDeletedReply(Reply):
    """One page of deleted accounts; `truncated` says that there are more."""

    users: list[DeletedAccount]
    page: int
    page_size: int
    truncated: bool = False


class ListDeleted(Request[ListDeletedReply]):
    """List the accounts that were deleted and not yet erased, the oldest first."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX


class RestoreUserReply(Reply):
    """The account as it was, with all that belongs to it; its sessions stay ended."""

    message: str = ""
    user: User


class RestoreUser(Request[RestoreUserReply]):
    """Bring a deleted account back.

    Where its name or address was taken meanwhile (`CONFLICT`, with the field), give
    another. Who restores an account must have all that it may do.
    """

    user_id: UserId
    username: Name | None = None
    email: Name | None = None


class AnonymiseUserReply(Reply):
    """Nothing is left but the id and times; `receipt` finds it in the audit log."""

    message: str = ""
    receipt: str
    anonymised_at: str


class AnonymiseUser(Request[AnonymiseUserReply]):
    """Empty an account for good and keep its id, for what refers to it.

    Its names in the audit log go too; the reason stays, so name nobody in it. Needs a
    proof of the last minutes (`reauthenticate`).
    """

    user_id: UserId
    reason: Reason


class LegalHoldReply(Reply):
    """Whether the account is held now, and since when."""

    message: str = ""
    held: bool
    since: str | None = None


class LegalHold(Request[LegalHoldReply]):
    """Keep an account, in use or deleted, from being erased; or end that.

    While it is held nothing erases, purges or anonymises it. Its owner is not told.
    Needs a proof of the last minutes (`reauthenticate`).
    """

    user_id: UserId
    hold: bool
    reason: Reason


class ApplyRetentionReply(Reply):
    """What is due, what a legal hold keeps, and the ids of what was erased now.

    Each list has up to 1,000 accounts; `truncated` says that there are more.
    """

    due: list[DeletedAccount]
    held: list[DeletedAccount]
    purged: list[str]
    truncated: bool = False


class ApplyRetention(Request[ApplyRetentionReply]):
    """Erase the deleted accounts whose time is over; the service does it by itself, too.

    With `dry_run` nothing is erased, and `within_days` shows what will be due by then.
    Without it this needs a proof of the last minutes (`reauthenticate`).
    """

    dry_run: bool = True
    within_days: Annotated[int, Field(ge=0, le=DAYS_MAX)] = 0
