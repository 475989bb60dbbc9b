"""Messages about taking accounts out of the service as a file."""

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from ums_client.protocol.fields import Text, UserId
from ums_client.protocol.limits import EXPORT_PAGE_MAX
from ums_client.protocol.message import Reply, Request

ExportedField = Literal[
    "user_id",
    "username",
    "email",
    "full_name",
    "phone",
    "address",
    "city",
    "country",
    "postal_code",
    "date_of_birth",
    "notes",
    "metadata",
    "role",
    "status",
    "email_verified",
    "must_change_password",
    "locked_down",
    "created_at",
    "updated_at",
    "last_login",
]
Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9a-f-]{1,64}$")]


class ExportUsersReply(Reply):
    """A page of an export: `data` is the text, `sha256` the digest of its UTF-8.

    Pages of `jsonl` and `csv`, joined in order, are one file; each page of `json` is a
    list of its own. With `next_cursor` there may be more.
    """

    format: str
    data: str
    sha256: str
    count: int
    next_cursor: str | None = None


class ExportUsers(Request[ExportUsersReply]):
    """Take accounts out of the service, in the order of their creation.

    Never passwords, hashes or other secrets. Takes a recent proof; the reason and what
    was taken are entered into the audit log. In CSV a cell that a spreadsheet would take
    for a formula begins with an apostrophe; `import_users` takes it off again. With
    `user_ids` those accounts, whatever their status, in the order in which they are named;
    those that are gone are left out.
    """

    reason: Annotated[Text, Field(min_length=5)]
    format: Literal["jsonl", "csv", "json"] = "jsonl"
    fields_wanted: list[ExportedField] | None = Field(
        default=None, min_length=1, max_length=20
    )
    status: Literal["active", "inactive", "suspended", "archived"] | None = None
    role: Literal["user", "moderator", "admin"] | None = None
    include_inactive: bool = False
    user_ids: (
        Annotated[list[UserId], Field(min_length=1, max_length=EXPORT_PAGE_MAX)] | None
    ) = None
    limit: Annotated[int, Field(ge=1, le=EXPORT_PAGE_MAX)] = EXPORT_PAGE_MAX
    cursor: Cursor | None = None
