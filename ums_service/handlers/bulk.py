"""One operation on many accounts: each a decision, a commit and an entry of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, Final, NamedTuple

from ums_client.protocol.accounts import DeleteUser
from ums_client.protocol.assignments import AssignRole, RevokeRole
from ums_client.protocol.bulk import (
    BulkUsers,
    BulkUsersReply,
    CancelBulkJob,
    CancelBulkJobReply,
    GetBulkJob,
    GetBulkJobReply,
)
from ums_client.protocol.limits import BULK_ACCOUNTS_USUAL
from ums_client.protocol.lockouts import UnlockUser
from ums_client.protocol.message import Request
from ums_client.protocol.passwords import ForcePasswordChange
from ums_client.protocol.permissions import Permission
from ums_client.protocol.recovery import IssueLink, IssueLinkReply
from ums_client.protocol.sessions import RevokeSession
from ums_client.protocol.statuses import SetUserStatus
from ums_service.calls.answer import Answer, answer
from ums_service.calls.bulk_jobs import ItemResult, Job
from ums_service.calls.call import Call
from ums_service.calls.catalogue import Row
from ums_service.calls.item_calls import row_of, run_item
from ums_service.calls.notices import new_mail, post, require_mail
from ums_service.domain.errors import (
    InvalidInput,
    MissingInput,
    NotFound,
    ReauthenticationRequired,
)
from ums_service.domain.outbox import Template
from ums_service.domain.users import ACTIVE, USERS
from ums_service.handlers import (
    assignments,
    deletions,
    lockouts,
    passwords,
    sessions,
    statuses,
)
from ums_service.handlers.freshness import require_fresh

AT_ONCE: Final = 20
"""Accounts that are changed at the same time: their commits share a flush of the disk."""
_ALL_ACCOUNTS: Final = (
    Permission.USERS_READ,
    Permission.USERS_CREATE,
    Permission.USERS_UPDATE,
    Permission.USERS_DELETE,
    Permission.USERS_STATUS,
)


async def _mail_reset(request: IssueLink, call: Call) -> Answer[IssueLinkReply]:
    """Mail a link for a new password; nobody but the owner sees its token."""
    require_mail(call)
    call.subject = request.user_id
    user = await call.tx.get(USERS, request.user_id)
    if user is None:
        raise NotFound
    if user.status != ACTIVE:
        raise InvalidInput("user_id", "should be of an account in use")
    call.details |= {"purpose": request.purpose, "mailed": True}
    await post(call, new_mail(call, user, Template.RESET))
    return answer(IssueLinkReply, token="", expires_at="")


class _Doing(NamedTuple):
    """How an operation is done to one account."""

    row: Row
    request: Callable[[BulkUsers, str], Request[Any]]


def _status(status: str) -> Callable[[BulkUsers, str], Request[Any]]:
    return lambda asked, user_id: SetUserStatus.model_validate(
        {"user_id": user_id, "status": status, "reason": asked.reason}
    )


_SET_STATUS: Final = row_of("set_user_status", statuses.set_user_status)
_DOING: Final[dict[str, _Doing]] = {
    "activate": _Doing(_SET_STATUS, _status("active")),
    "deactivate": _Doing(_SET_STATUS, _status("inactive")),
    "suspend": _Doing(_SET_STATUS, _status("suspended")),
    "unlock": _Doing(
        row_of("unlock_user", lockouts.unlock_user),
        lambda _, user_id: UnlockUser(user_id=user_id),
    ),
    "delete": _Doing(
        row_of("delete_user", deletions.delete_user),
        lambda asked, user_id: DeleteUser(
            user_id=user_id, password=asked.password, reason=asked.reason or None
        ),
    ),
    "assign_role": _Doing(
        row_of("assign_role", assignments.assign_role),
        lambda asked, user_id: AssignRole(
            user_ids=[user_id], roles=[asked.role or ""], reason=asked.reason
        ),
    ),
    "remove_role": _Doing(
        row_of("revoke_role", assignments.revoke_role),
        lambda asked, user_id: RevokeRole(
            user_ids=[user_id], roles=[asked.role or ""], reason=asked.reason
        ),
    ),
    "force_password_change": _Doing(
        row_of("force_password_change", passwords.force_password_change),
        lambda asked, user_id: ForcePasswordChange(
            user_id=user_id, reason=asked.reason or None
        ),
    ),
    "reset_password": _Doing(
        row_of("issue_link", _mail_reset),
        lambda _, user_id: IssueLink(user_id=user_id, purpose="reset"),
    ),
    "end_sessions": _Doing(
        row_of("revoke_session", sessions.revoke_session),
        lambda _, user_id: RevokeSession(user_id=user_id, all=True),
    ),
}


async def bulk_users(request: BulkUsers, call: Call) -> Answer[BulkUsersReply]:
    """Do one thing to many accounts."""
    require_fresh(call)
    doing = _DOING[request.operation]
    assert doing.row.action.permission is not None
    call.require(doing.row.action.permission)
    if len(request.user_ids) > BULK_ACCOUNTS_USUAL:
        for permission in _ALL_ACCOUNTS:
            call.require(permission)
    await _check_given(request, call)
    told = {"operation": request.operation, "dry_run": request.dry_run}
    call.discloses = True
    call.details |= told | {"accounts": len(request.user_ids)}
    call.reason = request.reason
    if request.background:
        return answer(BulkUsersReply, **told, job_id=_start(request, call))
    await call.commit_early(call.action.audit.value)  # so that nothing is done twice
    results = [r async for some in _work(request, call) for r in some]
    done = sum(result.ok for result in results)
    return answer(
        BulkUsersReply,
        **told,
        succeeded=done,
        failed=len(results) - done,
        results=[result.told() for result in results],
    )


async def _check_given(request: BulkUsers, call: Call) -> None:
    if len(set(request.user_ids)) != len(request.user_ids):
        raise InvalidInput("user_ids", "should name each account once")
    takes_role = request.operation in ("assign_role", "remove_role")
    if takes_role and not request.role:
        raise MissingInput("A role is required")
    if request.operation == "reset_password":
        require_mail(call)
    if request.operation == "delete":
        if not request.password:
            raise ReauthenticationRequired
        await call.prove(call.caller(), request.password)


async def _work(request: BulkUsers, call: Call) -> AsyncIterator[list[ItemResult]]:
    """The results, a few accounts at a time; ends early where the session has ended."""
    doing, own = _DOING[request.operation], call.own_session

    async def one(user_id: str) -> ItemResult:
        if user_id == own.user_id:
            text = "user_id: should be another account than your own"
            return ItemResult(user_id, ok=False, code="INVALID_REQUEST", message=text)
        wanted = doing.request(request, user_id)
        return await run_item(doing.row, wanted, user_id, call, dry_run=request.dry_run)

    for start in range(0, len(request.user_ids), AT_ONCE):
        some = request.user_ids[start : start + AT_ONCE]
        if not call.still_holds():
            text = "The session has ended"
            yield [
                ItemResult(user_id, ok=False, code="INVALID_SESSION", message=text)
                for user_id in some
            ]
            continue
        yield list(await asyncio.gather(*(one(user_id) for user_id in some)))


def _start(request: BulkUsers, call: Call) -> str:
    """Have it done once the audit entry that tells of it is on disk."""
    jobs, job_id = call.facilities.jobs, call.facilities.new_session_id()
    jobs.check_room()
    owner, total = call.own_session.user_id, len(request.user_ids)
    job = Job(job_id, owner, request.operation, total)
    call.details["job_id"] = job_id
    call.after_commit.append(lambda: jobs.start(job, _work(request, call)))
    return job_id


async def get_bulk_job(request: GetBulkJob, call: Call) -> Answer[GetBulkJobReply]:
    """Tell how far a job is."""
    job = call.facilities.jobs.of(call.own_session.user_id, request.job_id)
    done = sum(result.ok for result in job.results)
    return answer(
        GetBulkJobReply,
        job_id=job.job_id,
        operation=job.operation,
        state=job.state,
        total=job.total,
        succeeded=done,
        failed=len(job.results) - done,
        results=[result.told() for result in job.results],
    )


async def cancel_bulk_job(
    request: CancelBulkJob, call: Call
) -> Answer[CancelBulkJobReply]:
    """Have a job end after the accounts it is at."""
    job = call.facilities.jobs.of(call.own_session.user_id, request.job_id)
    call.discloses = True
    call.details["job_id"] = job.job_id

    def stop() -> None:
        job.wanted = False

    call.after_commit.append(stop)
    return answer(CancelBulkJobReply, message="The job ends", job_id=job.job_id)
