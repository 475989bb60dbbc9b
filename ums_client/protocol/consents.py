"""Messages about what people have consented to."""

from typing import Annotated

from pydantic import BaseModel, Field, StringConstraints

from ums_client.protocol.fields import ShortText, UserId
from ums_client.protocol.message import Reply, Request

ConsentType = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
"""`terms`, `privacy`, `marketing`, or one of the client's own."""


class GivenConsent(BaseModel):
    """One answer: `granted`, declined or withdrawn. Times are ISO 8601 in UTC."""

    type: str
    version: str
    granted: bool
    at: str
    source: str
    set_by: str


class WantedConsent(BaseModel):
    """A consent that everybody must give, and this person has not, or not to this."""

    type: str
    version: str


class GetConsentsReply(Reply):
    """The newest answer of each type, those that are missing, and all of before."""

    consents: list[GivenConsent]
    missing: list[WantedConsent] = Field(default_factory=list)
    history: list[GivenConsent] = Field(default_factory=list)


class GetConsents(Request[GetConsentsReply]):
    """Read consents: your own, or another's with users.read."""

    user_id: UserId | None = None


class SetConsentReply(Reply):
    """The answer, durably."""

    message: str = ""
    consent: GivenConsent
    missing: list[WantedConsent] = Field(default_factory=list)


class SetConsent(Request[SetConsentReply]):
    """Grant a consent, or withdraw it (`granted` false): your own.

    With users.update another's withdrawal can be noted, never a grant. Without a
    `version` it is the one that is asked for. `source` says where it was given.
    """

    user_id: UserId | None = None
    type: ConsentType
    granted: bool
    version: Annotated[ShortText, Field(max_length=32)] | None = None
    source: Annotated[ShortText, Field(max_length=64)] = ""
