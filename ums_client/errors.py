"""Every error that the client raises, in one tree.

    UmsError
     +- RequestRefused               the service answered, and said no
     |   +- InvalidRequest           one class for each code of the contract;
     |   +- InvalidCredentials       a reply without a known code is a plain
     |   +- ...                      RequestRefused
     +- NoAnswer                     no answer came; may_have_been_executed tells
     |   +- Unreachable              whether the request may have been done anyway
     |   +- NotAuthorised
     |   +- AnswerLost
     |   +- DeadlineExceeded
     +- InvalidReply                 the service answered what the contract forbids
     +- TokenRefused                 an access token does not hold; no service was asked
     |   +- UnknownSigningKey        fetch the keys again, then verify once more
     |   +- TokenExpired
     |   +- TokenRevoked
     |   +- RevocationsOutdated      fetch the list of revocations, from where it says
     +- Misuse                       the caller or its settings are wrong
         +- MessageTooLarge
         +- BadConfiguration
         +- ClientClosed

It knows what went wrong and carries what the caller needs next; it must not know
sockets, nor how an error is shown to people.
"""

from __future__ import annotations

from typing import Any, Final

from ums_client.protocol.errors import ErrorCode


class UmsError(Exception):
    """Root of all errors of the client.

    `retry_after` is in seconds, `incident` is what an operator looks up in the log of
    the service, `details` is whatever JSON the service sent with its refusal.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        details: Any = None,
        retry_after: float | None = None,
        incident: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.details = details
        self.retry_after = retry_after
        self.incident = incident
        self.request_id = request_id


class RequestRefused(UmsError):
    """The service answered with an error; the request was not done."""


class InvalidRequest(RequestRefused):
    """A field is missing or wrong; `details` names it."""


class UnknownAction(RequestRefused):
    """The service is older than this client, or serves another profile."""


class InvalidCredentials(RequestRefused):
    """Unknown user, wrong password or too many attempts: one answer for all."""


class InvalidSession(RequestRefused):
    """There is no live session: log in again."""


class InvalidToken(RequestRefused):
    """The token of the request is unknown, used, ended or expired."""


class AccountInactive(RequestRefused):
    """The password is right, but the account is not active."""


class PasswordChangeRequired(RequestRefused):
    """The password is right but must be changed first.

    `password_change_token` goes into a `ChangePassword` request; None if the service
    did not send one.
    """

    password_change_token: str | None = None


class MfaRequired(RequestRefused):
    """The password is right, and a second factor is wanted.

    `mfa_token` goes into a `VerifyMfa` request, with a code of one of `methods` or with
    a passkey's answer to `passkey_options`.
    """

    mfa_token: str | None = None
    methods: tuple[str, ...] = ()
    passkey_options: dict[str, Any] | None = None


class MfaSetupRequired(RequestRefused):
    """The password is right, but the account must have a second factor first.

    `mfa_setup_token` goes into a `SetupMfa` or `BeginPasskeyEnrolment` request.
    """

    mfa_setup_token: str | None = None


class InvalidMfaCode(RequestRefused):
    """The code or passkey is not accepted; `retry_after` says when codes are again."""


class PasswordExpired(PasswordChangeRequired):
    """The password is right but too old, and must be changed first."""


class EmailNotVerified(RequestRefused):
    """The password is right, but the mail address must be verified first."""


class ResetRequired(RequestRefused):
    """The password is right, but the account is locked down until a reset by mail."""


class InvalidLink(RequestRefused):
    """The one-time token is unknown, used, voided or over."""


class ReauthenticationRequired(RequestRefused):
    """The change needs the current password, a second factor, or a recent login."""


class PolicyViolation(RequestRefused):
    """The password or name breaks the rules; `details` lists how."""


class PermissionDenied(RequestRefused):
    """The caller may not do this."""


class NotFound(RequestRefused):
    """What the request names does not exist."""


class Conflict(RequestRefused):
    """The name or address is taken; `details` names the field."""


class ConsentRequired(RequestRefused):
    """A consent that everybody must give is missing; `details` names the types."""


class WrongState(RequestRefused):
    """The account is not in a state that allows this; `message` tells why."""


class LegalHold(RequestRefused):
    """The account is under legal hold: nothing of it may be erased."""


class IdempotencyConflict(RequestRefused):
    """The idempotency key was used before with other arguments."""


class RateLimited(RequestRefused):
    """Too many requests; `retry_after` says when to try again."""


class Busy(RequestRefused):
    """More work than the service can queue; `retry_after` says when to try again."""


class NotConfigured(RequestRefused):
    """The service is not set up for this."""


class NotDelivered(RequestRefused):
    """The code could not be sent."""


class StorageFull(RequestRefused):
    """The disk of the service is full; nothing was changed."""


class StorageReadOnly(RequestRefused):
    """The disk of the service failed; nothing was changed."""


class OutcomeUnknown(RequestRefused):
    """The disk failed during the change: it may or may not be there."""


class InternalError(RequestRefused):
    """A fault of the service; `incident` finds it in the service's log."""


REFUSALS: Final[dict[str, type[RequestRefused]]] = {
    ErrorCode.INVALID_REQUEST: InvalidRequest,
    ErrorCode.UNKNOWN_ACTION: UnknownAction,
    ErrorCode.INVALID_CREDENTIALS: InvalidCredentials,
    ErrorCode.INVALID_SESSION: InvalidSession,
    ErrorCode.INVALID_TOKEN: InvalidToken,
    ErrorCode.ACCOUNT_INACTIVE: AccountInactive,
    ErrorCode.PASSWORD_CHANGE_REQUIRED: PasswordChangeRequired,
    ErrorCode.MFA_REQUIRED: MfaRequired,
    ErrorCode.MFA_SETUP_REQUIRED: MfaSetupRequired,
    ErrorCode.INVALID_MFA_CODE: InvalidMfaCode,
    ErrorCode.PASSWORD_EXPIRED: PasswordExpired,
    ErrorCode.EMAIL_NOT_VERIFIED: EmailNotVerified,
    ErrorCode.RESET_REQUIRED: ResetRequired,
    ErrorCode.INVALID_LINK: InvalidLink,
    ErrorCode.REAUTHENTICATION_REQUIRED: ReauthenticationRequired,
    ErrorCode.POLICY_VIOLATION: PolicyViolation,
    ErrorCode.PERMISSION_DENIED: PermissionDenied,
    ErrorCode.NOT_FOUND: NotFound,
    ErrorCode.CONFLICT: Conflict,
    ErrorCode.CONSENT_REQUIRED: ConsentRequired,
    ErrorCode.WRONG_STATE: WrongState,
    ErrorCode.LEGAL_HOLD: LegalHold,
    ErrorCode.IDEMPOTENCY_CONFLICT: IdempotencyConflict,
    ErrorCode.RATE_LIMITED: RateLimited,
    ErrorCode.BUSY: Busy,
    ErrorCode.NOT_CONFIGURED: NotConfigured,
    ErrorCode.NOT_DELIVERED: NotDelivered,
    ErrorCode.STORAGE_FULL: StorageFull,
    ErrorCode.STORAGE_READ_ONLY: StorageReadOnly,
    ErrorCode.OUTCOME_UNKNOWN: OutcomeUnknown,
    ErrorCode.INTERNAL: InternalError,
}
"""Which class stands for which code."""


class NoAnswer(UmsError):
    """No answer came to the request."""

    def __init__(
        self,
        message: str,
        *,
        may_have_been_executed: bool = False,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, request_id=request_id)
        self.may_have_been_executed = may_have_been_executed


class Unreachable(NoAnswer):
    """No connection to the service came about; nothing was sent."""


class NotAuthorised(NoAnswer):
    """The service refused the handshake: the CURVE keys do not fit; nothing was sent."""


class AnswerLost(NoAnswer):
    """The connection broke before the answer, and the request must not be repeated."""


class DeadlineExceeded(NoAnswer):
    """The time for the call is over."""


class InvalidReply(UmsError):
    """The service answered, but not as the contract says."""


class TokenRefused(UmsError):
    """An access token or a list of revocations does not hold; do not act on it."""


class UnknownSigningKey(TokenRefused):
    """The key that is named is not known here: fetch the keys, then verify again."""


class TokenExpired(TokenRefused):
    """The time of the token is over, or has not begun."""


class TokenRevoked(TokenRefused):
    """The session that the token belongs to has ended."""


class RevocationsOutdated(TokenRefused):
    """The list of revocations is missing, too old, or does not follow on what is known.

    Fetch it again; after a gap from the beginning (`after=0`).
    """


class Misuse(UmsError):
    """The call or the settings cannot work; nothing was sent."""


class MessageTooLarge(Misuse):
    """The request is larger than the service accepts."""

    def __init__(self, size_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"a request of {size_bytes} bytes; the limit is {limit_bytes}")
        self.size_bytes = size_bytes
        self.limit_bytes = limit_bytes


class BadConfiguration(Misuse):
    """An endpoint or a key is not usable."""


class ClientClosed(Misuse):
    """The client was closed before this call."""
