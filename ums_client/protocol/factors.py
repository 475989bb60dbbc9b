"""Messages about second factors: set up, confirm, use, list and remove them."""

from pydantic import Field, JsonValue

from ums_client.protocol.fields import Code, Password, Secret, ShortText, UserId
from ums_client.protocol.message import Reply, Request
from ums_client.protocol.sessions import LoginReply, OpensSession


class VerifyMfaReply(LoginReply):
    """The session is open, as after a login without a second factor."""


class VerifyMfa(OpensSession[VerifyMfaReply]):
    """Complete a login that was answered MFA_REQUIRED.

    With a `code`, of whatever method unless `method` is given, or with the `assertion`
    that a passkey made of `passkey_options`. It must come from where the login came.
    """

    mfa_token: Secret = Field(repr=False)
    code: Code | None = Field(default=None, repr=False)
    method: ShortText | None = None
    assertion: dict[str, JsonValue] | None = Field(default=None, repr=False)


class SetupMfaReply(Reply):
    """What to put into an authenticator; shown only now, and good once confirmed.

    `qr_code` is a PNG as data URI, `qr_text` the same for a dark terminal. For `sms` and
    `email` a code was sent instead, to the address that `hint` masks.
    """

    message: str = ""
    setup_token: str = Field(repr=False)
    secret: str = Field(default="", repr=False)
    otpauth_uri: str = Field(default="", repr=False)
    qr_code: str = Field(default="", repr=False)
    qr_text: str = Field(default="", repr=False)
    hint: str = ""
    expires_in: int | None = None


class SetupMfa(Request[SetupMfaReply]):
    """Begin to set up an authenticator for one-time codes (`totp`).

    Or codes by text message (`sms`, to `phone_number` or the account's) or mail
    (`email`, to the account's address), where the service can send them.

    With a session, or with the `mfa_setup_token` of a login that was answered
    MFA_SETUP_REQUIRED; the password is needed either way. An account that has a factor
    already proves it with `code`, unless it did so in the last minutes. Where there is
    an authenticator, the new one takes its place when it is confirmed.
    """

    method: ShortText
    password: Password = Field(repr=False)
    code: Code | None = Field(default=None, repr=False)
    device_name: ShortText | None = None
    phone_number: ShortText | None = None
    mfa_setup_token: Secret | None = Field(default=None, repr=False)


class ConfirmMfaReply(Reply):
    """The factor counts from now on; the account's other sessions have ended.

    With the first factor come the backup codes, shown only now.
    """

    message: str = ""
    mfa_enabled: bool
    backup_codes: list[str] = Field(default_factory=list, repr=False)
    sessions_ended: int = 0


class ConfirmMfa(Request[ConfirmMfaReply]):
    """Finish a set-up with a code that the authenticator shows, or that was sent."""

    setup_token: Secret = Field(repr=False)
    code: Code = Field(repr=False)


class SendMfaCodeReply(Reply):
    """A code is on its way to the address that `hint` masks; good for `expires_in` s."""

    message: str = ""
    hint: str
    expires_in: int


class SendMfaCode(Request[SendMfaCodeReply]):
    """Send a code (`sms` or `email`) for a login that was answered MFA_REQUIRED.

    A code that was sent before is void.
    """

    mfa_token: Secret = Field(repr=False)
    method: ShortText


class MfaMethod(Reply):
    """One second factor of an account. `credential_id` tells passkeys apart."""

    method: str
    name: str = ""
    enabled_at: str = ""
    last_used_at: str | None = None
    credential_id: str | None = None


class GetMfaStatusReply(Reply):
    """Which second factors an account has, and whether it must have one."""

    mfa_enabled: bool
    required: bool
    methods: list[MfaMethod]
    backup_codes_remaining: int


class GetMfaStatus(Request[GetMfaStatusReply]):
    """List the second factors: your own, or as an administrator of another."""

    user_id: UserId | None = None


class DisableMfaReply(Reply):
    """The factor is gone; `mfa_enabled` tells whether another is left."""

    message: str = ""
    mfa_enabled: bool
    sessions_ended: int = 0


class DisableMfa(Request[DisableMfaReply]):
    """Remove a second factor: `totp`, `passkey`, `sms` or `email`.

    Your own: with the password, and a `code` unless a factor was proved in the last
    minutes. `credential_id` removes one passkey and leaves the others. Without
    `method`, all go. The last factor of an account that must have one stays.

    An administrator removes those of another who has lost them, with a `reason`; that
    account's sessions end, and if it must have a factor, its next login sets one up.
    """

    method: ShortText | None = None
    credential_id: ShortText | None = None
    password: Password | None = Field(default=None, repr=False)
    code: Code | None = Field(default=None, repr=False)
    user_id: UserId | None = None
    reason: ShortText | None = None


class RegenerateBackupCodesReply(Reply):
    """New backup codes, shown only now; those of before are void."""

    message: str = ""
    backup_codes: list[str] = Field(repr=False)


class RegenerateBackupCodes(Request[RegenerateBackupCodesReply]):
    """Replace the backup codes.

    With the password, and a `code` unless a factor was proved in the last minutes.
    """

    password: Password = Field(repr=False)
    code: Code | None = Field(default=None, repr=False)
