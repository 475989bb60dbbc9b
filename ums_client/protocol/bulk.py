"""Messages about one operation on many accounts."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ums_client.protocol.fields import Password, SessionId, ShortText, Text, UserId
from ums_client.protocol.limits import BULK_ACCOUNTS_MAX
from ums_client.protocol.message import Reply, Request

Operation = Literal[
    "activate",
    "deactivate",
    "suspend",
    "unlock",
    "delete",
    "assign_role",
    "remove_role",
    "force_password_change",
    "reset_password",
    "end_sessions",
]
Accounts = Annotated[list[UserId], Field(min_length=1, max_length=BULK_ACCOUNTS_MAX)]


class BulkResult(BaseModel):
    """What became of one account: `ok`, or the code and text of the refusal."""

    user_id: str
    ok: bool
    code: str = ""
    message: str = ""


class BulkUsersReply(Reply):
    """What became of each account, durable where it is `ok`; in a dry run nothing is.

    With `background` there is a `job_id` instead, and no results yet.
    """

    operation: str
    dry_run: bool = False
    job_id: str = ""
    succeeded: int = 0
    failed: int = 0
    results: list[BulkResult] = Field(default_factory=list)


class BulkUsers(Request[BulkUsersReply]):
    """Do one thing to many accounts, each as if it were asked for alone.

    Each account is a decision, a commit and an audit entry of its own; one that is
    refused does not stop the others. Takes a recent proof, and the permission of the
    operation; deleting takes the caller's password. More than 100 accounts take the
    permission to manage all accounts. `background` answers at once; see `get_bulk_job`.
    """

    user_ids: Accounts
    operation: Operation
    role: ShortText | None = None
    reason: Text = ""
    password: Password | None = Field(default=None, repr=False)
    dry_run: bool = False
    background: bool = False


class GetBulkJobReply(Reply):
    """How far a job is: `running`, `done`, `cancelled` or `failed`.

    `results` are those of the accounts that it has come to.
    """

    job_id: str
    operation: str
    state: Literal["running", "done", "cancelled", "failed"]
    total: int
    succeeded: int
    failed: int
    results: list[BulkResult]


class GetBulkJob(Request[GetBulkJobReply]):
    """Ask how far a job of yours is. Jobs are forgotten when the service stops."""

    job_id: SessionId


class CancelBulkJobReply(Reply):
    """The job ends after the accounts it is at; what is done stays done."""

    message: str = ""
    job_id: str


class CancelBulkJob(Request[CancelBulkJobReply]):
    """Stop a job of yours."""

    job_id: SessionId
