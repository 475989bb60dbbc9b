"""Messages about roles that people ask for."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ums_client.protocol.fields import UserId
from ums_client.protocol.granted import Days, LabId, Reason, RoleName, Time
from ums_client.protocol.limits import PAGE_SIZE_MAX
from ums_client.protocol.message import Reply, Request

RequestId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-f]+$")]
State = Literal["pending", "approved", "refused", "withdrawn", "expired"]


class RoleRequestView(BaseModel):
    """A role that somebody asked for. Times are ISO 8601 in UTC.

    It waits until `answer_by`; `wanted_days` counts from the answer.
    """

    role_request_id: str
    user_id: str
    username: str
    role: str
    lab_id: str | None
    reason: str
    wanted_days: int | None
    state: State
    asked_at: str
    answer_by: str
    decided_by: str | None = None
    decided_at: str | None = None
    decision_reason: str = ""


class RequestRoleReply(Reply):
    """The request waits for somebody who may assign the role."""

    message: str = ""
    request: RoleRequestView


class RequestRole(Request[RequestRoleReply]):
    """Ask for a role, for some days or for good, with the reason."""

    role: RoleName
    reason: Annotated[Reason, Field(min_length=5)]
    wanted_days: Days | None = None
    lab_id: LabId | None = None


class ListRoleRequestsReply(Reply):
    """A page of requests, the newest first; `total` counts all."""

    requests: list[RoleRequestView]
    total: int
    page: int
    page_size: int


class ListRoleRequests(Request[ListRoleRequestsReply]):
    """List your own requests and those that you may decide."""

    user_id: UserId | None = None
    state: State | None = None
    role: RoleName | None = None
    page: Annotated[int, Field(ge=1)] = 1
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX


class DecideRoleRequestReply(Reply):
    """The request as it is now; with an approval the role counts at once."""

    message: str = ""
    request: RoleRequestView


class DecideRoleRequest(Request[DecideRoleRequestReply]):
    """Approve or refuse a request, with a reason. Nobody decides on their own.

    The role is given until the end that is named here, or else for the days that were
    wanted.
    """

    user_id: UserId
    role_request_id: RequestId
    decision: Literal["approve", "refuse"]
    reason: Annotated[Reason, Field(min_length=1)]
    expires_at: Time | None = None
    expires_in_days: Days | None = None


class WithdrawRoleRequestReply(Reply):
    """The request as it is now."""

    message: str = ""
    request: RoleRequestView


class WithdrawRoleRequest(Request[WithdrawRoleRequestReply]):
    """Take back a request of your own that waits."""

    role_request_id: RequestId
