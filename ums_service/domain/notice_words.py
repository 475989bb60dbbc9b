"""The words of what the service tells in the list of an account.

They are made when the list is read; stored is only what happened. Mails have templates.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ums_service.domain.outbox import Template


class Words(NamedTuple):
    """Plain text; what is in braces comes from the event."""

    title: str
    body: str


_FROM: Final = "It happened at {at}, from the address {address}."
OF_EVENTS: Final[dict[str, Words]] = {
    Template.PASSWORD_CHANGED: Words("Your password was changed", _FROM),
    Template.ADDRESS_CHANGED: Words(
        "Your mail address was changed", f"The new one is {{new_email}}. {_FROM}"
    ),
    Template.ACCOUNT_LOCKED: Words(
        "Somebody failed to log in to your account",
        "They were shut out for {minutes} minutes, at {at}, at the address {address}.",
    ),
    Template.NEW_LOGIN: Words(
        "A login from a new device", f"The device: {{device}}. {_FROM}"
    ),
    Template.FACTOR_ADDED: Words(
        "A second factor was added", f"It is {{factor}}. {_FROM}"
    ),
    Template.FACTOR_REMOVED: Words(
        "A second factor was removed", f"It was {{factor}}. {_FROM}"
    ),
    Template.SUSPICIOUS_ACTIVITY: Words("Suspicious activity", f"{{what}}. {_FROM}"),
    Template.STATUS_CHANGED: Words("Your account is {status}", "Since {at}. {reason}"),
    Template.CHANGE_REQUIRED: Words(
        "Your password must be changed", "At the next login you choose a new one."
    ),
    Template.EXPIRING_SOON: Words(
        "Your password ends soon", "It can be used for {days} more days."
    ),
    Template.UNUSED: Words(
        "Your account is not used",
        "Without a login within {days} days it will be deactivated.",
    ),
    "test": Words("A test", "Notifications reach you here."),
}
"""By type: what is kept in the list of the account it happened to."""
OF_SERVICE: Final = frozenset({*OF_EVENTS, *Template})
"""Types that nobody can send."""
_LEFT_OUT: Final = frozenset({"name", "username"})


def kept_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """What of a mail's data is kept: its reader knows their own name."""
    return {n: v for n, v in data.items() if n not in _LEFT_OUT and v != ""}


def words_of(kind: str, data: Mapping[str, Any]) -> Words:
    """The words of an event; of one that this version does not know, its type."""
    known = OF_EVENTS.get(kind)
    if known is None:
        return Words(kind, "")
    said = defaultdict(str, data)
    return Words(*(text.format_map(said).strip() for text in known))
