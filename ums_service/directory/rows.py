"""What is kept of each account to find it: one row in a few columns.

Columns of numbers and one text for each account take a third of the memory that an
object for each would, and the collector of garbage has nothing to look at.
"""

from array import array
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple

from ums_service.directory.folding import folded
from ums_service.domain.moment import epoch_s_of
from ums_service.domain.users import ACTIVE

SEARCHED: Final = ("username", "full_name", "email")
"""The fields that a query looks into, those that everybody may see first."""
SHOWN_TO_ALL: Final = 2
"""So many of them are shown in the directory."""
NEVER: Final = -1.0
"""The time of what has not happened: before all others."""
_KEY_CHARS: Final = 64
"""Letters of a text that count for its place: a cursor carries them."""


class Traits(NamedTuple):
    """What an account shares with many others."""

    role: str
    status: str
    email_verified: bool
    mfa_enabled: bool


class Account(NamedTuple):
    """One row. Times are in seconds since 1970; `text` has each field in its line."""

    text: str
    traits: Traits
    created: float
    updated: float
    last_login: float


def account_of(document: Mapping[str, Any], *, mfa_enabled: bool) -> Account:
    """The row of a stored account."""
    fields = (folded(document.get(name) or "") for name in SEARCHED)
    return Account(
        "\n" + "\n".join(fields) + "\n",
        Traits(
            document.get("role", "user"),
            document.get("status", ACTIVE),
            bool(document.get("email_verified")),
            mfa_enabled,
        ),
        _seconds(document.get("created_at")),
        _seconds(document.get("updated_at")),
        _seconds(document.get("last_login")),
    )


class Rows:
    """The columns. A row is a number; that of an account that went is used again."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.texts: list[str] = []
        self.traits = array("I")
        self.created = array("d")
        self.updated = array("d")
        self.last_login = array("d")
        self.row_of: dict[str, int] = {}
        self.known: list[Traits] = []
        """All traits there were, by their number in the column."""
        self.counts: list[int] = []
        """How many accounts have them."""
        self._number_of: dict[Traits, int] = {}
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self.row_of)

    def account(self, row: int) -> Account:
        """What a row says."""
        return Account(
            self.texts[row],
            self.known[self.traits[row]],
            self.created[row],
            self.updated[row],
            self.last_login[row],
        )

    def add(self, user_id: str, account: Account) -> int:
        """A row for an account that has none."""
        if self._free:
            row = self._free.pop()
            self.ids[row] = user_id
        else:
            row = len(self.ids)
            self.ids.append(user_id)
            self.texts.append("")
            self.traits.append(0)
            for column in (self.created, self.updated, self.last_login):
                column.append(NEVER)
        self.row_of[user_id] = row
        self._set(row, account)
        return row

    def change(self, row: int, account: Account) -> None:
        """Let a row say something else."""
        self.counts[self.traits[row]] -= 1
        self._set(row, account)

    def remove(self, row: int) -> None:
        """Forget an account."""
        self.counts[self.traits[row]] -= 1
        del self.row_of[self.ids[row]]
        self.ids[row] = self.texts[row] = ""
        self._free.append(row)

    def field(self, row: int, number: int) -> str:
        """One of the folded `SEARCHED` fields."""
        return self.texts[row].split("\n", number + 2)[number + 1]

    def shown_to_all(self, row: int) -> str:
        """The text of those fields that everybody may see."""
        text = self.texts[row]
        return text[: -len(text.split("\n", SHOWN_TO_ALL + 1)[-1])]

    def _set(self, row: int, account: Account) -> None:
        self.texts[row] = account.text
        self.traits[row] = number = self._number(account.traits)
        self.counts[number] += 1
        self.created[row] = account.created
        self.updated[row] = account.updated
        self.last_login[row] = account.last_login

    def _number(self, traits: Traits) -> int:
        number = self._number_of.get(traits)
        if number is None:
            number = self._number_of[traits] = len(self.known)
            self.known.append(traits)
            self.counts.append(0)
        return number


Value = str | float


class Sort(NamedTuple):
    """What accounts can be sorted by, and the part of a row that it is made of."""

    made_of: str
    value: Callable[[Rows, int], Value]


def _text(name: str) -> Sort:
    number = SEARCHED.index(name)
    return Sort("text", lambda rows, row: rows.field(row, number)[:_KEY_CHARS])


SORTS: Final = {
    "username": _text("username"),
    "email": _text("email"),
    "full_name": _text("full_name"),
    "created_at": Sort("created", lambda rows, row: rows.created[row]),
    "updated_at": Sort("updated", lambda rows, row: rows.updated[row]),
    "last_login": Sort("last_login", lambda rows, row: rows.last_login[row]),
    "role": Sort("traits", lambda rows, row: rows.known[rows.traits[row]].role),
    "status": Sort("traits", lambda rows, row: rows.known[rows.traits[row]].status),
}


@lru_cache(maxsize=8)  # the times of one account are often the same
def _seconds(text: str | None) -> float:
    """Seconds since 1970 of a stored time; `NEVER` where there is none."""
    if not text:
        return NEVER
    try:
        return epoch_s_of(text)
    except (ValueError, OverflowError):
        return NEVER
