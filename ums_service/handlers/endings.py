"""The end of logins, as several actions bring it about."""

from collections.abc import Collection
from typing import NoReturn

from ums_service.calls.call import Call
from ums_service.domain.endings import end_everything, end_logins
from ums_service.domain.errors import InvalidSession
from ums_service.domain.sessions import Session


async def end_everything_of(
    user_id: str, call: Call, *, but: Session | None = None
) -> int:
    """End every login of an account but one, with this call's commit; tells how many.

    Logins that wait for their second factor, and factors that wait to be confirmed,
    end as well.
    To be called after what suspends, as a hash does: what is read here must still hold
    at the commit.
    """
    sessions, challenges = call.facilities.sessions, call.facilities.factors.challenges
    ending = await end_everything(call.tx, sessions, user_id, call.now, but=but)
    call.after_commit.append(ending.finish)
    call.after_commit.append(lambda: challenges.end_all_of(user_id))
    return len(ending.session_ids)


async def end_logins_of(
    user_id: str, session_ids: Collection[str], call: Call
) -> frozenset[str]:
    """End some logins of an account, with this call's commit; tells which ended."""
    sessions = call.facilities.sessions
    ending = await end_logins(call.tx, sessions, user_id, session_ids, call.now)
    call.after_commit.append(ending.finish)
    return ending.session_ids


async def end_moved(call: Call) -> NoReturn:
    """End the session of this call, which came from another address than its own.

    Raises:
        InvalidSession: always, once the end is durable, or what the commit raises.
    """
    session, call.session = call.own_session, None  # who asks may be somebody else
    call.subject = session.user_id
    call.details |= {"session_id": session.session_id, "opened_from": session.address}
    call.facilities.sessions.end(session)
    await end_logins_of(session.user_id, [session.session_id], call)
    await call.commit_and_refuse("session_moved", InvalidSession())
