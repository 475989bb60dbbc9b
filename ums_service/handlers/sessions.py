"""What can be done with sessions: see them, end them."""

from datetime import timedelta
from typing import Any

from ums_client.protocol.sessions import (
    ListSessions,
    ListSessionsReply,
    Logout,
    LogoutReply,
    RevokeSession,
    RevokeSessionReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.errors import MissingInput, NotFound
from ums_service.domain.families import FAMILIES
from ums_service.domain.moment import Moment, text_of
from ums_service.domain.refresh import Family
from ums_service.domain.sessions import Session
from ums_service.domain.users import USERS
from ums_service.handlers.endings import end_everything_of, end_logins_of
from ums_service.handlers.freshness import require_fresh_for_others


async def logout(request: Logout, call: Call) -> Answer[LogoutReply]:
    """End the session, whatever the disk does: an entry that fails keeps it ended."""
    session = call.own_session
    call.subject, call.discloses = session.user_id, True
    more: dict[str, Any] = {}
    if request.all_sessions:
        ended = await end_everything_of(session.user_id, call)
        call.facilities.sessions.end_all_of(session.user_id)
        if not call.facilities.profile.original_replies:
            more["sessions_ended"] = ended
    else:
        await end_logins_of(session.user_id, [session.session_id], call)
        call.facilities.sessions.end(session)
    return answer(LogoutReply, message="Logged out successfully", **more)


async def list_sessions(request: ListSessions, call: Call) -> Answer[ListSessionsReply]:
    """List the logins of an account: open sessions, and those tokens can open again."""
    user_id = await _target(request.user_id, call)
    return answer(ListSessionsReply, sessions=logins_of(user_id, call))


def logins_of(user_id: str, call: Call) -> list[dict[str, Any]]:
    """The logins of an account: open sessions, and those tokens can open again."""
    facilities, now = call.facilities, call.now
    stored = facilities.store.get(FAMILIES, user_id)
    families = [f for f in stored.families if not f.is_over(now)] if stored else []
    by_id = {family.session_id: family for family in families}
    shown = [
        _live(session, by_id.pop(session.session_id, None), call)
        for session in facilities.sessions.of_account(user_id, now)
    ]
    shown += [_asleep(family) for family in by_id.values()]
    shown.sort(key=lambda entry: str(entry["created_at"]))
    return shown


async def revoke_session(
    request: RevokeSession, call: Call
) -> Answer[RevokeSessionReply]:
    """End one login of an account, or all of them."""
    if request.all == (request.session_id is not None):
        raise MissingInput("Either session_id or all is required")
    user_id = await _target(request.user_id, call)
    require_fresh_for_others(user_id, call)
    call.discloses = True
    but = call.own_session if request.except_current else None
    if request.session_id is None:
        return answer(
            RevokeSessionReply, revoked=await end_everything_of(user_id, call, but=but)
        )
    if but is not None and but.session_id == request.session_id:
        return answer(RevokeSessionReply, revoked=0)
    ended = await end_logins_of(user_id, [request.session_id], call)
    if not ended:
        raise NotFound
    call.details["session_id"] = request.session_id
    return answer(RevokeSessionReply, revoked=1)


async def _target(user_id: str | None, call: Call) -> str:
    """The account whose sessions are meant: the caller's or another."""
    own = call.own_session.user_id
    call.subject = user_id or own
    if call.subject != own:
        call.discloses = True
        if call.facilities.store.get_value(USERS, call.subject) is None:
            raise NotFound
    return call.subject


def _live(session: Session, family: Family | None, call: Call) -> dict[str, Any]:
    expires_at = text_of(family.ends_epoch_s) if family else session.expires_at
    current = call.session is not None and call.session.digest == session.digest
    return {
        "session_id": session.session_id,
        "created_at": family.opened_at if family else session.opened_at,
        "last_used_at": _used_at(session, call.now),
        "expires_at": expires_at,
        "address": session.address,
        "user_agent": session.client.user_agent,
        "device_name": session.client.device_name,
        "methods": list(session.methods),
        "has_tokens": family is not None,
        "is_current": current,
    }


def _asleep(family: Family) -> dict[str, Any]:
    """A login whose session is not open, but whose tokens can open it again."""
    return {
        "session_id": family.session_id,
        "created_at": family.opened_at,
        "last_used_at": text_of(family.used_epoch_s),
        "expires_at": text_of(family.ends_epoch_s),
        "address": family.address,
        "user_agent": family.client.user_agent,
        "device_name": family.client.device_name,
        "methods": list(family.methods),
        "has_tokens": True,
        "is_current": False,
    }


def _used_at(session: Session, now: Moment) -> str:
    ago = timedelta(seconds=now.ticks_s - session.used_ticks_s)
    return (now.utc - ago).isoformat(timespec="seconds")
