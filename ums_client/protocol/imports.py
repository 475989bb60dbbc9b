"""Messages about many accounts at once: import them, take an import back."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from typing_extensions import override

from ums_client.protocol.fields import (
    Lines,
    Metadata,
    Name,
    SessionId,
    ShortText,
    Text,
)
from ums_client.protocol.limits import IMPORT_ROWS_MAX, PAGE_SIZE_MAX, REQUEST_BYTES_MAX
from ums_client.protocol.message import Reply, Request
from ums_client.protocol.user_files import Format

Hash = Annotated[str, Field(max_length=512)]
"""A password hash of another system. Kept out of `repr`."""


Rows = Annotated[
    list[dict[str, JsonValue]], Field(min_length=1, max_length=IMPORT_ROWS_MAX)
]
Data = Annotated[str, Field(max_length=REQUEST_BYTES_MAX)]


class ImportedUser(BaseModel):
    """One row of an import.

    `password_hash` is what another system stored; with `password_salt` it is one of the
    original service. Without it the account has no password until one is set by mail
    or with a link.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        defer_build=True,
    )

    username: Name
    email: Name
    password_hash: Hash | None = Field(default=None, repr=False)
    password_salt: Hash | None = Field(default=None, repr=False)
    full_name: Text | None = None
    phone: ShortText | None = None
    address: Text | None = None
    city: ShortText | None = None
    country: ShortText | None = None
    postal_code: ShortText | None = None
    date_of_birth: ShortText | None = None
    notes: Lines | None = None
    metadata: Metadata | None = None
    role: ShortText | None = None
    status: ShortText | None = None
    email_verified: bool | None = None
    must_change_password: bool | None = None


class RowVerdict(BaseModel):
    """What becomes of one row, counted from 1: create, update, skip or refuse.

    `reasons` are all that speak against it, `warnings` what should be looked at (a name
    that looks like another). `changed` names the fields that an update changes and
    `diff` their values before and after, for who may read accounts; `kept` names those
    that differ and stay, because an import does not change them.
    """

    row: int
    verdict: Literal["create", "update", "skip", "refuse"]
    username: str = ""
    user_id: str = ""
    reasons: list[str] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)
    changed: list[str] = Field(default_factory=list)
    diff: dict[str, list[str]] = Field(default_factory=dict)
    kept: list[str] = Field(default_factory=list)


class ImportUsersReply(Reply):
    """What became of the rows, durable in one commit; or would become, in a dry run.

    `import_id` names the batch for `revert_import`; a dry run has none, and so has an
    import that changed nothing. `invited` counts the mails that were queued.
    """

    import_id: str = ""
    dry_run: bool = False
    created: int
    updated: int
    skipped: int
    refused: int
    invited: int = 0
    results: list[RowVerdict]


class ImportUsers(Request[ImportUsersReply]):
    """Make many accounts at once, or change the profiles of those that are there.

    Rows come as `users` or as text (`data`, in `format`), as many as the limit of a
    message lets through. Rows are judged one by one: those that are refused are left
    out and told with all reasons. An update changes what people may say about
    themselves and `metadata`, never a name, an address, a password, a role or a status.
    Administrators are neither made nor changed. Takes a recent proof of the caller.
    """

    users: Rows | None = None
    data: Data | None = None
    format: Format = "jsonl"
    on_existing: Literal["skip", "update", "refuse"] = "skip"
    dry_run: bool = False
    send_invitations: bool = False
    label: ShortText | None = None

    @override
    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """Without the rows: they hold hashes."""
        for name, value in super().__repr_args__():
            if name not in ("users", "data"):
                yield name, value


class NotReverted(BaseModel):
    """An account that a revert left alone, in whole or in some `fields`, and why."""

    user_id: str
    reason: str
    fields: list[str] = Field(default_factory=list)


class RevertImportReply(Reply):
    """The accounts of the batch are erased again, and the changes taken back, durably.

    What was used or changed since the import stays and is told.
    """

    erased: int
    reverted: int
    left: list[NotReverted]


class RevertImport(Request[RevertImportReply]):
    """Take a batch of an import back. Takes a recent proof of the caller.

    Accounts that nobody used or changed since are erased at once and for good.
    """

    import_id: SessionId
    dry_run: bool = False


class ListedImport(BaseModel):
    """One batch: when, by whom, how many; `revertible_until` is when it is forgotten."""

    import_id: str
    label: str
    at: str
    by: str
    created: int
    updated: int
    revertible_until: str
    reverted_at: str | None = None


class ListImportsReply(Reply):
    """Batches, the newest first."""

    imports: list[ListedImport]
    total: int
    page: int
    page_size: int


class ListImports(Request[ListImportsReply]):
    """List the batches that can still be taken back."""

    page: Annotated[int, Field(ge=1, le=1_000_000)] = 1
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX
