"""How the contents of a role change, and what is told of it. Pure."""

from dataclasses import fields, replace
from typing import Any, Final

from ums_service.domain.roles import Role

_NOT_TOLD: Final = ("created_at", "updated_at", "role_id")


def with_effect(
    role: Role, names: frozenset[str], effect: str, until_s: int | None
) -> Role:
    """The role after it allows or denies these until then, or names them no more."""
    ends = {name: end for name, end in role.ends.items() if name not in names}
    if until_s is not None:
        ends |= dict.fromkeys(names, until_s)
    allows, denies = role.allows - names, role.denies - names
    if effect == "allow":
        allows |= names
    elif effect == "deny":
        denies |= names
    if effect == "revoke":
        ends = {name: end for name, end in ends.items() if name in allows | denies}
    return replace(role, allows=allows, denies=denies, ends=ends)


def state_of(role: Role, name: str) -> tuple[bool, bool, int | None]:
    """What the role says of one permission."""
    return name in role.allows, name in role.denies, role.ends.get(name)


def difference(before: Role | None, after: Role | None) -> dict[str, Any]:
    """What the audit entry says of a role: the fields that differ, old and new."""
    old, new = _told(before), _told(after)
    differ = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    role = after or before
    return {
        "role": role.name if role else "",
        "old": {name: old[name] for name in differ if name in old},
        "new": {name: new[name] for name in differ if name in new},
    }


def _told(role: Role | None) -> dict[str, Any]:
    if role is None:
        return {}
    told = {
        f.name: getattr(role, f.name) for f in fields(role) if f.name not in _NOT_TOLD
    }
    return told | {
        "allows": sorted(role.allows),
        "denies": sorted(role.denies),
        "ends": dict(role.ends),
    }
