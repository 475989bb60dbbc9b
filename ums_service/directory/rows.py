"""What is kept of each account to find it: one row in a few columns.

Columns of numbers and one text for each account take a third of the memory that an
object for each would, and the collector of garbage has nothing to look at.
"""

from array import array
from collections.abc import Callable, Mapping
from functools import lru_cache
from sys import intern
from typing import Any, Final, NamedTuple

from ums_service.directory.folding import folded
from ums_service.directory.places import Places
from ums_service.domain.moment import epoch_s_of
from ums_service.domain.users import ACTIVE

PUBLIC: Final = ("username", "full_name")
"""The fields that a query looks into for everybody: they are shown in the directory."""
PRIVATE: Final = ("email", "company")
"""Those that it looks into beside them for who may read accounts."""
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
    user_type: str


class Account(NamedTuple):
    """One row. Times are in seconds since 1970; a text has each field in its line.

    There are two texts, so that what somebody may not see need not be cut off at each
    search. As bytes they would take less room, but four times as long to search.
    """

    public: str
    private: str
    department: str
    traits: Traits
    created: float
    updated: float
    last_login: float


def account_of(document: Mapping[str, Any], *, mfa_enabled: bool) -> Account:
    """The row of a stored account."""
    return Account(
        _lines(document, PUBLIC),
        _lines(document, PRIVATE),
        intern(folded(document.get("department") or "")),
        Traits(
            document.get("role", "user"),
            document.get("status", ACTIVE),
            bool(document.get("email_verified")),
            mfa_enabled,
            document.get("user_type") or "",
        ),
        _seconds(document.get("created_at")),
        _seconds(document.get("updated_at")),
        _seconds(document.get("last_login")),
    )


def _lines(document: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return "\n".join(["", *(folded(document.get(name) or "") for name in names), ""])


class Rows:
    """The columns. A row is a number; that of an account that went is used again."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.public: list[str] = []
        self.private: list[str] = []
        self.departments: list[str] = []
        self.traits = array("I")
        self.made = array("I")
        """Numbers in the order in which the accounts were made."""
        self.created = array("d")
        self.updated = array("d")
        self.last_login = array("d")
        self.row_of = Places()
        self.known: list[Traits] = []
        """All traits there were, by their number in the column."""
        self.counts: list[int] = []
        """How many accounts have them."""
        self._number_of: dict[Traits, int] = {}
        self._free: list[int] = []
        self._made = 0

    def __len__(self) -> int:
        return len(self.row_of)

    def account(self, row: int) -> Account:
        """What a row says."""
        return Account(
            self.public[row],
            self.private[row],
            self.departments[row],
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
            for texts in (self.public, self.private, self.departments):
                texts.append("")
            self.traits.append(0)
            self.made.append(0)
            for column in (self.created, self.updated, self.last_login):
                column.append(NEVER)
        self.row_of[user_id] = row
        self._made += 1
        self.made[row] = self._made
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
        for texts in (self.ids, self.public, self.private, self.departments):
            texts[row] = ""
        self._free.append(row)

    def _set(self, row: int, account: Account) -> None:
        self.public[row] = account.public
        self.private[row] = account.private
        self.departments[row] = account.department
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
    kind: type[Value]
    value: Callable[[Rows, int], Value]


def _public(name: str) -> Sort:
    number = PUBLIC.index(name)
    return Sort("public", str, lambda rows, row: _line(rows.public[row], number))


def _private(name: str) -> Sort:
    number = PRIVATE.index(name)
    return Sort("private", str, lambda rows, row: _line(rows.private[row], number))


def _line(text: str, number: int) -> str:
    return text.split("\n", number + 2)[number + 1][:_KEY_CHARS]


def _trait(number: int) -> Sort:
    return Sort("traits", str, lambda rows, row: rows.known[rows.traits[row]][number])


SORTS: Final = {
    "created_at": Sort("created", float, lambda rows, row: rows.created[row]),
    "username": _public("username"),
    "full_name": _public("full_name"),
    "email": _private("email"),
    "last_login": Sort("last_login", float, lambda rows, row: rows.last_login[row]),
    "updated_at": Sort("updated", float, lambda rows, row: rows.updated[row]),
    "status": _trait(Traits._fields.index("status")),
    "role": _trait(Traits._fields.index("role")),
    "user_type": _trait(Traits._fields.index("user_type")),
    "company": _private("company"),
    "department": Sort(
        "department", str, lambda rows, row: rows.departments[row][:_KEY_CHARS]
    ),
}
"""Those first that are likely to be asked for first: they are made in this order."""
AS_MADE: Final = Sort("made", float, lambda rows, row: float(rows.made[row]))
"""The order in which the store keeps the accounts."""


@lru_cache(maxsize=8)  # the times of one account are often the same
def _seconds(text: str | None) -> float:
    """Seconds since 1970 of a stored time; `NEVER` where there is none."""
    if not text:
        return NEVER
    try:
        return epoch_s_of(text)
    except (ValueError, OverflowError):
        return NEVER
