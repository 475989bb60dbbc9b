"""Messages about passkeys (WebAuthn): enrol one, and log in with one alone.

Options and answers are the JSON forms of WebAuthn level 3, as browsers read and write
them; binary values in them are base64url.
"""

from typing import Annotated

from pydantic import Field, JsonValue

from ums_client.protocol.factors import ConfirmMfaReply
from ums_client.protocol.fields import Code, Password, Secret, ShortText
from ums_client.protocol.message import Reply, Request
from ums_client.protocol.sessions import LoginReply, OpensSession


class BeginPasskeyEnrolmentReply(Reply):
    """What to hand to the authenticator (PublicKeyCredentialCreationOptionsJSON)."""

    setup_token: str = Field(repr=False)
    options: dict[str, JsonValue]


class BeginPasskeyEnrolment(Request[BeginPasskeyEnrolmentReply]):
    """Begin to enrol a passkey as a second factor.

    With a session, or with the `mfa_setup_token` of a login that was answered
    MFA_SETUP_REQUIRED; the password is needed either way, and a `code` as for
    `setup_mfa`.
    """

    password: Password = Field(repr=False)
    code: Code | None = Field(default=None, repr=False)
    device_name: ShortText | None = None
    mfa_setup_token: Secret | None = Field(default=None, repr=False)


class FinishPasskeyEnrolmentReply(ConfirmMfaReply):
    """The passkey counts from now on, as after `confirm_mfa`."""


class FinishPasskeyEnrolment(Request[FinishPasskeyEnrolmentReply]):
    """Finish with what the authenticator answered (RegistrationResponseJSON)."""

    setup_token: Secret = Field(repr=False)
    credential: dict[str, JsonValue] = Field(repr=False)


class BeginPasskeyLoginReply(Reply):
    """What to hand to the authenticator (PublicKeyCredentialRequestOptionsJSON)."""

    mfa_token: str = Field(repr=False)
    options: dict[str, JsonValue]


class BeginPasskeyLogin(Request[BeginPasskeyLoginReply]):
    """Begin a login by passkey alone: no name, no password."""


class FinishPasskeyLoginReply(LoginReply):
    """The session is open, as after a login with a password."""


class FinishPasskeyLogin(OpensSession[FinishPasskeyLoginReply]):
    """Finish with what the authenticator answered (AuthenticationResponseJSON).

    It must have verified its user, by PIN or finger.
    """

    mfa_token: Secret = Field(repr=False)
    assertion: dict[str, JsonValue] = Field(repr=False)


class RenamePasskeyReply(Reply):
    """The passkey has the new name, durably."""

    message: str = ""
    name: str


class RenamePasskey(Request[RenamePasskeyReply]):
    """Give a passkey of yours another name; `get_mfa_status` tells its `credential_id`."""

    credential_id: ShortText
    name: Annotated[ShortText, Field(min_length=1)]
