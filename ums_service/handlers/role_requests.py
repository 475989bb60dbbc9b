"""Roles that people ask for, and those who decide on it."""

from collections.abc import AsyncIterator
from typing import Any

from ums_client.protocol.permissions import Permission
from ums_client.protocol.role_requests import (
    DecideRoleRequest,
    DecideRoleRequestReply,
    ListRoleRequests,
    ListRoleRequestsReply,
    RequestRole,
    RequestRoleReply,
    WithdrawRoleRequest,
    WithdrawRoleRequestReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.several import Several
from ums_service.domain.errors import (
    InvalidInput,
    NoSuchLab,
    NoSuchRequest,
    OwnRequest,
    PermissionDenied,
)
from ums_service.domain.grant_ends import end_of
from ums_service.domain.moment import text_of
from ums_service.domain.role_requests import (
    ROLE_REQUESTS,
    RoleRequest,
    RoleRequests,
    State,
)
from ums_service.domain.users import USERS
from ums_service.handlers.assignments import (
    Terms,
    assignable,
    give,
    may_assign_to,
    role_to_give,
)
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.granting import account
from ums_service.handlers.turns import taking_turns


async def request_role(request: RequestRole, call: Call) -> Answer[RequestRoleReply]:
    """Ask for a role."""
    user_id, profile = call.own_session.user_id, call.facilities.profile
    call.subject = user_id
    await call.own_account()
    lab_ids = call.decided().lab_ids
    if request.lab_id is not None and request.lab_id not in lab_ids:
        raise NoSuchLab  # also where there is one: it is not the caller's business
    await role_to_give(request.role, call, field="role")
    own = await call.tx.get(ROLE_REQUESTS, user_id) or RoleRequests(user_id)
    pending = own.pending(call.now)
    if (request.role, request.lab_id) in {(r.role, r.lab_id) for r in pending}:
        raise InvalidInput("role", "was asked for already")
    if len(pending) >= profile.role_requests_per_user:
        raise InvalidInput("role", "too many requests wait for an answer")
    made = RoleRequest(
        role_request_id=call.facilities.new_device_id(),
        role=request.role,
        lab_id=request.lab_id,
        reason=request.reason,
        wanted_days=request.wanted_days,
        asked_at=call.now.text,
        answer_by_s=call.now.reached_s + profile.role_request_s,
    )
    call.tx.put(ROLE_REQUESTS, own.with_one(made, call.now))
    _tell(made, call)
    call.changes = {"reason": ["", request.reason]}
    view = _view(user_id, made, call)
    return answer(RequestRoleReply, message="The role was asked for", request=view)


async def list_role_requests(
    request: ListRoleRequests, call: Call
) -> Answer[ListRoleRequestsReply]:
    """List the caller's requests and those that the caller may decide."""
    found = [pair async for pair in _visible(request, call)]
    found.sort(key=lambda pair: pair[1].asked_at, reverse=True)
    first = (request.page - 1) * request.page_size
    shown = found[first : first + request.page_size]
    call.discloses = any(user_id != call.own_session.user_id for user_id, _ in shown)
    return answer(
        ListRoleRequestsReply,
        requests=[_view(user_id, one, call) for user_id, one in shown],
        total=len(found),
        page=request.page,
        page_size=request.page_size,
    )


async def decide_role_request(
    request: DecideRoleRequest, call: Call
) -> Answer[DecideRoleRequestReply]:
    """Approve or refuse a request."""
    if request.user_id == call.own_session.user_id:
        raise OwnRequest
    require_fresh(call)
    call.subject = request.user_id
    own = await call.tx.get(ROLE_REQUESTS, request.user_id)
    asked = own.waiting(request.role_request_id, call.now) if own else None
    if not may_assign_to(request.user_id, asked.lab_id if asked else None, call):
        raise PermissionDenied
    if own is None or asked is None:
        raise NoSuchRequest
    await account(request.user_id, call)
    if request.decision == "approve":
        await _approve(asked, request, call)
    else:
        call.changes = {"reason": [asked.reason, request.reason]}
    approved = request.decision == "approve"
    decided = asked._replace(
        state=State.APPROVED if approved else State.REFUSED,
        decided_by=call.own_session.user_id,
        decided_at=call.now.text,
        decision_reason=request.reason,
    )
    call.tx.put(ROLE_REQUESTS, own.with_one(decided, call.now))
    _tell(decided, call)
    view = _view(request.user_id, decided, call)
    return answer(DecideRoleRequestReply, message="Decided", request=view)


async def withdraw_role_request(
    request: WithdrawRoleRequest, call: Call
) -> Answer[WithdrawRoleRequestReply]:
    """Take back a request of one's own."""
    call.subject = user_id = call.own_session.user_id
    own = await call.tx.get(ROLE_REQUESTS, user_id)
    asked = own.waiting(request.role_request_id, call.now) if own else None
    if own is None or asked is None:
        raise NoSuchRequest
    taken_back = asked._replace(state=State.WITHDRAWN, decided_at=call.now.text)
    call.tx.put(ROLE_REQUESTS, own.with_one(taken_back, call.now))
    _tell(taken_back, call)
    view = _view(user_id, taken_back, call)
    return answer(WithdrawRoleRequestReply, message="Withdrawn", request=view)


async def _approve(asked: RoleRequest, request: DecideRoleRequest, call: Call) -> None:
    """Give the role, as whoever assigns it would."""
    days = request.expires_in_days
    if days is None and request.expires_at is None:
        days = asked.wanted_days
    until_s = end_of(request.expires_at, days, call.now)
    terms, several = Terms(asked.lab_id, until_s, request.reason), Several(call)
    role = await assignable(asked.role, terms, call)
    await give(request.user_id, [role], terms, several)
    await several.enter()


async def _visible(
    request: ListRoleRequests, call: Call
) -> AsyncIterator[tuple[str, RoleRequest]]:
    store, own_id = call.facilities.store, call.own_session.user_id
    if request.user_id is not None:
        user_ids = [request.user_id]
    else:
        user_ids = store.ids(ROLE_REQUESTS) if _assigns_anywhere(call) else [own_id]
    async for _, user_id in taking_turns(user_ids):
        known = store.get(ROLE_REQUESTS, user_id)
        if known is None or store.get_value(USERS, user_id) is None:
            continue
        for one in known.settled(call.now).requests:
            mine = user_id == own_id
            if _wanted(one, request) and (
                mine or may_assign_to(user_id, one.lab_id, call)
            ):
                yield user_id, one


def _wanted(asked: RoleRequest, request: ListRoleRequests) -> bool:
    return request.state in (None, asked.state) and request.role in (None, asked.role)


def _assigns_anywhere(call: Call) -> bool:
    caller = call.facilities.authority.caller(call.own_session.user_id)
    return caller is not None and (
        caller.administers
        or any(Permission.ROLES_ASSIGN in grant.allows for grant in caller.grants)
    )


def _tell(asked: RoleRequest, call: Call) -> None:
    call.details = {
        "role_request_id": asked.role_request_id,
        "role": asked.role,
        "state": str(asked.state),
    }
    if asked.lab_id is not None:
        call.details["lab_id"] = asked.lab_id
    if asked.wanted_days is not None:
        call.details["wanted_days"] = asked.wanted_days


def _view(user_id: str, asked: RoleRequest, call: Call) -> dict[str, Any]:
    shown = asked._asdict()
    user = call.facilities.store.get_document(USERS, user_id)
    return {
        "role_request_id": shown.pop("role_request_id"),
        "user_id": user_id,
        "username": user["username"] if user else "",
        "answer_by": text_of(shown.pop("answer_by_s")),
    } | shown
