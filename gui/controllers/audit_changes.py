"""What an entry of the audit log changed, each value before and after."""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from gui.controllers.wording import said
from ums_client.protocol.actions import Audit
from ums_client.protocol.audit import AuditedEvent

Change: TypeAlias = tuple[str, str, str]
_IN_DETAILS: Final[dict[str, tuple[str, ...]]] = {
    Audit.LAB_MEMBER_UPDATED: ("role", "is_active"),
}
"""Events whose details have values before and after, as a list of two."""


def changes_of(entry: AuditedEvent) -> tuple[Change, ...]:
    """The names of what is other than before, and both values."""
    given = [
        (said(name), _shown(pair[0]), _shown(pair[1]))
        for name, pair in (entry.changes or {}).items()
        if len(pair) > 1
    ]
    other = [
        (said(name), _shown(before), _shown(after))
        for name, (before, after) in _pairs(entry).items()
        if before != after
    ]
    return (*given, *other)


def details_of(entry: AuditedEvent) -> dict[str, Any]:
    """What else is told of it; a value that stayed as it was stands there once."""
    pairs = _pairs(entry)
    stayed = {
        n: _shown(after) for n, (before, after) in pairs.items() if before == after
    }
    others = {n: v for n, v in (entry.details or {}).items() if n not in pairs}
    return others | stayed


def _pairs(entry: AuditedEvent) -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for name in _IN_DETAILS.get(entry.event, ()):
        value = (entry.details or {}).get(name)
        if isinstance(value, list) and len(value) == 2:
            found[name] = (value[0], value[1])
    return found


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value else "(empty)"
