"""What an account was told: one list for each account, the newest entries of each kind.

    of the service   what happened to the account; nobody else can write there
    of people        what somebody sent, with their words

Each kind has room of its own, so that nobody's messages push out what the service told.
An entry has no text of the service's, only what the text is made of: `notice_words`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Final, NamedTuple

from storage import Collection
from ums_service.domain.moment import Moment
from ums_service.domain.profiles import HOUR_S

NO_DATA: Final[Mapping[str, Any]] = {}
TEST: Final = "test"


class Channel(StrEnum):
    """A way in which somebody is told."""

    IN_APP = "in_app"
    EMAIL = "email"
    PUSH = "push"


class Notification(NamedTuple):
    """One entry. Seconds count from 1970; what has its default is not stored."""

    number: int
    type: str
    created_s: int
    channels: tuple[str, ...] = (Channel.IN_APP.value,)
    title: str = ""
    body: str = ""
    data: Mapping[str, Any] = NO_DATA
    """What the words of the service are made of."""
    sender: str = ""
    """The id of the account that sent it; empty for the service itself."""
    lab_id: str = ""
    priority: str = "normal"
    read_s: int | None = None
    mail_id: str = ""

    @property
    def unread(self) -> bool:
        """Whether its reader has it before them. What went elsewhere is history."""
        return self.read_s is None and Channel.IN_APP in self.channels

    @property
    def of_people(self) -> bool:
        """Whether somebody sent it."""
        return bool(self.sender)

    def within_hour(self, now: Moment) -> bool:
        """Whether it is less than an hour old.

        A clock that was set back does not make it count for years.
        """
        return abs(now.epoch_s - self.created_s) < HOUR_S


@dataclass(frozen=True, slots=True)
class Notifications:
    """What one account was told, the oldest first. `last` is the highest number ever."""

    user_id: str
    entries: tuple[Notification, ...] = ()
    last: int = 0

    def with_one(self, entry: Notification, *, kept: int) -> "Notifications":
        """The list with one more, numbered; of its kind the oldest ones make room."""
        entry = entry._replace(number=self.last + 1)
        same = [e.number for e in self.entries if e.of_people == entry.of_people]
        gone = frozenset(same[: max(0, len(same) + 1 - kept)])
        left = tuple(e for e in self.entries if e.number not in gone)
        return replace(self, entries=(*left, entry), last=entry.number)

    @property
    def unread(self) -> int:
        """How many were not read."""
        return sum(entry.unread for entry in self.entries)

    def marked(
        self, numbers: Iterable[int] | None, now: Moment, *, read: bool
    ) -> "Notifications":
        """The list with these, or all, read or not. Numbers that are gone do nothing."""
        wanted = None if numbers is None else frozenset(numbers)
        entries = tuple(
            _marked(entry, now, read=read)
            if wanted is None or entry.number in wanted
            else entry
            for entry in self.entries
        )
        return replace(self, entries=entries)

    def received(self, now: Moment) -> int:
        """How many people's messages came in the last hour."""
        return sum(e.of_people and e.within_hour(now) for e in self.entries)

    def tested(self, now: Moment) -> int:
        """How many tests were made in the last hour."""
        return sum(e.type == TEST and e.within_hour(now) for e in self.entries)


def _marked(entry: Notification, now: Moment, *, read: bool) -> Notification:
    if Channel.IN_APP not in entry.channels or (entry.read_s is not None) is read:
        return entry
    return entry._replace(read_s=now.epoch_s if read else None)


_DEFAULTS: Final = Notification._field_defaults


def _packed(entry: Notification) -> dict[str, Any]:
    fields = entry._asdict()
    fields["channels"] = list(entry.channels)
    return {
        name: value
        for name, value in fields.items()
        if name not in _DEFAULTS or getattr(entry, name) != _DEFAULTS[name]
    }


def _unpacked(fields: dict[str, Any]) -> Notification:
    if "channels" in fields:
        fields = fields | {"channels": tuple(fields["channels"])}
    return Notification(**fields)


def _key(own: Notifications) -> str:
    return own.user_id


def _to_document(own: Notifications) -> dict[str, Any]:
    entries = [_packed(entry) for entry in own.entries]
    return {"user_id": own.user_id, "last": own.last, "entries": entries}


def _from_document(document: dict[str, Any]) -> Notifications:
    entries = tuple(_unpacked(fields) for fields in document["entries"])
    return Notifications(document["user_id"], entries, document["last"])


NOTIFICATIONS: Final = Collection(
    name="notifications",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
)
