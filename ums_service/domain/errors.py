"""Why the rules refuse, in one tree. Codes and texts are added at the edge.

    Refusal
     +- UnknownAction
     +- InvalidInput              a value that the rules do not accept
     +- MissingInput              what an action cannot do without
     +- InvalidCredentials        unknown, wrong, locked: never told apart
     +- InvalidSession
     +- InvalidToken              unknown, used or over, for whatever reason
     +- AccountInactive           told only to who knows the password
     +- PasswordChangeRequired    told only to who knows the password
     +- FactorRequired            the password is right; a second factor is wanted
     +- FactorSetupRequired       the password is right; a second factor must be set up
     +- WrongFactor               a code or passkey that is not accepted
     +- PasswordExpired           told only to who knows the password
     +- EmailNotVerified          told only to who knows the password
     +- ResetRequired             told only to who knows the password
     +- InvalidLink               unknown, used, over: never told apart
     +- ReauthenticationRequired  the current password must come along
     |   +- FactorProofRequired   a code of a second factor must come along
     |   +- FreshProofRequired    the last proof of this session is too old
     +- PolicyViolation           all violations at once
     +- NameTaken
     +- AlreadyMember
     +- PermissionDenied
     |   +- LastAdministrator     somebody must be able to administer
     |   +- LastFactor            who must have a second factor keeps one
     |   +- LastLabAdmin          somebody must be able to administer a lab
     |   +- BuiltIn               what comes with the service stays as it is
     |   +- RoleInUse             somebody has the role, or it is a parent
     |   +- OwnRequest            nobody decides on their own
     +- NotFound
     |   +- NoSuchDevice
     |   +- NoFactor              the account has no such second factor
     |   +- NoSuchMail
     |   +- NoSuchImport
     |   +- NoSuchJob
     |   +- NoSuchEntry           no change to an account has that number
     |   +- NoSuchLab
     |   +- NoSuchMember
     |   +- NoSuchRole
     |   +- NoSuchRequest         no such request that waits
     |   +- NoSuchAttribute
     |   +- NoSuchKey
     |   +- NoSuchInvitation
     +- TooManyKeys               the account has all that it may have
     +- ChangedSince             what is to be reverted was changed again
     +- ConsentRequired          the terms must be accepted first
     +- TooManyInvitations        the account has all that it may have
     +- InvitationOpen            the address is invited already
     +- WrongState               the account is not in a state that allows it
     |   +- LegalHold             nothing of it may be erased now
     +- IdempotencyConflict
     +- RateLimited
     +- Busy
     +- NotConfigured
     +- NotDelivered              what carries a message did not take it

A refusal changes nothing. It carries what the caller needs next; the table in
`ums_service.calls.refusals` gives each class its code and its text.
"""

from collections.abc import Mapping
from typing import Any


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

    `failures` says how often the caller has failed by now, `shut_out` that this attempt
    was the last of its source; neither is told.
    """

    def __init__(
        self,
        retry_after_s: float | None = None,
        *,
        failures: int = 0,
        shut_out: bool = False,
    ) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s
        self.failures = failures
        self.shut_out = shut_out


class InvalidSession(Refusal):
    """No session, or one that has ended."""


class InvalidToken(Refusal):
    """A token that is unknown, spent, expired or ended; the caller cannot tell which."""


class AccountInactive(Refusal):
    """The password is right; the account is not in use."""


class PasswordChangeRequired(Refusal):
    """The password is right, but good only for choosing a new one with `token`."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token


class FactorRequired(Refusal):
    """The password is right; `token` and one of `methods` complete the login.

    `passkey_options` is what a passkey is asked with, where the account has one.
    """

    def __init__(
        self,
        token: str,
        methods: list[str],
        passkey_options: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__()
        self.token = token
        self.methods = methods
        self.passkey_options = passkey_options


class FactorSetupRequired(Refusal):
    """The password is right, but good only for setting up a factor with `token`."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token


class PasswordExpired(Refusal):
    """The password is right but too old, and good only for choosing a new one."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token


class WrongFactor(Refusal):
    """A code or passkey is wrong, was used before, or comes too soon after others."""

    def __init__(self, retry_after_s: float | None = None) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class EmailNotVerified(Refusal):
    """The password is right; the mail address must be verified before a session."""


class ResetRequired(Refusal):
    """The password is right; its owner locked the account until a reset by mail."""


class InvalidLink(Refusal):
    """A one-time token that is unknown, used, voided or over; the caller cannot tell."""


class ReauthenticationRequired(Refusal):
    """The change needs the caller's current password, and it was not given."""


class FactorProofRequired(ReauthenticationRequired):
    """The change needs a code of a second factor, or one proved a moment ago."""


class FreshProofRequired(ReauthenticationRequired):
    """The change needs a proof of the last minutes, and takes none itself."""


class PolicyViolation(Refusal):
    """Every rule of the profile that the new password breaks, as sentences."""

    def __init__(self, violations: list[str]) -> None:
        super().__init__("; ".join(violations))
        self.violations = violations


class NameTaken(Refusal):
    """Another account or lab has this name, address or code; `field` tells which."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


class AlreadyMember(Refusal):
    """The account has a membership in the lab."""


class PermissionDenied(Refusal):
    """The caller may not do this."""


class LastAdministrator(PermissionDenied):
    """Without this account nobody could administer the service."""


class LastFactor(PermissionDenied):
    """This account must have a second factor, and has no other."""


class LastLabAdmin(PermissionDenied):
    """Without this membership nobody could administer the lab."""


class BuiltIn(PermissionDenied):
    """It comes with the service and cannot be changed that way."""


class RoleInUse(PermissionDenied):
    """The role cannot be deleted; `reason` says who or what needs it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OwnRequest(PermissionDenied):
    """Somebody else must decide on what the caller asked for."""


class NotFound(Refusal):
    """What the request names does not exist."""


class NoSuchDevice(NotFound):
    """The account knows no device of that id."""


class NoFactor(NotFound):
    """The account has no such second factor."""


class NoSuchJob(NotFound):
    """No job of the caller has this id, or it was forgotten."""


class NoSuchImport(NotFound):
    """No batch of an import has this id, or it was taken back."""


class NoSuchEntry(NotFound):
    """The audit log has no change to an account of that number."""


class NoSuchMail(NotFound):
    """The mail was sent, dropped or never there."""


class NoSuchLab(NotFound):
    """There is no such lab, told to who may know of all labs."""


class NoSuchMember(NotFound):
    """The account has no membership in the lab."""


class NoSuchRole(NotFound):
    """There is no role of that name; `name` is it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NoSuchRequest(NotFound):
    """No request of that id waits for an answer."""


class NoSuchAttribute(NotFound):
    """There is no attribute of that name, or it was not granted."""


class NoSuchKey(NotFound):
    """The account has no API key of that id."""


class NoSuchInvitation(NotFound):
    """There is none of that id, or it is none of the caller's business."""


class InvitationOpen(Refusal):
    """The address is invited there already."""


class TooManyInvitations(Refusal):
    """The account has made as many invitations as it may have; `most` is the number."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class TooManyKeys(Refusal):
    """The account has as many API keys as it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.most = most


class ChangedSince(Refusal):
    """What is to be reverted was changed again since; `fields` names it."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


class ConsentRequired(Refusal):
    """Consents that everybody must give are missing; `types` names them."""

    def __init__(self, types: list[str]) -> None:
        super().__init__(", ".join(types))
        self.types = types


class WrongState(Refusal):
    """The account is not in a state that allows this; `text` is for the caller."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class LegalHold(WrongState):
    """Nothing of the account may be erased while somebody needs it as evidence."""

    def __init__(self) -> None:
        super().__init__("The account is under legal hold")


class IdempotencyConflict(Refusal):
    """The key was used before with other arguments."""


class RateLimited(Refusal):
    """Too many requests of one address or account; `in_row` counts the refused ones."""

    def __init__(self, retry_after_s: float, *, in_row: int = 1) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s
        self.in_row = in_row


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


class NotDelivered(Refusal):
    """A code was not taken for delivery."""
