"""The codes a refusal carries: stable, upper case, one meaning each."""

from enum import StrEnum


class ErrorCode(StrEnum):
    """Why a request was refused. A code never changes its meaning.

    `meaning` is the sentence the reference shows.
    """

    meaning: str

    def __new__(cls, code: str, meaning: str) -> "ErrorCode":
        """Attach the sentence to the code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    INVALID_REQUEST = (
        "INVALID_REQUEST",
        "The message cannot be read, or a field is missing or wrong; `details` names it.",
    )
    UNKNOWN_ACTION = ("UNKNOWN_ACTION", "There is no action of that name.")
    INVALID_CREDENTIALS = (
        "INVALID_CREDENTIALS",
        "Unknown user, wrong password, too many attempts: the answer does not tell which.",
    )
    INVALID_SESSION = (
        "INVALID_SESSION",
        "The session token is missing, unknown, ended or expired.",
    )
    INVALID_TOKEN = (
        "INVALID_TOKEN",
        "The token of the request is unknown, used, ended or expired.",
    )
    ACCOUNT_INACTIVE = (
        "ACCOUNT_INACTIVE",
        "The password is right, but the account is not active.",
    )
    PASSWORD_CHANGE_REQUIRED = (
        "PASSWORD_CHANGE_REQUIRED",
        (
            "The password is right but must be changed first; "
            "`password_change_token` is good for `change_password` only."
        ),
    )
    MFA_REQUIRED = (
        "MFA_REQUIRED",
        (
            "The password is right and a second factor is wanted: `verify_mfa` takes "
            "`mfa_token` with a code of one of `mfa_methods`, or a passkey's answer "
            "to `passkey_options`."
        ),
    )
    MFA_SETUP_REQUIRED = (
        "MFA_SETUP_REQUIRED",
        (
            "The password is right but the account must have a second factor; "
            "`mfa_setup_token` is good for setting one up only."
        ),
    )
    INVALID_MFA_CODE = (
        "INVALID_MFA_CODE",
        (
            "The code or passkey is wrong or was used before; with `retry_after`, "
            "codes are not looked at before then."
        ),
    )
    PASSWORD_EXPIRED = (
        "PASSWORD_EXPIRED",
        (
            "The password is right but too old and must be changed; "
            "`password_change_token` is good for `change_password` only."
        ),
    )
    EMAIL_NOT_VERIFIED = (
        "EMAIL_NOT_VERIFIED",
        (
            "The password is right, but the mail address must be verified first; "
            "`resend_verification` sends another mail."
        ),
    )
    RESET_REQUIRED = (
        "RESET_REQUIRED",
        (
            "The password is right, but the account is locked down "
            "until its password is reset by mail."
        ),
    )
    INVALID_LINK = (
        "INVALID_LINK",
        "The one-time token is unknown, used, voided or over.",
    )
    REAUTHENTICATION_REQUIRED = (
        "REAUTHENTICATION_REQUIRED",
        (
            "The change needs the current password, a code of a second factor, "
            "or a login of the last minutes; `message` tells which."
        ),
    )
    POLICY_VIOLATION = (
        "POLICY_VIOLATION",
        "The password or name breaks the rules; `details` lists every violation.",
    )
    PERMISSION_DENIED = ("PERMISSION_DENIED", "The caller may not do this.")
    NOT_FOUND = ("NOT_FOUND", "What the request names does not exist.")
    CONFLICT = (
        "CONFLICT",
        "The name or address is taken, or was changed since; `details` names the field.",
    )
    CONSENT_REQUIRED = (
        "CONSENT_REQUIRED",
        "A consent that everybody must give is missing; `details` names the types.",
    )
    WRONG_STATE = (
        "WRONG_STATE",
        "The account is not in a state that allows this; `message` tells why.",
    )
    LEGAL_HOLD = (
        "LEGAL_HOLD",
        "The account is under legal hold: nothing of it may be erased.",
    )
    IDEMPOTENCY_CONFLICT = (
        "IDEMPOTENCY_CONFLICT",
        "The idempotency key was used before with other arguments.",
    )
    RATE_LIMITED = (
        "RATE_LIMITED",
        "Too many requests; try again after `retry_after` s.",
    )
    BUSY = (
        "BUSY",
        "The service has more work than it can queue; try again after `retry_after` s.",
    )
    NOT_DELIVERED = (
        "NOT_DELIVERED",
        "The code could not be sent; try again, or use another method.",
    )
    NOT_CONFIGURED = ("NOT_CONFIGURED", "The service is not set up for this.")
    STORAGE_FULL = (
        "STORAGE_FULL",
        (
            "The disk is full: nothing was changed, reads go on, "
            "writing resumes when there is room."
        ),
    )
    STORAGE_READ_ONLY = (
        "STORAGE_READ_ONLY",
        "The disk failed: nothing was changed, reads go on until an operator acts.",
    )
    OUTCOME_UNKNOWN = (
        "OUTCOME_UNKNOWN",
        (
            "The disk failed while the change was being made durable: "
            "it may or may not be there after a restart."
        ),
    )
    INTERNAL = (
        "INTERNAL",
        "A fault of the service; `incident` finds it in the service's log.",
    )


class InvalidMessage(ValueError):
    """Bytes that are no message of this contract.

    `field` names the place where that is known, as in `user_data.email`.
    """

    def __init__(self, reason: str, *, field: str | None = None) -> None:
        super().__init__(reason if field is None else f"{field}: {reason}")
        self.reason = reason
        self.field = field


class NotJson(InvalidMessage):
    """Bytes that are not well-formed in their encoding, `kind`."""

    def __init__(self, reason: str, *, kind: str = "JSON") -> None:
        super().__init__(reason)
        self.kind = kind
