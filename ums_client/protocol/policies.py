"""Messages about what is asked of accounts: by the service, and by labs beyond that."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from ums_client.protocol.fields import LabId, ShortText
from ums_client.protocol.limits import POLICY_ADDRESSES_MAX
from ums_client.protocol.message import Reply, Request

_DAY_S = 86_400


class GetPolicyReply(Reply):
    """`policy` is what holds, durations in seconds; null is no limit.

    Of a lab, `own` are the values that it has set, and `addresses` the networks from
    which its members may log in; an empty list is everywhere.
    """

    policy: dict[str, JsonValue]
    own: dict[str, JsonValue] | None = None
    addresses: list[str] | None = None


class GetPolicy(Request[GetPolicyReply]):
    """Read what the service asks of all accounts, or a lab of its members.

    An account is held to the strictest of each value, of the service and of all labs
    that it is an active member of.
    """

    lab_id: LabId | None = None


class UpdatePolicyReply(Reply):
    """The change is durable, and holds from the next login or password on."""

    message: str = ""
    policy: dict[str, JsonValue]
    own: dict[str, JsonValue]
    addresses: list[str]


class UpdatePolicy(Request[UpdatePolicyReply]):
    """Ask more of the members of a lab than the service does, after a recent proof.

    No value may ask for less than the service. Who has `lab.settings.edit` in the lab
    can tighten what holds now; with `policy.manage` values can be taken back to those of
    the service, with null, and `addresses` be set.
    """

    lab_id: LabId
    password_chars_min: Annotated[int, Field(ge=1, le=64)] | None = None
    password_classes: bool | None = None
    password_common: Literal["off", "whole", "part"] | None = None
    password_personal: bool | None = None
    password_runs: bool | None = None
    password_history: Annotated[int, Field(ge=0, le=20)] | None = None
    password_expires_s: Annotated[int, Field(ge=_DAY_S, le=3_650 * _DAY_S)] | None = (
        None
    )
    mfa_required: Literal["off", "administrators", "everybody"] | None = None
    device_spares_factor: bool | None = None
    session_s: Annotated[int, Field(ge=900)] | None = None
    session_idle_s: Annotated[int, Field(ge=300)] | None = None
    sessions_per_user: Annotated[int, Field(ge=1, le=100)] | None = None
    addresses: (
        Annotated[list[ShortText], Field(max_length=POLICY_ADDRESSES_MAX)] | None
    ) = None
