"""Messages about invitations: somebody is asked to make an account, or to join a lab."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from ums_client.protocol.fields import Name, Password, Secret, ShortText, Text
from ums_client.protocol.limits import (
    INVITATION_DAYS_MAX,
    INVITED_ROLES_MAX,
    PAGE_SIZE_MAX,
)
from ums_client.protocol.message import Reply, Request

InvitationId = Annotated[str, StringConstraints(max_length=64, pattern=r"^[\w-]*$")]
InvitationCursor = Annotated[str, StringConstraints(max_length=64)]
Days = Annotated[int, Field(ge=1, le=INVITATION_DAYS_MAX)]
InvitationState = Literal["pending", "accepted", "declined", "cancelled", "expired"]


class InvitationView(BaseModel):
    """One invitation. Times are ISO 8601 in UTC."""

    invitation_id: str
    email: str
    first_name: str = ""
    last_name: str = ""
    roles: list[str]
    lab_id: str | None = None
    lab_role: str | None = None
    message: str = ""
    state: InvitationState
    invited_by: str
    created_at: str
    expires_at: str
    answered_at: str | None = None


class InviteUserReply(Reply):
    """The invitation; its token, shown this once, where no mail was to be sent."""

    invitation: InvitationView
    token: str | None = Field(default=None, repr=False)


class InviteUser(Request[InviteUserReply]):
    """Invite somebody by their mail address, with what they are to be given.

    `lab_id` invites into a lab, as `lab_role`. Nobody gives more than they have. Without
    `send_email` the reply has the token, to be handed over in another way.
    """

    email: Name
    first_name: ShortText = ""
    last_name: ShortText = ""
    roles: Annotated[list[ShortText], Field(max_length=INVITED_ROLES_MAX)] | None = None
    lab_id: InvitationId | None = None
    lab_role: Literal["viewer", "member", "admin"] | None = None
    expires_in_days: Days | None = None
    message: Text = ""
    send_email: bool = True


class ListInvitationsReply(Reply):
    """A page of invitations; `next_cursor` asks for the next."""

    invitations: list[InvitationView]
    next_cursor: str | None = None


class ListInvitations(Request[ListInvitationsReply]):
    """List the invitations that you made, those into a lab, or with `all` every one."""

    state: InvitationState | None = None
    lab_id: InvitationId | None = None
    all: bool = False
    page_size: Annotated[int, Field(ge=1, le=PAGE_SIZE_MAX)] = PAGE_SIZE_MAX
    cursor: InvitationCursor | None = None


class ResendInvitationReply(InviteUserReply):
    """The invitation with its new end; a token where no mail was to be sent."""


class ResendInvitation(Request[ResendInvitationReply]):
    """Send an open or expired invitation again; its time begins anew.

    Tokens that were sent before stay good. Without `send_email` the reply has a token.
    """

    invitation_id: InvitationId
    expires_in_days: Days | None = None
    send_email: bool = True


class CancelInvitationReply(Reply):
    """The invitation is over; its tokens count for nothing."""

    message: str = ""


class CancelInvitation(Request[CancelInvitationReply]):
    """Take an invitation back."""

    invitation_id: InvitationId


class GetInvitationReply(Reply):
    """What the holder of the token is invited to."""

    email: str
    first_name: str = ""
    last_name: str = ""
    inviter: str
    lab_name: str | None = None
    lab_role: str | None = None
    roles: list[str]
    message: str = ""
    expires_at: str
    has_account: bool


class GetInvitation(Request[GetInvitationReply]):
    """Read an invitation by its token.

    `has_account` tells that there is an account with the address: it accepts logged in.
    """

    token: Secret = Field(repr=False)


class AcceptInvitationReply(Reply):
    """The account, new or the caller's, has what it was invited to."""

    message: str = ""
    user_id: str
    username: str


class AcceptInvitation(Request[AcceptInvitationReply]):
    """Accept an invitation: make the account, or logged in join with the one you have.

    A new account takes the consents that a registration takes.
    """

    token: Secret = Field(repr=False)
    username: Name | None = None
    password: Password | None = Field(default=None, repr=False)
    full_name: ShortText = ""
    terms_accepted: bool = False
    privacy_accepted: bool = False
    marketing_consent: bool = False


class DeclineInvitationReply(CancelInvitationReply):
    """The invitation is over; its tokens count for nothing."""


class DeclineInvitation(Request[DeclineInvitationReply]):
    """Decline an invitation; whoever made it sees that."""

    token: Secret = Field(repr=False)
