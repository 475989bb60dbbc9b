"""More of an account than the account itself, for who asks for it."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from ums_client.protocol.permissions import Permission
from ums_service.calls.call import Call
from ums_service.domain.details import (
    CONTACT,
    DETAILS,
    PREFERENCES,
    PROFILE,
    Details,
)
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements
from ums_service.domain.factors import FACTORS
from ums_service.domain.moment import text_of
from ums_service.domain.standings import STANDINGS, Standing
from ums_service.domain.users import User

Section = dict[str, Any] | list[dict[str, Any]]


def sections(user: User, wanted: Sequence[str], call: Call) -> dict[str, Section]:
    """The sections of an account that were asked for.

    Raises:
        PermissionDenied: who sees the account for sharing a lab asks for its security.
    """
    return {name: _SECTIONS[name](user, call) for name in _SECTIONS if name in wanted}


def profile_of(user: User, own: Details) -> dict[str, Any]:
    """Who somebody is."""
    said = own.section(PROFILE)
    of_account = ("first_name", "last_name", "full_name", "department", "company")
    whole = {name: getattr(user, name) for name in of_account} | said
    best = said["preferred_name"] or user.full_name or user.username
    return whole | {
        "display_name": best,
        "user_type": user.user_type,
        "date_of_birth": user.date_of_birth,
    }


def contact_of(user: User, own: Details) -> dict[str, Any]:
    """How somebody is reached."""
    names = ("email", "phone", "address", "city", "postal_code", "country")
    return {name: getattr(user, name) for name in names} | own.section(CONTACT)


def _details(user: User, call: Call) -> Details:
    found = call.facilities.store.get(DETAILS, user.user_id)
    return found or Details(user.user_id, {})


def _entitlements(user: User, call: Call) -> Entitlements:
    found = call.facilities.store.get(ENTITLEMENTS, user.user_id)
    return found or Entitlements(user.user_id)


def _sees(lab_id: str | None, user: User, call: Call) -> bool:
    """Whether the caller may know of what somebody has in a lab, or everywhere."""
    if user.user_id == call.own_session.user_id:
        return True
    lab_ids = frozenset({lab_id} if lab_id else ())
    return call.may(Permission.USERS_READ, lab_ids=lab_ids)


def _roles(user: User, call: Call) -> Section:
    return [
        {
            "role": given.role,
            "lab_id": given.lab_id,
            "until": None if given.until_s is None else text_of(given.until_s),
            "reason": given.reason,
            "assigned_by": given.assigned_by,
            "assigned_at": given.assigned_at,
        }
        for given in _entitlements(user, call).roles
        if _sees(given.lab_id, user, call)
    ]


def _labs(user: User, call: Call) -> Section:
    return [
        {
            "lab_id": lab_id,
            "role": membership.role,
            "active": membership.active,
            "joined_at": membership.joined_at,
        }
        for lab_id, membership in _entitlements(user, call).labs.items()
        if _sees(lab_id, user, call)
    ]


def _security(user: User, call: Call) -> Section:
    facilities, user_id = call.facilities, user.user_id
    if user_id != call.own_session.user_id:
        call.require(Permission.USERS_READ)
    factors = facilities.store.get(FACTORS, user_id)
    standing = facilities.store.get(STANDINGS, user_id) or Standing(user_id)
    until_s = standing.until_s
    return {
        "email_verified": user.email_verified,
        "password_changed_at": user.password_changed_at,
        "must_change_password": user.must_change_password,
        "locked": facilities.attempts.is_locked(user_id, call.now),
        "locked_down": user.locked_down,
        "mfa_methods": list(factors.methods) if factors else [],
        "sessions": len(list(facilities.sessions.of_account(user_id, call.now))),
        "status_reason": standing.reason,
        "status_since": standing.since,
        "suspended_until": None if until_s is None else text_of(until_s),
    }


_SECTIONS: Final[dict[str, Callable[[User, Call], Section]]] = {
    "profile": lambda user, call: profile_of(user, _details(user, call)),
    "contact": lambda user, call: contact_of(user, _details(user, call)),
    "preferences": lambda user, call: _details(user, call).section(PREFERENCES),
    "roles": _roles,
    "labs": _labs,
    "security": _security,
}
