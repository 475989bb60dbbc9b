"""Messages about who has which role, and what that lets them do."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ums_client.protocol.fields import UserId
from ums_client.protocol.granted import (
    Accounts,
    Days,
    LabId,
    PermissionName,
    Reason,
    Roles,
    Source,
    Time,
)
from ums_client.protocol.limits import CHECKED_MAX
from ums_client.protocol.message import Reply, Request


class AssignRoleReply(Reply):
    """How many assignments are new or other than before."""

    message: str = ""
    assigned: int


class AssignRole(Request[AssignRoleReply]):
    """Give roles to accounts, beside their primary one; all of it or nothing.

    With `lab_id` they count in that lab only. An assignment that is there already gets
    the new end. Nobody gives what they lack, nor for longer than they have it.
    """

    user_ids: Accounts
    roles: Roles
    lab_id: LabId | None = None
    reason: Reason = ""
    expires_at: Time | None = None
    expires_in_days: Days | None = None


class RevokeRoleReply(Reply):
    """How many assignments were taken away; those that were not there do not count."""

    message: str = ""
    revoked: int


class RevokeRole(Request[RevokeRoleReply]):
    """Take roles away from accounts; all of it or nothing.

    With `lab_id` what counts in that lab, otherwise what counts everywhere. The primary
    role is changed with `update_user`.
    """

    user_ids: Accounts
    roles: Roles
    lab_id: LabId | None = None
    reason: Reason = ""


class PermissionDecision(BaseModel):
    """Whether one permission is there, and what decided.

    `by` is `administrator`, `granted` (`sources` allow it), `denied` (`sources` deny
    it), `missing` (nothing allows it), `inactive` (the account is not active) or
    `scope` (the key leaves it out).
    """

    permission: str
    allowed: bool
    by: str
    sources: list[Source]


class CheckPermissionReply(Reply):
    """The answer for `mode`, and for each permission.

    `granted_by_roles` and `denied_reason` sum up the decisions.
    """

    has_permission: bool
    missing: list[str]
    decisions: list[PermissionDecision]
    granted_by_roles: list[str]
    denied_reason: str | None = None


class CheckPermission(Request[CheckPermissionReply]):
    """Ask whether you, or another account, may do something: in a lab, or everywhere.

    The names may be the service's or your own programs'. Others' accounts are for those
    who may read them.
    """

    user_id: UserId | None = None
    permissions: Annotated[
        list[PermissionName], Field(min_length=1, max_length=CHECKED_MAX)
    ]
    mode: Literal["all", "any"] = "all"
    lab_id: LabId | None = None


class RoleHeld(BaseModel):
    """A role that an account has. The primary one counts everywhere and never ends."""

    role: str
    primary: bool
    active: bool
    lab_id: str | None = None
    expires_at: str | None = None
    reason: str = ""
    assigned_by: str | None = None
    assigned_at: str | None = None


class GetUserPermissionsReply(Reply):
    """All that an account may do, and why.

    `effective_permissions` count everywhere, `per_lab` in each lab in addition;
    `sources` of each permission are in `permission_details`. Administrators may do
    everything, named here or not.
    """

    user_id: str
    active: bool
    is_admin: bool
    roles: list[RoleHeld]
    effective_permissions: list[str]
    per_lab: dict[str, list[str]]
    permission_details: list[PermissionDecision]
    computed_at: str


class GetUserPermissions(Request[GetUserPermissionsReply]):
    """Read what you, or another account, may do: everywhere and by lab.

    With `lab_id` only that lab's part of `per_lab`.
    """

    user_id: UserId | None = None
    lab_id: LabId | None = None
