"""What went wrong, in words for the person in front of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from gui.controllers.security_keys import KeyTrouble
from ums_client import errors

_SENTENCES: Final[dict[type[errors.UmsError], str]] = {
    errors.InvalidCredentials: (
        "User name and password do not go together, or there were too many attempts. "
        "Wait a little before you try again."
    ),
    errors.InvalidSession: "Your session has ended. Sign in again to go on.",
    errors.AccountInactive: "This account is out of use. Ask an administrator.",
    errors.InvalidMfaCode: "That code is not right, or was used before.",
    errors.EmailNotVerified: "Verify your mail address first.",
    errors.ResetRequired: "This account is locked down. Set a new password by mail.",
    errors.ConsentRequired: "Your consent is needed.",
    errors.InvalidLink: "That code is unknown, used or too old.",
    errors.ReauthenticationRequired: "Prove once more that it is you.",
    errors.PermissionDenied: "You may not do this.",
    errors.LegalHold: "The account is under legal hold: nothing of it may be erased.",
    errors.Busy: "The service is busy.",
    errors.RateLimited: "That was often in a short time.",
    errors.NotDelivered: "The code could not be sent. Use another method.",
    errors.StorageFull: "The disk of the service is full. Nothing was changed.",
    errors.StorageReadOnly: "The disk of the service failed. Nothing was changed.",
    errors.OutcomeUnknown: "The disk failed: it is unknown whether it was done.",
    errors.UnknownAction: "This service is too old for that.",
    errors.NotAuthorised: (
        "The service refused the connection: check the keys of this connection."
    ),
    errors.Unreachable: "The service cannot be reached.",
    errors.AnswerLost: (
        "The connection broke before the answer came. Look whether it was done."
    ),
    errors.DeadlineExceeded: "The service does not answer.",
    errors.InvalidReply: "The service gave an answer that makes no sense.",
}

_OWN_PASSWORD: Final = (
    "Your password is not right, or there were too many attempts. "
    "Wait a little before you try again."
)

_ABOUT: Final[dict[type[errors.UmsError], str]] = {
    errors.InvalidCredentials: "password",
    errors.InvalidMfaCode: "code",
}
"""What proves who one is, by the name of its field."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something was not done.

    `faults` are by field, `about` names the one that it is about where a form has it;
    `again` says that the same may work later, `lost` that the
    service could not be reached, `missing` that something does not exist. `retry_after` is
    in seconds.
    """

    text: str
    faults: tuple[tuple[str, str], ...] = ()
    again: bool = False
    lost: bool = False
    missing: bool = False
    retry_after: float | None = None
    about: str = ""

    @property
    def field(self) -> str:
        """The first field that is wrong, if one is."""
        return self.faults[0][0] if self.faults else self.about


def expected() -> tuple[type[Exception], ...]:
    """What a request can end with without a fault of this program."""
    from pydantic import ValidationError  # noqa: PLC0415 - the window is there before

    return (errors.UmsError, ValidationError, KeyTrouble)


def explain(error: Exception, *, known: bool = False) -> Problem:
    """Put an error into words; `known` says that no user name was asked for."""
    from pydantic import ValidationError  # noqa: PLC0415 - the window is there before

    if isinstance(error, ValidationError):
        fault = error.errors(include_url=False, include_input=False)[0]
        text = sentence(fault["msg"].removeprefix("Value error, "))
        field = str(fault["loc"][0]) if fault["loc"] else ""
        return Problem(text, ((field, text),) if field else ())
    if isinstance(error, KeyTrouble):
        text = str(error)
        return Problem(text, ((error.field, text),) if error.field else ())
    assert isinstance(error, errors.UmsError), "others are faults of the program"
    text = next(
        (_SENTENCES[kind] for kind in type(error).__mro__ if kind in _SENTENCES),
        sentence(error.message),
    )
    if known and isinstance(error, errors.InvalidCredentials):
        text = _OWN_PASSWORD
    if error.incident:
        text = f"{text} (incident {error.incident})"
    if error.retry_after:
        text = f"{text} Try again in {max(1, round(error.retry_after))} s."
    faults = _faults(error.details)
    if isinstance(error, errors.InvalidMfaCode):
        faults = (("code", text),)
    elif faults:
        text = " ".join(sentence(message) for _, message in faults)
    return Problem(
        text,
        faults,
        again=isinstance(error, errors.NoAnswer | errors.Busy | errors.RateLimited),
        lost=isinstance(error, errors.NoAnswer),
        missing=isinstance(error, errors.NotFound),
        retry_after=error.retry_after,
        about=next(
            (_ABOUT[kind] for kind in type(error).__mro__ if kind in _ABOUT), ""
        ),
    )


def _faults(details: Any) -> tuple[tuple[str, str], ...]:
    """Which fields the service found wrong, without the names of wrappers."""
    if not isinstance(details, list):
        return ()
    found = []
    for detail in details:
        if isinstance(detail, dict) and "field" in detail and "message" in detail:
            name = str(detail["field"]).rpartition(".")[2]
            found.append((name, sentence(str(detail["message"]))))
    return tuple(found)


def sentence(text: str) -> str:
    """Text with a capital and a full stop; what is empty stays so."""
    text = text.strip()
    if not text:
        return ""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."
