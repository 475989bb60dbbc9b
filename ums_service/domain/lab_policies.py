"""What a lab asks of its members beyond what the service asks of everybody.

A value may be stricter than that of the profile, never looser. Which of two values is
the stricter one stands in one table, and what is not in it cannot be set. An account is
held to the strictest of each, of the profile and of all labs that it is an active
member of.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Any, Final, cast

from storage import Collection
from ums_service.domain.profiles import Profile

Value = int | bool | str | None
_Rank = Callable[[Any], float]


def _more(value: int) -> float:
    return value


def _less(value: int | None) -> float:
    return -inf if value is None else -value


def _not(value: bool) -> float:  # noqa: FBT001 - the value of a policy
    return not value


def _later_in(*words: str) -> _Rank:
    return words.index


RANKS: Final[Mapping[str, _Rank]] = {
    "password_chars_min": _more,
    "password_classes": _more,
    "password_common": _later_in("off", "whole", "part"),
    "password_personal": _more,
    "password_runs": _more,
    "password_history": _more,
    "password_expires_s": _less,
    "mfa_required": _later_in("off", "administrators", "everybody"),
    "device_spares_factor": _not,
    "session_s": _less,
    "session_idle_s": _less,
    "sessions_per_user": _less,
}
"""What a lab may tighten: the greater the rank of a value, the stricter it is."""


@dataclass(frozen=True, slots=True)
class LabPolicy:
    """What one lab asks. `values` are by the names of `Profile`.

    `addresses` are the networks from which members may log in; none is everywhere.
    """

    lab_id: str
    values: Mapping[str, Value]
    addresses: tuple[str, ...] = ()
    updated_at: str = ""


def _key(policy: LabPolicy) -> str:
    return policy.lab_id


def _to_document(policy: LabPolicy) -> dict[str, Any]:
    return {
        "lab_id": policy.lab_id,
        "values": dict(policy.values),
        "addresses": list(policy.addresses),
        "updated_at": policy.updated_at,
    }


def _from_document(document: dict[str, Any]) -> LabPolicy:
    return LabPolicy(**document | {"addresses": tuple(document["addresses"])})


LAB_POLICIES: Final = Collection(
    name="lab_policies",
    key=_key,
    to_document=_to_document,
    from_document=_from_document,
)


def is_stricter(name: str, value: Value, other: Value) -> bool:
    """Whether `value` asks for more than `other`."""
    return RANKS[name](value) > RANKS[name](other)


def looser_than(profile: Profile, values: Mapping[str, Value]) -> list[str]:
    """The names of those values that ask for less than the profile does."""
    return [
        name
        for name, value in values.items()
        if is_stricter(name, getattr(profile, name), value)
    ]


def strictest(profile: Profile, policies: Iterable[LabPolicy]) -> Profile:
    """The profile with the strictest of each value; the same one if none is stricter."""
    changes: dict[str, Value] = {}
    for policy in policies:
        for name, value in policy.values.items():
            known = changes[name] if name in changes else getattr(profile, name)
            if is_stricter(name, value, known):
                changes[name] = value
    return replace(profile, **cast("dict[str, Any]", changes)) if changes else profile
