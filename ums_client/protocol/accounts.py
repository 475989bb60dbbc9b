"""Messages about accounts: create, read, change, delete and list them."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from ums_client.protocol.fields import (
    Metadata,
    Name,
    Password,
    ShortText,
    Text,
    UserId,
)
from ums_client.protocol.message import Reply, Request
from ums_client.protocol.paging import Paged
from ums_client.protocol.personal import (
    Contact,
    GivenRole,
    OwnLab,
    PersonFields,
    Preferences,
    Profile,
    Security,
    UserType,
)

Section = Literal["profile", "contact", "preferences", "roles", "labs", "security"]


class User(Reply):
    """An account. Text that was never given is empty; times are ISO 8601 in UTC.

    `user_id` never changes; under the profile `compat` it is not shown.
    """

    username: str
    email: str = ""
    full_name: str = ""
    phone: str = ""
    address: str = ""
    city: str = ""
    country: str = ""
    postal_code: str = ""
    date_of_birth: str = ""
    role: str = "user"
    status: str = "active"
    created_at: str = ""
    updated_at: str = ""
    last_login: str | None = None
    notes: str = ""
    metadata: dict[str, object] = Field(default_factory=dict)
    user_id: str = ""
    email_verified: bool = False
    must_change_password: bool = False
    locked_down: bool = False


class ListedUser(User):
    """An account in a list: whole for administrators; name and role for others."""


class CreateUserReply(Reply):
    """The account exists, durably. No session is opened."""

    message: str = ""
    username: str
    email: str
    user_id: str = ""
    temporary_password: str | None = Field(default=None, repr=False)
    """Shown once, to the administrator who asked for it; it must be changed."""
    ignored: list[str] = Field(default_factory=list)


class CreateUser(PersonFields[CreateUserReply]):
    """Make an account: anybody where registration is open, or an administrator.

    Only an administrator may give a `role` or `user_type`, or have the service make up
    a password (`generate_password`) that is good for the first login only.

    With `auto_activate` false, for administrators too, the account is `pending` until
    its owner takes it up with the token of a mail (`activate_account`); it may be made
    without a password then.
    """

    wrapper: ClassVar[str | None] = "user_data"
    aliases: ClassVar[Mapping[str, str]] = {
        **PersonFields.aliases,
        "privacy_consent": "privacy_accepted",
    }
    original: ClassVar[bool] = True

    username: Name | None = None
    email: Name | None = None
    password: Password | None = Field(default=None, repr=False)
    role: ShortText | None = None
    user_type: UserType | None = None
    metadata: Metadata | None = None
    generate_password: bool = False
    terms_accepted: bool = False
    privacy_accepted: bool = False
    marketing_consent: bool = False
    auto_activate: bool = True


class GetUserReply(Reply):
    """The account as it is on disk, with the sections that were asked for.

    Of labs, and of what was given in them, only those are told that the caller may
    know of.
    """

    user: User
    profile: Profile | None = None
    contact: Contact | None = None
    preferences: Preferences | None = None
    roles: list[GivenRole] | None = None
    labs: list[OwnLab] | None = None
    security: Security | None = None
    ignored: list[str] = Field(default_factory=list)


class GetUser(Request[GetUserReply]):
    """Read an account: your own, or with the permission any other.

    It is named by one of the fields. Who may not read others learns nothing of whether
    there is such a name.
    """

    original: ClassVar[bool] = True

    user_id: UserId | None = None
    username: Name | None = None
    email: Name | None = None
    include: list[Section] | None = Field(default=None, max_length=6)


class UpdateUserReply(Reply):
    """The account as it is on disk after the change.

    `pending_email` is a new address that has to be verified before it counts.
    """

    message: str = ""
    user: User
    pending_email: str = ""
    ignored: list[str] = Field(default_factory=list)


class UpdateUser(PersonFields[UpdateUserReply]):
    """Change an account: your own, or as an administrator any other.

    A new password always needs the current one, and ends the account's other
    sessions. A new name or address needs it where the last login was long ago.
    Only an administrator may change `role`, `status`, `user_type` and `metadata`.
    """

    wrapper: ClassVar[str | None] = "update_data"
    outer: ClassVar[frozenset[str]] = frozenset({"user_id"})
    original: ClassVar[bool] = True

    user_id: UserId | None = None
    username: Name | None = None
    email: Name | None = None
    password: Password | None = Field(default=None, repr=False)
    current_password: Password | None = Field(default=None, repr=False)
    role: ShortText | None = None
    status: ShortText | None = None
    user_type: UserType | None = None
    metadata: Metadata | None = None


class DeleteUserReply(Reply):
    """The account and all its sessions have ended; its name and address are free."""

    message: str = ""
    deleted_at: str = ""
    purge_after: str | None = None
    """Until then `restore_user` brings it back; None where it was erased."""
    ignored: list[str] = Field(default_factory=list)


class DeleteUser(Request[DeleteUserReply]):
    """Delete your own account, or with users.delete another.

    The password is always that of the caller. `soft`, the default, keeps the account
    for a while, for `restore_user`; `erase` leaves nothing of it, also of one that was
    deleted before: then only the `reason` stays, so name nobody in it.
    """

    original: ClassVar[bool] = True

    password: Password | None = Field(default=None, repr=False)
    user_id: UserId | None = None
    mode: Literal["soft", "erase"] = "soft"
    reason: Text | None = None


class ListUsersReply(Reply):
    """One page of accounts; `total` counts those on all pages.

    `truncated` says that there are more behind it.
    """

    users: list[ListedUser]
    count: int
    page: int | None = None
    page_size: int = 0
    total: int = 0
    pages: int = 0
    truncated: bool = False
    next_cursor: str | None = None
    ignored: list[str] = Field(default_factory=list)


class ListUsers(Paged[ListUsersReply]):
    """List the active accounts, in the order of their creation if not sorted.

    Without paging up to 1,000 come at once. `search` finds words in user names and full
    names, for those who may read accounts in mail addresses and companies, too; only
    they may list another `status`, sort by what is not shown to all, and go on by cursor.
    """

    original: ClassVar[bool] = True

    search: Text | None = None
    status: ShortText | None = None
    role: ShortText | None = None
