"""How each refusal is told: its class, its code, its text. One table."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from storage import errors as store_errors
from ums_client.protocol.errors import ErrorCode, InvalidMessage, NotJson
from ums_service.domain import errors


class Told(NamedTuple):
    """What a refusal becomes on the wire, before its envelope."""

    code: ErrorCode
    message: str
    details: Any = None
    retry_after: float | None = None
    extra: dict[str, Any] | None = None


_Teller = Callable[[Any], Told]

SESSION_TEXT: Final = "Invalid or expired session"
ACTION_CHARS_SHOWN: Final = 100
_TAKEN: Final = {
    "username": "Username already exists",
    "email": "Email already registered",
    "lab name": "Lab name already exists",
    "lab code": "Lab code already exists",
}


def _fixed(code: ErrorCode, message: str) -> _Teller:
    return lambda refusal: Told(
        code, message, retry_after=getattr(refusal, "retry_after_s", None)
    )


def _field(code: ErrorCode) -> _Teller:
    def tell(refusal: InvalidMessage | errors.InvalidInput) -> Told:
        details = [{"field": refusal.field, "message": refusal.reason}]
        return Told(code, str(refusal), details if refusal.field else None)

    return tell


def _policy(refusal: errors.PolicyViolation) -> Told:
    details = [{"field": "password", "message": text} for text in refusal.violations]
    return Told(ErrorCode.POLICY_VIOLATION, str(refusal), details)


def _taken(refusal: errors.NameTaken) -> Told:
    message = _TAKEN[refusal.field]
    field = refusal.field.removeprefix("lab ")
    details = [{"field": field, "message": message}]
    return Told(ErrorCode.CONFLICT, message, details)


def _changed_since(refusal: errors.ChangedSince) -> Told:
    message = "was changed again since"
    details = [{"field": name, "message": message} for name in refusal.fields]
    return Told(ErrorCode.CONFLICT, f"Changed again since: {refusal}", details)


def _consent_required(refusal: errors.ConsentRequired) -> Told:
    message = "should be accepted"
    details = [{"field": kind, "message": message} for kind in refusal.types]
    return Told(ErrorCode.CONSENT_REQUIRED, f"Consent is required: {refusal}", details)


def _to_be_changed(code: ErrorCode, message: str) -> _Teller:
    return lambda refusal: Told(
        code, message, extra={"password_change_token": refusal.token}
    )


def _factor_required(refusal: errors.FactorRequired) -> Told:
    extra: dict[str, Any] = {
        "requires_mfa": True,
        "mfa_token": refusal.token,
        "mfa_methods": refusal.methods,
    }
    if refusal.passkey_options is not None:
        extra["passkey_options"] = refusal.passkey_options
    return Told(ErrorCode.MFA_REQUIRED, "A second factor is required", extra=extra)


def _factor_setup_required(refusal: errors.FactorSetupRequired) -> Told:
    return Told(
        ErrorCode.MFA_SETUP_REQUIRED,
        "A second factor must be set up before the first session",
        extra={"mfa_setup_token": refusal.token},
    )


TELLERS: Final[dict[type[Exception], _Teller]] = {
    NotJson: lambda r: Told(
        ErrorCode.INVALID_REQUEST,
        f"Invalid {r.kind} format",
        [{"field": None, "message": r.reason}],
    ),
    InvalidMessage: _field(ErrorCode.INVALID_REQUEST),
    errors.UnknownAction: lambda r: Told(
        ErrorCode.UNKNOWN_ACTION, f"Unknown action: {str(r.name)[:ACTION_CHARS_SHOWN]}"
    ),
    errors.InvalidInput: _field(ErrorCode.INVALID_REQUEST),
    errors.MissingInput: lambda r: Told(ErrorCode.INVALID_REQUEST, r.text),
    errors.InvalidCredentials: _fixed(
        ErrorCode.INVALID_CREDENTIALS, "Invalid username/email or password"
    ),
    errors.InvalidSession: _fixed(ErrorCode.INVALID_SESSION, SESSION_TEXT),
    errors.InvalidToken: _fixed(ErrorCode.INVALID_TOKEN, "Invalid or expired token"),
    errors.AccountInactive: _fixed(ErrorCode.ACCOUNT_INACTIVE, "Account is not active"),
    errors.FactorRequired: _factor_required,
    errors.FactorSetupRequired: _factor_setup_required,
    errors.WrongFactor: _fixed(
        ErrorCode.INVALID_MFA_CODE, "The code or passkey was not accepted"
    ),
    errors.FactorProofRequired: _fixed(
        ErrorCode.REAUTHENTICATION_REQUIRED, "A code of a second factor is required"
    ),
    errors.PasswordChangeRequired: _to_be_changed(
        ErrorCode.PASSWORD_CHANGE_REQUIRED, "The password must be changed first"
    ),
    errors.PasswordExpired: _to_be_changed(
        ErrorCode.PASSWORD_EXPIRED, "The password has expired and must be changed"
    ),
    errors.EmailNotVerified: _fixed(
        ErrorCode.EMAIL_NOT_VERIFIED, "The mail address must be verified first"
    ),
    errors.ResetRequired: _fixed(
        ErrorCode.RESET_REQUIRED,
        "The account is locked down until its password is reset by mail",
    ),
    errors.InvalidLink: _fixed(
        ErrorCode.INVALID_LINK, "The link or code is not valid, or not any more"
    ),
    errors.ReauthenticationRequired: _fixed(
        ErrorCode.REAUTHENTICATION_REQUIRED, "Current password is required"
    ),
    errors.FreshProofRequired: _fixed(
        ErrorCode.REAUTHENTICATION_REQUIRED,
        "Prove once more who you are, with reauthenticate",
    ),
    errors.PolicyViolation: _policy,
    errors.NameTaken: _taken,
    errors.PermissionDenied: _fixed(ErrorCode.PERMISSION_DENIED, "Permission denied"),
    errors.LastAdministrator: _fixed(
        ErrorCode.PERMISSION_DENIED, "The last administrator must remain"
    ),
    errors.LastFactor: _fixed(
        ErrorCode.PERMISSION_DENIED,
        "The last second factor of this account must remain",
    ),
    errors.LastLabAdmin: _fixed(
        ErrorCode.PERMISSION_DENIED, "The last administrator of a lab must remain"
    ),
    errors.AlreadyMember: _fixed(
        ErrorCode.CONFLICT, "The account is a member of the lab already"
    ),
    errors.BuiltIn: _fixed(
        ErrorCode.PERMISSION_DENIED, "What comes with the service stays as it is"
    ),
    errors.RoleInUse: lambda r: Told(
        ErrorCode.PERMISSION_DENIED, f"Cannot delete role with {r.reason}"
    ),
    errors.OwnRequest: _fixed(
        ErrorCode.PERMISSION_DENIED, "Somebody else must decide on your request"
    ),
    errors.NoFactor: _fixed(
        ErrorCode.NOT_FOUND, "The account has no such second factor"
    ),
    errors.NotFound: _fixed(ErrorCode.NOT_FOUND, "No such account"),
    errors.NoSuchDevice: _fixed(ErrorCode.NOT_FOUND, "No such device"),
    errors.NoSuchJob: _fixed(ErrorCode.NOT_FOUND, "No such job"),
    errors.NoSuchImport: _fixed(
        ErrorCode.NOT_FOUND, "No such import, or it was taken back"
    ),
    errors.NoSuchLab: _fixed(ErrorCode.NOT_FOUND, "No such lab"),
    errors.NoSuchMember: _fixed(ErrorCode.NOT_FOUND, "No such member of the lab"),
    errors.NoSuchEntry: _fixed(ErrorCode.NOT_FOUND, "No such change"),
    errors.NoSuchMail: _fixed(ErrorCode.NOT_FOUND, "No such mail"),
    errors.NoSuchRole: lambda r: Told(
        ErrorCode.NOT_FOUND, f"There is no role {r.name}"
    ),
    errors.NoSuchRequest: _fixed(
        ErrorCode.NOT_FOUND, "No such request waits for an answer"
    ),
    errors.NoSuchAttribute: _fixed(ErrorCode.NOT_FOUND, "No such attribute"),
    errors.NoSuchLab: _fixed(ErrorCode.NOT_FOUND, "No such lab"),
    errors.NoSuchKey: _fixed(ErrorCode.NOT_FOUND, "No such API key"),
    errors.NoSuchInvitation: _fixed(ErrorCode.NOT_FOUND, "No such invitation"),
    errors.InvitationOpen: _fixed(
        ErrorCode.CONFLICT, "This address is invited already"
    ),
    errors.TooManyInvitations: lambda r: Told(
        ErrorCode.CONFLICT, f"You have made {r.most} invitations, and may make no more"
    ),
    errors.TooManyKeys: lambda r: Told(
        ErrorCode.CONFLICT, f"The account has {r.most} API keys, and may have no more"
    ),
    errors.ChangedSince: _changed_since,
    errors.ConsentRequired: _consent_required,
    errors.WrongState: lambda r: Told(ErrorCode.WRONG_STATE, r.text),
    errors.LegalHold: lambda r: Told(ErrorCode.LEGAL_HOLD, r.text),
    errors.IdempotencyConflict: _fixed(
        ErrorCode.IDEMPOTENCY_CONFLICT,
        "The idempotency key was used with other arguments",
    ),
    errors.RateLimited: _fixed(ErrorCode.RATE_LIMITED, "Too many requests"),
    errors.Busy: _fixed(ErrorCode.BUSY, "The service is busy"),
    errors.NotConfigured: lambda r: Told(
        ErrorCode.NOT_CONFIGURED, f"The service has no {r.what}"
    ),
    errors.NotDelivered: _fixed(ErrorCode.NOT_DELIVERED, "The code could not be sent"),
    store_errors.Refused: lambda _: Told(
        ErrorCode.BUSY, "The service is busy", retry_after=0.1
    ),
    store_errors.TransactionTooLarge: _fixed(
        ErrorCode.INVALID_REQUEST, "The change is too large"
    ),
    store_errors.StorageFull: _fixed(
        ErrorCode.STORAGE_FULL, "The disk is full; nothing was changed"
    ),
    store_errors.OutcomeUnknown: _fixed(
        ErrorCode.OUTCOME_UNKNOWN,
        "The disk failed; the change may or may not be there after a restart",
    ),
    store_errors.NotWritten: _fixed(
        ErrorCode.STORAGE_READ_ONLY, "The disk failed; nothing was changed"
    ),
}


def tell(refusal: Exception) -> Told | None:
    """How to tell `refusal`; None for an exception that is no refusal."""
    for kind in type(refusal).__mro__:
        teller = TELLERS.get(kind)
        if teller is not None:
            return teller(refusal)
    return None
