"""Which accounts are wanted: each filter as a test on many rows at once."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from ums_service.directory.folding import folded, words
from ums_service.directory.rows import NEVER, Rows, Traits
from ums_service.domain.errors import InvalidInput
from ums_service.domain.moment import epoch_s_of
from ums_service.domain.users import ACTIVE

Test = Callable[[Rows, list[int]], list[int]]
"""Those of the rows that pass, in the same order."""


class Wanted(NamedTuple):
    """The filters as they are asked for; None means any. All that are given must hold.

    Company and department are compared without regard to case and accents. Times are ISO 8601; `..._after` includes its moment, `..._before` does not.
    """

    query: str | None = None
    match: str = "contains"
    role: str | None = None
    status: str | None = None
    is_active: bool | None = None
    email_verified: bool | None = None
    mfa_enabled: bool | None = None
    user_type: str | None = None
    company: str | None = None
    department: str | None = None
    locked: bool | None = None
    has_role: str | None = None
    has_permission: str | None = None
    created_after: str | None = None
    created_before: str | None = None
    last_login_after: str | None = None
    last_login_before: str | None = None
    never_logged_in: bool | None = None

    def given(self) -> dict[str, Any]:
        """What narrows it, but not the words that may name a person."""
        both = zip(self._fields, self, strict=True)
        return {
            name: value
            for name, value in both
            if value is not None and name not in ("query", "match")
        }


_TRAITS: Final[dict[str, Callable[[Traits], object]]] = {
    "role": lambda traits: traits.role,
    "status": lambda traits: traits.status,
    "is_active": lambda traits: traits.status == ACTIVE,
    "email_verified": lambda traits: traits.email_verified,
    "mfa_enabled": lambda traits: traits.mfa_enabled,
    "user_type": lambda traits: traits.user_type,
}
"""Filters on what many accounts share: decided once for all of them."""
_TIMES: Final = ("created", "last_login")


@dataclass(slots=True)
class Selection:
    """The filters, ready to be used."""

    traits: dict[str, object] = field(default_factory=dict)
    tests: list[Test] = field(default_factory=list)
    _known: int = 0
    _numbers: frozenset[int] = frozenset()

    def of(self, rows: Rows, some: list[int]) -> list[int]:
        """Those of some rows that are wanted, in the same order."""
        if self.traits:
            numbers, column = self.numbers(rows), rows.traits
            some = [row for row in some if column[row] in numbers]
        for test in self.tests:
            some = test(rows, some)
        return some

    def numbers(self, rows: Rows) -> frozenset[int]:
        """The traits that are wanted, by their numbers."""
        if self._known != len(rows.known):
            wanted = [(_TRAITS[name], value) for name, value in self.traits.items()]
            self._numbers = frozenset(
                number
                for number, traits in enumerate(rows.known)
                if all(of(traits) == value for of, value in wanted)
            )
            self._known = len(rows.known)
        return self._numbers

    def count(self, rows: Rows) -> int | None:
        """How many accounts are wanted; None where that takes a look at each."""
        if self.tests:
            return None
        return sum(rows.counts[number] for number in self.numbers(rows))


def selection_of(wanted: Wanted, *, everything: bool = True) -> Selection:
    """The filters that a row itself can answer.

    A query looks into what everybody may see of an account, or into `everything`.

    Raises:
        InvalidInput: a time cannot be read.
    """
    traits = {name: getattr(wanted, name) for name in _TRAITS}
    tests = [
        _has_word(word, begins=wanted.match == "prefix", everything=everything)
        for word in words(wanted.query or "")
    ]
    if wanted.company is not None:
        tests.append(_of_company(folded(wanted.company)))
    if wanted.department is not None:
        tests.append(_of_department(folded(wanted.department)))
    for column in _TIMES:
        after, before = (
            time_of(name, getattr(wanted, name))
            for name in (f"{column}_after", f"{column}_before")
        )
        if after is not None or before is not None:
            tests.append(between(column, after, before))
    if wanted.never_logged_in is not None:
        never = wanted.never_logged_in
        tests.append(_never_logged_in if never else between("last_login", None, None))
    given = {name: value for name, value in traits.items() if value is not None}
    return Selection(given, tests)


def between(column: str, after: float | None, before: float | None) -> Test:
    """That it happened at all, from `after` on and before `before`."""
    low = 0.0 if after is None else max(0.0, after)
    high = float("inf") if before is None else before

    def test(rows: Rows, some: list[int]) -> list[int]:
        times = getattr(rows, column)
        return [row for row in some if low <= times[row] < high]

    return test


def one_of(user_ids: set[str], *, wanted: bool) -> Test:
    """That the account is among these, or is not."""
    if wanted:
        return lambda rows, some: [row for row in some if rows.ids[row] in user_ids]
    return lambda rows, some: [row for row in some if rows.ids[row] not in user_ids]


def _has_word(word: str, *, begins: bool, everything: bool) -> Test:
    at_first, within = f"\n{word}", f" {word}"

    def contains(rows: Rows, some: list[int]) -> list[int]:
        public, private = rows.public, rows.private
        if everything:
            return [r for r in some if word in public[r] or word in private[r]]
        return [row for row in some if word in public[row]]

    def begins_with(rows: Rows, some: list[int]) -> list[int]:
        public, private = rows.public, rows.private
        found = contains(rows, some)
        if everything:
            return [
                r
                for r in found
                if at_first in public[r]
                or within in public[r]
                or at_first in private[r]
                or within in private[r]
            ]
        return [r for r in found if at_first in public[r] or within in public[r]]

    return begins_with if begins else contains


def _of_company(company: str) -> Test:
    line = f"\n{company}\n"  # the last of the text
    return lambda rows, some: [row for row in some if rows.private[row].endswith(line)]


def _of_department(department: str) -> Test:
    return lambda rows, some: [
        row for row in some if rows.departments[row] == department
    ]


def _never_logged_in(rows: Rows, some: list[int]) -> list[int]:
    return [row for row in some if rows.last_login[row] == NEVER]


def time_of(name: str, text: str | None) -> float | None:
    """Seconds since 1970 of the time in a field. Raises InvalidInput."""
    if text is None:
        return None
    try:
        return epoch_s_of(text)
    except (ValueError, OverflowError):
        raise InvalidInput(name, "should be a time in ISO 8601") from None
