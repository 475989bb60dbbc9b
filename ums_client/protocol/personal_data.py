"""Messages that hand out all that is known of one person."""

from typing import Annotated, Any

from pydantic import Field

from ums_client.protocol.audit import AuditedEvent, Cursor
from ums_client.protocol.fields import Password, UserId
from ums_client.protocol.limits import AUDIT_PAGE_MAX
from ums_client.protocol.message import Reply, Request


class ExportUserDataReply(Reply):
    """One part of the document that docs/personal-data.md describes.

    The first part has `data`; every part has entries of the audit log, the newest
    first. With `next_cursor` there is another part.
    """

    format: str
    version: int
    user_id: str
    exported_at: str
    data: dict[str, Any] | None = None
    audit: list[AuditedEvent]
    next_cursor: str | None = None


class ExportUserData(Request[ExportUserDataReply]):
    """Hand out everything about a person, in parts: about yourself, or another.

    Your own takes the password, or a proof of the last minutes; that of another, also
    of a deleted account, such a proof, users.read and audit.export.
    """

    user_id: UserId | None = None
    password: Password | None = Field(default=None, repr=False)
    cursor: Cursor | None = None
    limit: Annotated[int, Field(ge=1, le=AUDIT_PAGE_MAX)] = AUDIT_PAGE_MAX
