"""Messages about the audit log: read it, export it, verify it."""

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from ums_client.protocol.fields import LabId, ShortText, Text, UserId
from ums_client.protocol.limits import AUDIT_EVENTS_MAX, AUDIT_PAGE_MAX
from ums_client.protocol.message import Part, R, Reply, Request

Cursor = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,15}$")]
"""Where a page ends; to be handed back as it is."""


class AuditedEvent(Part):
    """One entry. Numbers grow by one, without gaps.

    `actor` did it, to the account `subject`; their names are those of the time, and
    gone once an account is erased, as is what `changes` says of it: the old and the new
    value of each field. `user_agent` is what the client said of itself.
    """

    number: int
    at: str
    event: str
    outcome: str
    severity: str
    code: str | None = None
    actor: str | None = None
    actor_name: str | None = None
    subject: str | None = None
    subject_name: str | None = None
    lab_id: str | None = None
    address: str | None = None
    user_agent: str | None = None
    request_id: str | int | None = None
    changes: dict[str, list[str]] | None = None
    details: dict[str, Any] | None = None


class _Selection(Request[R]):
    """Which entries are wanted: those that meet all that is given.

    With `lab_id` only entries that name that lab are found; they may be read with
    `lab.audit.view` and exported with `lab.audit.export` in it.
    `user_id` stands for either role, `events` for any of them. Times are ISO 8601, in
    UTC where they name no zone, and included.
    """

    user_id: UserId | None = None
    actor: UserId | None = None
    subject: UserId | None = None
    lab_id: LabId | None = None
    events: list[ShortText] | None = Field(default=None, max_length=AUDIT_EVENTS_MAX)
    address: ShortText | None = None
    outcome: Literal["done", "refused", "found", "suppressed"] | None = None
    severity: Literal["warning", "error", "critical"] | None = None
    since: ShortText | None = None
    until: ShortText | None = None
    limit: Annotated[int, Field(ge=1, le=AUDIT_PAGE_MAX)] = 100
    cursor: Cursor | None = None


class QueryAuditReply(Reply):
    """Entries, the newest first.

    With `next_cursor` there may be more, even where this page is short or empty: the
    service reads only so much for one request.
    """

    entries: list[AuditedEvent]
    next_cursor: str | None = None


class QueryAudit(_Selection[QueryAuditReply]):
    """Read the audit log: all of it with `audit.read`, your own entries otherwise.

    With `lab.audit.view` in a lab, also what names that lab, if you give `lab_id`.
    """


class ExportAuditReply(Reply):
    """A page of an export: `data` is base64, `sha256` the digest of what it stands for.

    Pages of `jsonl` and `csv`, joined in order, are one file; each `pdf` is a document
    of its own. `next_cursor` as in `query_audit`.
    """

    format: str
    data: str
    sha256: str
    entries: int
    next_cursor: str | None = None


class ExportAudit(_Selection[ExportAuditReply]):
    """Take entries out of the service, the newest first, with `audit.export`.

    With `lab.audit.export` in a lab, what names that lab, if you give `lab_id`.

    The reason and what was taken are entered into the log. In CSV a cell that a
    spreadsheet would take for a formula begins with an apostrophe.
    """

    reason: Annotated[Text, Field(min_length=5)]
    format: Literal["jsonl", "csv", "pdf"] = "jsonl"


class VerifyAuditReply(Reply):
    """Whether the log is whole. `first_bad` is the number of the first lost entry.

    `head` names the newest commit; kept elsewhere, it shows later whether the log was
    cut or set back (`verify --against`). `first` is the number of the oldest entry that
    was not dropped for its age, `entries` how many are good from there on.
    """

    intact: bool
    entries: int
    first: int = 1
    head: str
    first_bad: int | None = None
    reason: str | None = None


class VerifyAudit(Request[VerifyAuditReply]):
    """Read the whole audit log and follow its chain. For administrators; takes time."""


class BlockedAddressView(Part):
    """An address whose attempts at passwords are not listened to until then."""

    address: str
    until: str


class ListSecurityEventsReply(Reply):
    """What happened, the newest first, as in `query_audit`, and what is shut out now.

    The events are of four kinds: `lockout`, somebody was shut out of an account or let
    in again; `address_block`; `guessing`, of passwords over many accounts; `suspicious`,
    such as a refresh token that came twice. `blocked_addresses` are 1,000 at most.
    """

    entries: list[AuditedEvent]
    blocked_addresses: list[BlockedAddressView]
    next_cursor: str | None = None


class ListSecurityEvents(Request[ListSecurityEventsReply]):
    """List attacks and what was done about them, with `audit.read`."""

    kind: Literal["lockout", "address_block", "guessing", "suspicious"] | None = None
    since: ShortText | None = None
    until: ShortText | None = None
    limit: Annotated[int, Field(ge=1, le=AUDIT_PAGE_MAX)] = 100
    cursor: Cursor | None = None
