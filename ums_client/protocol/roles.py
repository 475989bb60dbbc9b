"""Messages about roles: what they allow and deny."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ums_client.protocol.fields import ShortText, Text
from ums_client.protocol.granted import PermissionName, RoleName, Roles, Time
from ums_client.protocol.limits import (
    CHECKED_MAX,
    PAGE_SIZE_MAX,
    ROLE_PERMISSIONS_MAX,
    SET_PERMISSIONS_MAX,
)
from ums_client.protocol.message import Reply, Request

Permissions = Annotated[list[PermissionName], Field(max_length=ROLE_PERMISSIONS_MAX)]
Category = Literal["system", "admin", "user", "custom"]


class RoleHolder(BaseModel):
    """An account that has the role, as the primary one or in addition."""

    user_id: str
    username: str
    lab_id: str | None = None
    expires_at: str | None = None


class RoleView(BaseModel):
    """A role. Times are ISO 8601 in UTC.

    `permissions` and `denied` are its own, `inherited` what its parents allow and
    neither they nor it deny; `ends` tells when single permissions end by themselves.
    These, `children` and `users` are there where they were asked for; `users` has the
    first of `user_count` accounts.
    """

    name: str
    display_name: str
    description: str
    category: Category
    parent: str | None
    built_in: bool
    template: bool
    default: bool = False
    active: bool
    created_at: str
    updated_at: str
    permissions: list[str] | None = None
    denied: list[str] | None = None
    inherited: list[str] | None = None
    ends: dict[str, str] | None = None
    children: list[str] | None = None
    users: list[RoleHolder] | None = None
    user_count: int | None = None


class ListRolesReply(Reply):
    """A page of the roles that were asked for; `total` counts all of them."""

    roles: list[RoleView]
    total: int
    page: int
    page_size: int


class ListRoles(Request[ListRolesReply]):
    """List roles: all that meet what is given, or one by its name.

    What they contain, and who has them (`users`, with `name` only), is for those who
    manage roles. `template` lists what new roles can be made `like`; templates are left
    out otherwise. `query` is part of a name or description.
    """

    name: RoleName | None = None
    query: ShortText | None = None
    category: Category | None = None
    parent: RoleName | None = None
    active: bool | None = None
    built_in: bool | None = None
    template: bool = False
    default: bool | None = None
    has_permissions: Annotated[
        list[PermissionName] | None, Field(max_length=CHECKED_MAX)
    ] = None
    include: Annotated[
        list[Literal["permissions", "children", "users"]] | None, Field(max_length=3)
    ] = None
    sort_by: Literal["name", "created_at", "updated_at"] = "name"
    sort_order: Literal["asc", "desc"] = "asc"
    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX


class SaveRoleReply(Reply):
    """The role as it is now."""

    role: RoleView
    created: bool


class SaveRole(Request[SaveRoleReply]):
    """Make a role, or change one of that name: fields that are left out stay.

    A new one can begin `like` a template or another role. An empty `parent` takes it
    out of the tree. An inactive role gives nothing, to those who have it and to roles
    below it. A `default` one is given to every account that somebody makes or registers
    from then on, not to those of imports and programs. Nobody touches a role that allows or denies what they lack.
    """

    name: RoleName
    display_name: ShortText | None = None
    description: Text | None = None
    category: Literal["admin", "user", "custom"] | None = None
    parent: RoleName | Literal[""] | None = None
    permissions: Permissions | None = None
    denied: Permissions | None = None
    active: bool | None = None
    template: bool | None = None
    default: bool | None = None
    like: RoleName | None = None


class DeleteRoleReply(Reply):
    """The role is gone; one of the same name that is made later is another."""

    message: str = ""


class DeleteRole(Request[DeleteRoleReply]):
    """Delete a role that nobody has and that is no parent."""

    name: RoleName


class PermissionView(BaseModel):
    """A permission: `group` is its name up to the last dot or colon.

    `allowed_by` and `denied_by` name the roles that do so themselves; they are for
    those who manage roles.
    """

    name: str
    group: str
    built_in: bool
    allowed_by: list[str] | None = None
    denied_by: list[str] | None = None


class ListPermissionsReply(Reply):
    """Permissions of the service, and those of other programs that roles name."""

    permissions: list[PermissionView]
    groups: list[str]
    total: int
    page: int
    page_size: int


class ListPermissions(Request[ListPermissionsReply]):
    """List permissions: those of the service, and all that roles name beside them.

    `groups` of the reply has the groups of all of them. Names that only roles name are
    for those who manage roles.
    """

    query: ShortText | None = None
    group: ShortText | None = None
    built_in: bool | None = None
    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX


class SetRolePermissionsReply(Reply):
    """How many permissions of roles are other than before."""

    message: str = ""
    changed: int


class SetRolePermissions(Request[SetRolePermissionsReply]):
    """Let roles allow or deny permissions, or neither (`revoke`).

    With `expires_at` the roles name them until then only.
    """

    roles: Roles
    permissions: Annotated[
        list[PermissionName], Field(min_length=1, max_length=SET_PERMISSIONS_MAX)
    ]
    effect: Literal["allow", "deny", "revoke"]
    expires_at: Time | None = None
