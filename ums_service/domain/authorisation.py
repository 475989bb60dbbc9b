"""The one decision: may this caller do that to this, now, and why.

Roles, lab roles, attributes and the scopes of keys all arrive here as grants; nothing
else in the service decides what somebody is allowed to do.

In order, the first that applies decides:

    the account is not active                        no   (inactive)
    a key whose scopes leave the permission out      no   (scope)
    administrators of the service                    yes  (administrator)
    any grant in force denies it                     no   (denied)
    no grant in force allows it                      no   (missing)
    the account acted on can do what the caller
    cannot, and it would be changed                  no   (outranked)
    otherwise                                        yes  (granted)
"""

from enum import StrEnum
from typing import Final, NamedTuple

from ums_service.domain.moment import Moment

NOTHING: Final[frozenset[str]] = frozenset()


class Kind(StrEnum):
    """What a grant comes from."""

    ROLE = "role"
    LAB_ROLE = "lab_role"
    ATTRIBUTE = "attribute"


class Grant(NamedTuple):
    """Permissions that somebody has, or is denied, from one source."""

    kind: Kind
    name: str
    allows: frozenset[str]
    denies: frozenset[str] = NOTHING
    lab_id: str | None = None
    """The lab it counts in; None for everywhere."""
    until_s: int | None = None
    """Seconds since 1970 at which it ends by itself; None for never."""

    def in_force(self, lab_ids: frozenset[str], now: Moment) -> bool:
        """Whether it counts now for something that belongs to these labs."""
        if self.until_s is not None and now.reached_s >= self.until_s:
            return False
        return self.lab_id is None or self.lab_id in lab_ids


class Caller(NamedTuple):
    """Who asks, as far as decisions go."""

    user_id: str
    active: bool = True
    administers: bool = False
    appointed: bool = False
    """Whether it would administer if it were active."""
    grants: tuple[Grant, ...] = ()
    lab_ids: frozenset[str] = NOTHING
    """The labs it is a member of."""
    scopes: frozenset[str] | None = None
    """What the key they came with is limited to; None for a session."""


class Resource(NamedTuple):
    """What is asked for, as far as decisions go."""

    lab_ids: frozenset[str] = NOTHING
    """The labs it belongs to; empty for what belongs to the whole service."""
    changes: Caller | None = None
    """The account that is to be changed, where it is somebody else's."""
    opens: bool = False
    """Whether that change can open the account to whoever makes it."""


WHOLE_SERVICE: Final = Resource()


class By(StrEnum):
    """What decided."""

    INACTIVE = "inactive"
    SCOPE = "scope"
    ADMINISTRATOR = "administrator"
    DENIED = "denied"
    MISSING = "missing"
    OUTRANKED = "outranked"
    GRANTED = "granted"


class Decision(NamedTuple):
    """The answer, what decided it, and the grants that did."""

    allowed: bool
    by: By
    grants: tuple[Grant, ...] = ()


def may(caller: Caller, permission: str, resource: Resource, now: Moment) -> Decision:
    """Whether `caller` may do this, and why. Raises nothing."""
    if not caller.active:
        return Decision(allowed=False, by=By.INACTIVE)
    if caller.scopes is not None and permission not in caller.scopes:
        return Decision(allowed=False, by=By.SCOPE)
    if caller.administers:
        return Decision(allowed=True, by=By.ADMINISTRATOR)
    force = [g for g in caller.grants if g.in_force(resource.lab_ids, now)]
    denying = tuple(grant for grant in force if permission in grant.denies)
    if denying:
        return Decision(allowed=False, by=By.DENIED, grants=denying)
    allowing = tuple(grant for grant in force if permission in grant.allows)
    if not allowing:
        return Decision(allowed=False, by=By.MISSING)
    if resource.changes is not None and outranks(
        resource.changes, caller, now, opens=resource.opens
    ):
        return Decision(allowed=False, by=By.OUTRANKED)
    return Decision(allowed=True, by=By.GRANTED, grants=allowing)


def permissions_of(
    caller: Caller, lab_ids: frozenset[str], now: Moment
) -> frozenset[str]:
    """All that the caller's grants allow there; administrators may more than these."""
    force = [grant for grant in caller.grants if grant.in_force(lab_ids, now)]
    allowed = NOTHING.union(*(grant.allows for grant in force))
    allowed -= NOTHING.union(*(grant.denies for grant in force))
    return allowed if caller.scopes is None else allowed & caller.scopes


FOREVER: Final = Moment(2**62, 0.0)
"""Later than whatever ends."""


def has_all(
    caller: Caller,
    names: frozenset[str],
    lab_ids: frozenset[str],
    now: Moment,
    until_s: int | None,
) -> bool:
    """Whether the caller has all of these there, from now until then or for good.

    What is allowed only ends, so to have it now and at the end is to have it between.
    """
    if not caller.active:
        return False
    if caller.administers:
        return caller.scopes is None or names <= caller.scopes
    last = FOREVER if until_s is None else Moment((until_s - 1) * 1_000_000_000, 0.0)
    return all(names <= permissions_of(caller, lab_ids, at) for at in (now, last))


def outranks(
    other: Caller, caller: Caller, now: Moment, *, opens: bool = False
) -> bool:
    """Whether `other` can do something in the whole service that `caller` cannot.

    Where the change `opens` the account, also whether there is such a thing in a lab.

    Who may change accounts must not become more powerful by changing those of the
    powerful: their address, say, to which a new password can be mailed. What an account
    out of use would have again counts, too.
    """
    if caller.administers:
        return False
    if other.administers or other.appointed:
        return True
    places = [NOTHING]
    if opens:
        places += [frozenset({g.lab_id}) for g in other.grants if g.lab_id]
    return any(
        not permissions_of(other, place, now) <= permissions_of(caller, place, now)
        for place in set(places)
    )
