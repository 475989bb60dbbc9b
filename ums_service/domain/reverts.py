"""What of a change can be taken back, from what its audit entry tells."""

from collections.abc import Callable
from typing import Final, NamedTuple

from ums_service.domain.accounts import PERSON_FIELDS
from ums_service.domain.audit_seals import VALUE_CHARS_MAX, Changes, change_of
from ums_service.domain.details import TOLD
from ums_service.domain.errors import ChangedSince, WrongState

REVERTIBLE: Final = frozenset({*PERSON_FIELDS, *TOLD, "username", "user_type"})
"""Text about a person. What opens an account, or decides what it may do, has rules of
its own and is changed by them only."""


class Revert(NamedTuple):
    """The values to go back to, and the names of what stays as it is."""

    values: dict[str, str]
    skipped: list[str]


def revert_of(changes: Changes | None, current: Callable[[str], object]) -> Revert:
    """How to take a change back; `current` tells the value that a field has now.

    Raises:
        WrongState: nothing of it can be taken back.
        ChangedSince: a field was changed again.
    """
    told = changes or {}
    values = {
        name: before
        for name, (before, after) in told.items()
        if name in REVERTIBLE and not _is_cut(before, after)
    }
    if not values:
        raise WrongState("Nothing of this entry can be reverted")
    since = [n for n in values if change_of(current(n), "")[0] != told[n][1]]
    if since:
        raise ChangedSince(since)
    return Revert(values, sorted(told.keys() - values.keys()))


def _is_cut(*values: str) -> bool:
    """Whether one of them is longer than an entry tells."""
    return any(len(value) > VALUE_CHARS_MAX for value in values)
