"""What an account is in one lab, worked out once for as long as it holds."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from ums_service.domain.attribute_book import Definition
from ums_service.domain.authorisation import (
    Caller,
    Decision,
    Kind,
    Resource,
    may,
    permissions_of,
)
from ums_service.domain.labs import Lab
from ums_service.domain.moment import Moment

_OF_ADMINISTRATORS: Final = ("lab", "system")
"""The categories of which administrators of the service have all."""


class Standing(NamedTuple):
    """What an account is in a lab, from `since_s` until `until_s`.

    `lab` is None where it has no part in one: there is no such lab, it is not active, or
    nothing in it is theirs. `role` is that of their membership, `attributes` is all
    that they have there. No two standings have the same number.
    """

    caller: Caller
    lab: Lab | None
    role: str | None
    attributes: list[str]
    known: Mapping[str, Definition]
    since_s: int
    until_s: int | None
    number: int

    def holds(self, now: Moment) -> bool:
        """Whether no grant has ended since; False where time seems to be before that."""
        at_s = now.reached_s
        return self.since_s <= at_s and (self.until_s is None or at_s < self.until_s)

    def decide(self, attribute: str, now: Moment) -> Decision | None:
        """Whether they have it there; None where nobody like them can have it."""
        if self.lab is None or not _can_have(self.known.get(attribute), self.caller):
            return None
        return may(self.caller, attribute, Resource(frozenset({self.lab.lab_id})), now)


def standing_of(
    caller: Caller,
    lab: Lab | None,
    known: Mapping[str, Definition],
    now: Moment,
    *,
    number: int,
) -> Standing:
    """The standing of `caller` in `lab`; `known` has all attributes by their names."""
    ends = [grant.until_s for grant in caller.grants if grant.until_s is not None]
    until_s = min((end for end in ends if end > now.reached_s), default=None)
    role, names = None, frozenset[str]()
    if lab is not None and lab.active and caller.active:
        role, names = _role(caller, lab), _attributes(caller, lab, known, now)
    takes_part = role is not None or names or (caller.administers and lab)
    return Standing(
        caller,
        lab if takes_part and lab and lab.active else None,
        role,
        sorted(names),
        known,
        now.reached_s,
        until_s,
        number,
    )


def _role(caller: Caller, lab: Lab) -> str | None:
    roles = (
        grant.name
        for grant in caller.grants
        if grant.kind is Kind.LAB_ROLE and grant.lab_id == lab.lab_id
    )
    return next(roles, None)


def _attributes(
    caller: Caller, lab: Lab, known: Mapping[str, Definition], now: Moment
) -> frozenset[str]:
    if not caller.administers:
        allowed = permissions_of(caller, frozenset({lab.lab_id}), now)
        return frozenset(name for name in allowed if _can_have(known.get(name), caller))
    names = frozenset(name for name, one in known.items() if _can_have(one, caller))
    return names if caller.scopes is None else names & caller.scopes


def _can_have(definition: Definition | None, caller: Caller) -> bool:
    """Whether anybody like this can have the attribute at all."""
    if definition is None or not definition.active:
        return False
    return not caller.administers or definition.category in _OF_ADMINISTRATORS
