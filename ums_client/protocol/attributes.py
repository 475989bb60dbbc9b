"""Messages about attributes: what programs of labs ask for, and who has it."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ums_client.protocol.fields import ShortText, Text, UserId
from ums_client.protocol.granted import AttributeName, Days, LabId, Source, Time
from ums_client.protocol.limits import CHECKED_MAX, PAGE_SIZE_MAX
from ums_client.protocol.message import Reply, Request

Category = Literal["lab", "system", "billing", "reports", "admin"]
LabRole = Literal["viewer", "member", "admin"]


class AttributeView(BaseModel):
    """An attribute; one that is not active counts for nothing."""

    name: str
    category: Category
    display_name: str
    description: str
    active: bool
    built_in: bool


class ListAttributesReply(Reply):
    """The attributes that were asked for, by name."""

    attributes: list[AttributeView]
    total: int


class ListAttributes(Request[ListAttributesReply]):
    """List the attributes there are: all, of a category, or one by its name."""

    category: Category | None = None
    name: AttributeName | None = None
    include_inactive: bool = False


class SaveAttributeReply(Reply):
    """The attribute as it is now."""

    attribute: AttributeView
    created: bool


class SaveAttribute(Request[SaveAttributeReply]):
    """Make an attribute, or change one of that name: fields that are left out stay.

    A new one is of the category that its name begins with, unless another is given.
    """

    name: AttributeName
    category: Category | None = None
    display_name: ShortText | None = None
    description: Annotated[Text, Field(max_length=500)] | None = None
    active: bool | None = None


class DeleteAttributeReply(Reply):
    """The attribute is gone, and with it what was granted of it."""

    message: str = ""


class DeleteAttribute(Request[DeleteAttributeReply]):
    """Delete an attribute that somebody made; those of the service can be inactive."""

    name: AttributeName


class RoleAttribute(BaseModel):
    """An attribute of a role; `scope` says whether the lab itself has set it so."""

    name: str
    scope: Literal["system", "lab"]


class RoleAttributes(BaseModel):
    """What a role of labs has, and what this scope has taken from it."""

    role: LabRole
    attributes: list[RoleAttribute]
    taken: list[str]


class ListRoleAttributesReply(Reply):
    """The roles of a lab, or of labs in general, with their attributes."""

    roles: list[RoleAttributes]


class ListRoleAttributes(Request[ListRoleAttributesReply]):
    """List what the roles of a lab have; without `lab_id` what they have in all labs."""

    lab_id: LabId | None = None


class SetRoleAttributeReply(Reply):
    """What the role has now."""

    role: RoleAttributes


class SetRoleAttribute(Request[SetRoleAttributeReply]):
    """Let a role of one lab, or of all labs, have an attribute or not.

    What a lab sets counts there, whatever is set for all. Nobody gives what they lack.
    """

    role: LabRole
    attribute: AttributeName
    granted: bool
    lab_id: LabId | None = None


class GrantedAttributeView(BaseModel):
    """An attribute that an account was given in a lab, beside those of its role."""

    name: str
    granted_by: str
    granted_at: str
    expires_at: str | None
    is_expired: bool


class UserAttributes(BaseModel):
    """What one member was given."""

    user_id: str
    username: str
    attributes: list[GrantedAttributeView]


class ListUserAttributesReply(Reply):
    """A page of the members who were given attributes; `total` counts all of them."""

    users: list[UserAttributes]
    total: int
    page: int
    page_size: int


class ListUserAttributes(Request[ListUserAttributesReply]):
    """List what members of a lab, or one of them, were given beside their roles."""

    lab_id: LabId
    user_id: UserId | None = None
    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX


class GrantUserAttributeReply(Reply):
    """The grant as it is now."""

    message: str = ""
    grant: GrantedAttributeView


class GrantUserAttribute(Request[GrantUserAttributeReply]):
    """Give a member of a lab an attribute there; a grant that is there gets the new end.

    Nobody gives what they lack, nor for longer than they have it.
    """

    lab_id: LabId
    user_id: UserId
    attribute: AttributeName
    expires_at: Time | None = None
    expires_in_days: Days | None = None


class RevokeUserAttributeReply(Reply):
    """The grant is gone."""

    message: str = ""


class RevokeUserAttribute(Request[RevokeUserAttributeReply]):
    """Take back an attribute that an account was given in a lab."""

    lab_id: LabId
    user_id: UserId
    attribute: AttributeName


class GetEffectiveAttributesReply(Reply):
    """All attributes that an account has in a lab, from wherever.

    Where it has no part in the lab, or there is none, the list is empty and nothing is
    told of the lab.
    """

    user_id: str
    username: str
    is_admin: bool
    attributes: list[str]
    lab_name: str | None
    lab_code: str | None
    membership_role: str | None


class GetEffectiveAttributes(Request[GetEffectiveAttributesReply]):
    """Read the attributes that you, or another account, have in a lab."""

    lab_id: LabId
    user_id: UserId | None = None


class AttributeDecision(BaseModel):
    """Whether one attribute is there, and what decided: see `check_permission`.

    `by` is `no_lab` too, where the lab is not there or not active, and `unknown` where
    no attribute of that name is active.
    """

    attribute: str
    allowed: bool
    by: str
    sources: list[Source]


class AuthorizeReply(Reply):
    """Whether the attributes are there. In any doubt they are not.

    `reason` is that of the first decision that made the answer. Where the account has
    no part in the lab, or there is none, nothing is told of the lab.
    """

    has_access: bool
    reason: str
    granted_attributes: list[str]
    missing_attributes: list[str]
    all_user_attributes: list[str]
    is_system_admin: bool
    lab_name: str | None
    membership_role: str | None
    decisions: list[AttributeDecision]


class Authorize(Request[AuthorizeReply]):
    """Ask whether you, or another account, have attributes in a lab: all or any."""

    lab_id: LabId
    user_id: UserId | None = None
    required_attributes: Annotated[
        list[AttributeName], Field(min_length=1, max_length=CHECKED_MAX)
    ]
    mode: Literal["all", "any"] = "all"
