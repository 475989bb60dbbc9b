"""Mails that are to be sent: queued with the change that causes them, kept until sent.

    PENDING --sent--> gone
    PENDING --refused for good, or tried for give_up_s--> DEAD --retry--> PENDING
    DEAD --kept long enough--> gone

An attempt is counted, and the next one fixed, before it is made: whatever happens to
the process, the mail is tried again, and one that kills it is not tried without pause.
No token is ever in here; it is made when its mail leaves (`mailed_links`). A code of a
second factor is: it answers one login, in memory, and is good for minutes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from storage import Collection, Transaction
from ums_service.domain.moment import Moment, text_of
from ums_service.domain.one_time import Purpose

DEAD_MAX: Final = 1_000
"""Past it the oldest dead letters go, so that they never crowd out new mail."""
ERROR_CHARS_MAX: Final = 200


class Template(StrEnum):
    """What a mail says; each has a text and an HTML template of its name."""

    UNUSED = "unused"
    WELCOME = "welcome"
    VERIFY_ADDRESS = "verify_address"
    RESET = "reset"
    PASSWORD_CHANGED = "password_changed"
    ADDRESS_CHANGED = "address_changed"
    ACCOUNT_LOCKED = "account_locked"
    NEW_LOGIN = "new_login"
    CHANGE_REQUIRED = "change_required"
    EXPIRING_SOON = "expiring_soon"
    FACTOR_ADDED = "factor_added"
    FACTOR_REMOVED = "factor_removed"
    INVITATION = "invitation"
    ACTIVATION = "activation"
    STATUS_CHANGED = "status_changed"
    SUSPICIOUS_ACTIVITY = "suspicious_activity"
    CODE = "code"
    NOTIFICATION = "notification"
    TEST = "test"


SECURITY: Final = frozenset(
    {
        Template.PASSWORD_CHANGED,
        Template.ADDRESS_CHANGED,
        Template.ACCOUNT_LOCKED,
        Template.NEW_LOGIN,
        Template.FACTOR_ADDED,
        Template.FACTOR_REMOVED,
        Template.SUSPICIOUS_ACTIVITY,
    }
)
"""Told however many mails somebody had; several of a kind become one instead."""

CAN_WAIT: Final = frozenset(
    {Template.NOTIFICATION, Template.EXPIRING_SOON, Template.UNUSED}
)
"""Mails that are held back in the quiet hours of who gets them."""

LINK_OF: Final[Mapping[Template, Purpose]] = {
    Template.VERIFY_ADDRESS: Purpose.VERIFY,
    Template.RESET: Purpose.RESET,
    Template.ACTIVATION: Purpose.ACTIVATE,
    Template.PASSWORD_CHANGED: Purpose.LOCK_DOWN,
    Template.ADDRESS_CHANGED: Purpose.REVERT_ADDRESS,
    Template.NEW_LOGIN: Purpose.LOCK_DOWN,
    Template.FACTOR_ADDED: Purpose.LOCK_DOWN,
    Template.FACTOR_REMOVED: Purpose.LOCK_DOWN,
    Template.SUSPICIOUS_ACTIVITY: Purpose.LOCK_DOWN,
}
"""What the link in a mail is good for, unless the mail says otherwise."""


class MailState(StrEnum):
    """Whether a mail will still be tried."""

    PENDING = "pending"
    DEAD = "dead"


class RetryRules(NamedTuple):
    """Waits after the first, second, ... attempt (the last one repeats), in seconds."""

    waits_s: tuple[int, ...]
    give_up_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One mail.

    `user_id` is empty where no account has the name that was given: `to` is no address
    then, and nothing is ever sent.
    """

    mail_id: str
    template: str
    user_id: str
    to: str
    queued_s: int
    next_try_s: int
    data: Mapping[str, Any] = field(default_factory=dict, repr=False)
    purpose: str = ""
    link_data: Mapping[str, Any] = field(default_factory=dict)
    state: str = MailState.PENDING.value
    attempts: int = 0
    last_error: str = ""

    @property
    def slot(self) -> str | None:
        """At most one unsent mail has it: a second of its kind takes its place.

        What people send has a place for each: two of them do not say the same.
        """
        if self.state != MailState.PENDING:
            return None
        if self.template == Template.NOTIFICATION:
            return f"{self.user_id}|{self.template}|{self.mail_id}"
        return f"{self.user_id}|{self.template}|{self.to}"

    @property
    def is_security(self) -> bool:
        """Whether it tells of something that happened to the account's credentials."""
        return self.template in SECURITY

    def attempted(self, now: Moment, rules: RetryRules) -> "Mail":
        """Before an attempt: counted, and tried again unless it succeeds."""
        wait_s = rules.waits_s[min(self.attempts, len(rules.waits_s) - 1)]
        due_s = now.epoch_s + wait_s
        return replace(self, attempts=self.attempts + 1, next_try_s=due_s)

    def failed(self, error: str, rules: RetryRules) -> "Mail":
        """After an attempt that may succeed later; dead when it took too long."""
        told = replace(self, last_error=one_line(error))
        if self.next_try_s > self.queued_s + rules.give_up_s:
            return replace(told, state=MailState.DEAD.value)
        return told

    def refused(self, error: str) -> "Mail":
        """After an attempt that can never succeed."""
        state = MailState.DEAD.value
        return replace(self, last_error=one_line(error), state=state)

    def revived(self, now: Moment) -> "Mail":
        """As if it had been queued now."""
        state, at = MailState.PENDING.value, now.epoch_s
        return replace(self, state=state, attempts=0, queued_s=at, next_try_s=at)


async def revive(tx: Transaction, mail: Mail, now: Moment) -> Mail:
    """Have a mail tried again; where a newer one of its kind waits, that one at once.

    Returns which.
    """
    again = mail.revived(now)
    assert again.slot is not None
    newer_id = await tx.find(OUTBOX, "slot", again.slot)
    if newer_id not in (None, mail.mail_id):  # a newer one of its kind says the same
        assert newer_id is not None
        newer = await tx.get(OUTBOX, newer_id)
        assert newer is not None
        tx.delete(OUTBOX, mail.mail_id)
        again = replace(newer, next_try_s=now.epoch_s)
    tx.put(OUTBOX, again)
    return again


def view(mail: Mail) -> dict[str, Any]:
    """What is shown of it to who looks after the service."""
    return {
        "mail_id": mail.mail_id,
        "template": mail.template,
        "to": mail.to if mail.user_id else "",
        "user_id": mail.user_id,
        "state": mail.state,
        "attempts": mail.attempts,
        "queued_at": text_of(mail.queued_s),
        "next_try_at": text_of(mail.next_try_s),
        "last_error": mail.last_error,
    }


def one_line(text: str) -> str:
    """What a server answered, safe to show."""
    shown = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(shown.split())[:ERROR_CHARS_MAX]


def _key(mail: Mail) -> str:
    return mail.mail_id


def _to_document(mail: Mail) -> dict[str, Any]:
    fields: dict[str, Any] = {n: getattr(mail, n) for n in Mail.__slots__}
    return fields | {"slot": mail.slot}


def _from_document(document: dict[str, Any]) -> Mail:
    return Mail(**{name: document[name] for name in Mail.__slots__})


OUTBOX: Final = Collection(
    name="outbox",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
    unique=("slot",),
    grouped=("user_id", "to", "state"),
)


async def add(tx: Transaction, mail: Mail) -> None:
    """Queue a mail, durably when `tx` is committed.

    One of the same kind to the same account that was not sent yet gives way; the new
    one tells how many it stands for.
    """
    assert mail.slot is not None
    older_id = await tx.find(OUTBOX, "slot", mail.slot)
    older: Mail | None = None
    if older_id is not None:
        older = await tx.get(OUTBOX, older_id)
    if older is not None:
        tx.delete(OUTBOX, older.mail_id)
        earlier = older.data.get("earlier", 0) + 1
        mail = replace(mail, data={**mail.data, "earlier": earlier})
    tx.put(OUTBOX, mail)
