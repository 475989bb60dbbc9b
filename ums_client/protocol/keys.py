"""Messages about API keys: for programs that act for an account without a session."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ums_client.protocol.fields import Lines, ShortText, Text, UserId
from ums_client.protocol.limits import KEY_ADDRESSES_MAX, KEY_DAYS_MAX, KEY_SCOPES_MAX
from ums_client.protocol.message import Reply, Request

KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]
KeyName = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\w -]+$")
]
PermissionName = Annotated[
    str, StringConstraints(max_length=100, pattern=r"^[a-zA-Z0-9_:.-]+$")
]


class KeyView(BaseModel):
    """One API key, without the key. Times are ISO 8601 in UTC.

    `state` is `active`, `expired`, or `unused` where it was not used for too long.
    Uses are written down about once a minute.
    """

    key_id: str
    name: str
    description: str = ""
    scopes: list[str]
    addresses: list[str]
    created_at: str
    expires_at: str
    last_used_at: str | None = None
    last_address: str | None = None
    uses: int = 0
    state: str = "active"


class CreateApiKeyReply(Reply):
    """The key, shown this once, and what it is."""

    api_key: str = Field(repr=False)
    key: KeyView


class CreateApiKey(Request[CreateApiKeyReply]):
    """Make an API key for yourself, or for a service account; needs a recent proof.

    It can do what its `scopes` name and its account may, and nothing about passwords,
    factors, sessions and keys. `addresses` limits where it is used from, to addresses
    or networks.
    """

    name: KeyName
    description: Text = ""
    scopes: Annotated[
        list[PermissionName], Field(min_length=1, max_length=KEY_SCOPES_MAX)
    ]
    expires_in_days: Annotated[int, Field(ge=1, le=KEY_DAYS_MAX)] | None = None
    addresses: (
        Annotated[list[ShortText], Field(max_length=KEY_ADDRESSES_MAX)] | None
    ) = None
    user_id: UserId | None = None


class ListApiKeysReply(Reply):
    """The keys of the account, without the keys themselves."""

    keys: list[KeyView]
    count: int


class ListApiKeys(Request[ListApiKeysReply]):
    """List your API keys, or with the permission those of another account."""

    user_id: UserId | None = None


class RevokeApiKeyReply(Reply):
    """The key counts for nothing from now on."""

    message: str = ""


class RevokeApiKey(Request[RevokeApiKeyReply]):
    """End an API key of yours, or with the permission one of another account."""

    key_id: KeyId
    user_id: UserId | None = None


class RotateApiKeyReply(CreateApiKeyReply):
    """The new key, shown this once, and what it is."""


class RotateApiKey(Request[RotateApiKeyReply]):
    """Put a new key in the place of an old one, which ends; needs a recent proof.

    Name, scopes and addresses stay, and so does how long it is good.
    """

    key_id: KeyId
    user_id: UserId | None = None


class CreateServiceAccountReply(Reply):
    """The account is there; nobody can log in to it, keys can be made for it."""

    user_id: str
    username: str


class CreateServiceAccount(Request[CreateServiceAccountReply]):
    """Make an account for a program: it has no password, only API keys."""

    username: ShortText
    description: Lines = ""
