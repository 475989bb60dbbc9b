"""What the service asks of accounts, and what labs ask beyond that."""

from typing import Any, Final

from ums_client.protocol.permissions import Permission
from ums_client.protocol.policies import (
    GetPolicy,
    GetPolicyReply,
    UpdatePolicy,
    UpdatePolicyReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.errors import InvalidInput, PermissionDenied
from ums_service.domain.lab_policies import (
    RANKS,
    LabPolicy,
    Value,
    is_stricter,
    looser_than,
    strictest,
)
from ums_service.domain.networks import network_of
from ums_service.domain.profiles import Profile
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.lab_members import ENTERING

_CHANGING: Final = (Permission.LAB_SETTINGS_EDIT, Permission.POLICY_MANAGE)
_OF_THE_SERVICE: Final = (
    "failures_max",
    "failures_window_s",
    "lockout_s",
    "address_failures_max",
    "address_block_s",
)
"""Shown beside what labs may tighten; attempts at passwords are counted for all alike."""


async def get_policy(request: GetPolicy, call: Call) -> Answer[GetPolicyReply]:
    """Read a policy."""
    facilities = call.facilities
    if request.lab_id is None:
        return answer(GetPolicyReply, policy=_view(facilities.profile))
    scope = call.in_lab(request.lab_id, *ENTERING, *_CHANGING)
    scope.read(facilities.store)
    policy = scope.policy(facilities.store)
    return answer(GetPolicyReply, **_views(policy, facilities.profile))


async def update_policy(request: UpdatePolicy, call: Call) -> Answer[UpdatePolicyReply]:
    """Tighten the policy of a lab, or take it back to that of the service."""
    scope, profile = call.in_lab(request.lab_id, *_CHANGING), call.facilities.profile
    require_fresh(call)
    await scope.lab(call.tx)
    before = await scope.policy_to_change(call.tx)
    given = {n: getattr(request, n) for n in RANKS if n in request.model_fields_set}
    set_now = {name: value for name, value in given.items() if value is not None}
    for name in looser_than(profile, set_now):
        raise InvalidInput(name, "should not ask for less than the service does")
    kept = {name: value for name, value in before.values.items() if name not in given}
    addresses = before.addresses
    if "addresses" in request.model_fields_set:
        addresses = tuple(network_of(one) for one in request.addresses or ())
    after = LabPolicy(scope.lab_id, kept | set_now, addresses, call.now.text)
    if not call.may(Permission.POLICY_MANAGE):
        _check_only_tightens(before, after, profile)
    scope.save_policy(call.tx, after)
    call.details = {"values": given, "addresses": list(addresses)}
    views = _views(after, profile)
    return answer(UpdatePolicyReply, message="Policy updated", **views)


def _check_only_tightens(before: LabPolicy, after: LabPolicy, profile: Profile) -> None:
    """Raise PermissionDenied where less is asked than now, or other networks are named.

    Who runs a lab can make anybody a member of it: with networks they could keep whom
    they like from logging in.
    """
    old, new = strictest(profile, [before]), strictest(profile, [after])
    loosened = any(is_stricter(n, getattr(old, n), getattr(new, n)) for n in RANKS)
    if loosened or after.addresses != before.addresses:
        raise PermissionDenied


def _views(policy: LabPolicy, profile: Profile) -> dict[str, Any]:
    return {
        "policy": _view(strictest(profile, [policy])),
        "own": dict(policy.values),
        "addresses": list(policy.addresses),
    }


def _view(profile: Profile) -> dict[str, Value]:
    return {name: getattr(profile, name) for name in (*RANKS, *_OF_THE_SERVICE)}
