"""Messages about who is a member of a lab, and what as."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from ums_client.protocol.fields import LabId, Name, UserId
from ums_client.protocol.limits import PAGE_SIZE_MAX
from ums_client.protocol.message import Reply, Request

LabRole = Literal["viewer", "member", "admin"]


class Member(BaseModel):
    """An account as a member of a lab."""

    user_id: str
    username: str
    full_name: str = ""
    email: str = ""
    role: str
    is_active: bool
    joined_at: str


class MembershipInLab(BaseModel):
    """A lab as one of an account's."""

    lab_id: str
    name: str
    code: str
    role: str
    is_active: bool
    joined_at: str


class ListLabMembersReply(Reply):
    """Members in the order of their ids.

    With `next_cursor` there may be more, even where this page is short or empty: the
    service reads only so many for one request.
    """

    members: list[Member]
    next_cursor: str | None = None


class ListLabMembers(Request[ListLabMembersReply]):
    """List the members of a lab, as one of them or with `labs.manage`."""

    lab_id: LabId
    role: LabRole | None = None
    include_inactive: bool = False
    limit: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = 50
    cursor: UserId | None = None


class AddLabMemberReply(Reply):
    """The membership as it is now."""

    message: str = ""
    membership: Member


class AddLabMember(Request[AddLabMemberReply]):
    """Make an account a member of a lab, with `lab.users.invite` there.

    The account is named by one of its id, its user name and its mail address. Nobody
    gives a role with more than they have in the lab themselves.
    """

    lab_id: LabId
    user_id: UserId | None = None
    username: Name | None = None
    email: Name | None = None
    role: LabRole = "member"


class UpdateLabMemberReply(AddLabMemberReply):
    """The membership after the change."""


class UpdateLabMember(Request[UpdateLabMemberReply]):
    """Change what a member is in a lab, with `lab.roles.assign` there.

    A membership that is not active counts for nothing until it is active again. The
    last administrator of a lab stays one, save by `labs.manage`.
    """

    lab_id: LabId
    user_id: UserId
    role: LabRole | None = None
    is_active: bool | None = None


class RemoveLabMemberReply(Reply):
    """The membership has ended, with all that was granted in the lab."""

    message: str = ""


class RemoveLabMember(Request[RemoveLabMemberReply]):
    """Take a member out of a lab with `lab.users.remove` there, or leave it yourself.

    The last administrator of a lab cannot be removed or leave, save by `labs.manage`.
    """

    lab_id: LabId
    user_id: UserId | None = None


class GetUserLabsReply(Reply):
    """Memberships, as far as the caller may see the labs."""

    memberships: list[MembershipInLab]


class GetUserLabs(Request[GetUserLabsReply]):
    """Your own memberships that count, or those of somebody else with `users.read`.

    Who has that in some labs only is told of the memberships in these.
    """

    user_id: UserId | None = None
