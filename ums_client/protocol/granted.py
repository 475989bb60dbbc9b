"""The types that messages about roles, permissions and attributes have in common."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ums_client.protocol.fields import ShortText, Text, UserId
from ums_client.protocol.limits import (
    ASSIGNED_ACCOUNTS_MAX,
    ASSIGNED_ROLES_MAX,
    GRANT_DAYS_MAX,
)

PermissionName = Annotated[
    str, StringConstraints(max_length=100, pattern=r"^[a-zA-Z0-9_:.-]+$")
]
"""A permission of the service or of one of its client programs."""
RoleName = Annotated[str, StringConstraints(max_length=64, pattern=r"^[a-z0-9_.-]+$")]
AttributeName = Annotated[
    str,
    StringConstraints(
        min_length=3, max_length=100, pattern=r"^[a-z]+(\.[a-z_]+){1,3}$"
    ),
]
"""Two to four parts, as in `lab.patient.read`."""
LabId = UserId
Days = Annotated[int, Field(ge=1, le=GRANT_DAYS_MAX)]
Time = ShortText
"""ISO 8601; in UTC where it names no zone."""
Reason = Annotated[Text, Field(max_length=255)]
Accounts = Annotated[
    list[UserId], Field(min_length=1, max_length=ASSIGNED_ACCOUNTS_MAX)
]
Roles = Annotated[list[RoleName], Field(min_length=1, max_length=ASSIGNED_ROLES_MAX)]


class Source(BaseModel):
    """What gives or denies something: a role, a role of a lab, or an attribute.

    `lab_id` is the lab in which it counts; none for everywhere. `expires_at` is when it
    ends by itself.
    """

    kind: Literal["role", "lab_role", "attribute"]
    name: str
    lab_id: str | None = None
    expires_at: str | None = None
