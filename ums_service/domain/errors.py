"""Why the rules refuse, in one tree. Codes and texts are added at the edge.

    Refusal
     +- UnknownAction
     +- InvalidInput              a value that the rules do not accept
     +- MissingInput              what an action cannot do without
     +- InvalidCredentials        unknown, wrong, locked: never told apart
     +- InvalidSession
     +- AccountInactive           told only to who knows the password
     +- PasswordChangeRequired    told only to who knows the password
     +- EmailNotVerified          told only to who knows the password
     +- ResetRequired             told only to who knows the password
     +- InvalidLink               unknown, used, over: never told apart
     +- ReauthenticationRequired  the current password must come along
     +- PolicyViolation           all violations at once
     +- NameTaken
     +- PermissionDenied
     |   +- LastAdministrator     somebody must be able to administer
     +- NotFound
     |   +- NoSuchMail
     +- IdempotencyConflict
     +- RateLimited
     +- Busy
     +- NotConfigured

A refusal changes nothing. It carries what the caller needs next; the table in
`ums_service.refusals` gives each class its code and its text.
"""


class Refusal(Exception):
    """Root: the rules say no."""

    retry_after_s: float | None = None


class UnknownAction(Refusal):
    """No action has this name."""

    def __init__(self, name: str | None) -> None:
        super().__init__(name)
        self.name = name


class InvalidInput(Refusal):
    """A value that the rules do not accept."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class MissingInput(Refusal):
    """A field without which the action makes no sense; `text` is for the caller."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class InvalidCredentials(Refusal):
    """Unknown user, wrong password or too many attempts; the caller cannot tell.

    `shut_out` tells the service that this attempt was the last of its source.
    """

    def __init__(
        self, retry_after_s: float | None = None, *, shut_out: bool = False
    ) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s
        self.shut_out = shut_out


class InvalidSession(Refusal):
    """No session, or one that has ended."""


class AccountInactive(Refusal):
    """The password is right; the account is not in use."""


class PasswordChangeRequired(Refusal):
    """The password is right, but good only for choosing a new one with `token`."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token


class EmailNotVerified(Refusal):
    """The password is right; the mail address must be verified before a session."""


class ResetRequired(Refusal):
    """The password is right; its owner locked the account until a reset by mail."""


class InvalidLink(Refusal):
    """A one-time token that is unknown, used, voided or over; the caller cannot tell."""


class ReauthenticationRequired(Refusal):
    """The change needs the caller's current password, and it was not given."""


class PolicyViolation(Refusal):
    """Every rule of the profile that the new password breaks, as sentences."""

    def __init__(self, violations: list[str]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations


class NameTaken(Refusal):
    """Another account has this user name or mail address; `field` tells which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class PermissionDenied(Refusal):
    """The caller may not do this."""


class LastAdministrator(PermissionDenied):
    """Without this account nobody could administer the service."""


class NotFound(Refusal):
    """What the request names does not exist."""


class NoSuchMail(NotFound):
    """The mail was sent, dropped or never there."""


class IdempotencyConflict(Refusal):
    """The key was used before with other arguments."""


class RateLimited(Refusal):
    """Too many requests from one address."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class Busy(Refusal):
    """More work than can be queued."""

    def __init__(self, retry_after_s: float) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class NotConfigured(Refusal):
    """The service lacks what this needs; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what
