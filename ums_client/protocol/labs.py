"""Messages about labs: make, list, read, change, delete and count them."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ums_client.protocol.fields import LabId, Lines, ShortText, Text, UserId
from ums_client.protocol.limits import LAB_FEATURES_MAX, PAGE_SIZE_MAX
from ums_client.protocol.message import Reply, Request

Page = Annotated[int, Field(ge=1, le=1_000_000)]
PageSize = Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)]
Feature = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_.:-]{1,50}$")]


class Lab(BaseModel):
    """A lab. Neither `lab_id` nor `code` ever changes; times are ISO 8601 in UTC."""

    lab_id: str
    name: str
    code: str
    description: str = ""
    is_active: bool = True
    features: list[str] = Field(default_factory=list)
    created_at: str = ""
    updated_at: str = ""


class CreateLabReply(Reply):
    """The lab exists, durably."""

    message: str = ""
    lab: Lab


class CreateLab(Request[CreateLabReply]):
    """Make a lab; with `admin_user_id` that account is its first administrator.

    Names have 3 to 100 characters, codes 2 to 20 of A to Z, 0 to 9, `-` and `_`; no two
    labs share either.
    """

    name: Text
    code: ShortText
    description: Lines = ""
    admin_user_id: UserId | None = None


class ListLabsReply(Reply):
    """One page of labs in the order of their names; `total` is of all pages."""

    labs: list[Lab]
    total: int
    page: int
    page_size: int
    pages: int


class ListLabs(Request[ListLabsReply]):
    """List the labs you are a member of, or all of them with `labs.manage`.

    `search` is part of a name or code. Only with `labs.manage` are those shown that are
    not active.
    """

    search: ShortText | None = None
    include_inactive: bool = False
    page: Page = 1
    page_size: PageSize = 20


class GetLabReply(Reply):
    """The lab, and the role that you have in it, if any."""

    lab: Lab
    my_role: str | None = None


class GetLab(Request[GetLabReply]):
    """Read a lab by its id or code, as a member or with `labs.manage`.

    To who may not see it, a lab that there is and one that there is not are the same.
    """

    lab_id: LabId | None = None
    code: ShortText | None = None


class UpdateLabReply(Reply):
    """The lab after the change."""

    message: str = ""
    lab: Lab


class UpdateLab(Request[UpdateLabReply]):
    """Change a lab with `lab.settings.edit` in it; what is absent stays as it is.

    Only with `labs.manage` can `is_active` and `features` be changed. Nothing that was
    granted in a lab counts while it is not active.
    """

    lab_id: LabId
    name: Text | None = None
    description: Lines | None = None
    is_active: bool | None = None
    features: Annotated[list[Feature], Field(max_length=LAB_FEATURES_MAX)] | None = None


class DeleteLabReply(Reply):
    """The lab is gone, and nothing granted in it counts any more."""

    message: str = ""


class DeleteLab(Request[DeleteLabReply]):
    """Delete a lab with all memberships and grants in it; what was audited stays.

    `confirm_code` is the code of the lab.
    """

    lab_id: LabId
    confirm_code: ShortText


class GetLabStatisticsReply(Reply):
    """Counts of the accounts that are members of a lab.

    `active` and `by_role` count active memberships, `suspended` those of accounts that
    cannot log in, `admins` administrators who can, `recent_logins` members who logged in
    during the last 7 days, `recently_joined` those who joined in the same time.
    """

    members: int
    active: int
    suspended: int
    admins: int
    by_role: dict[str, int]
    recent_logins: int
    never_logged_in: int
    recently_joined: int


class GetLabStatistics(Request[GetLabStatisticsReply]):
    """Count the members of a lab, as one who administers it."""

    lab_id: LabId
