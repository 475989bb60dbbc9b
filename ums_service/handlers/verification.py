"""Whether a token is good: the question other services ask most."""

from typing import Any

from storage import document_of
from ums_client.protocol.sessions import VerifySession, VerifySessionReply
from ums_service.calls.answer import Answer, answer, answer_from
from ums_service.calls.call import Call
from ums_service.domain.errors import InvalidSession
from ums_service.domain.families import FAMILIES
from ums_service.domain.moment import text_of
from ums_service.domain.sessions import Purpose, Session
from ums_service.domain.signing_keys import KEY_RINGS, RING_ID, KeyRing
from ums_service.domain.users import ACTIVE, USERS


async def verify_session(
    request: VerifySession, call: Call
) -> Answer[VerifySessionReply]:
    """Tell whom the caller's session, or the token that is given, stands for."""
    session = call.own_session
    if request.token is not None:
        return answer(VerifySessionReply, **_checked(request.token, call))
    value = call.facilities.store.get_value(USERS, session.user_id)
    if value is None:
        raise InvalidSession
    return answer_from(
        VerifySessionReply,
        value,
        lambda: _of_session(session, document_of(value)),
        about=session.digest,  # what is shown of a session does not change
    )


def _checked(token: str, call: Call) -> dict[str, Any]:
    store = call.facilities.store
    if token.startswith("eyJ"):  # what every signed token begins with
        return _of_access_token(token, call)
    session = call.facilities.sessions.find(token, call.now, purpose=Purpose.SESSION)
    user = session and store.get_document(USERS, session.user_id)
    return _of_session(session, user) if session and user else {"active": False}


def _of_session(session: Session, user: dict[str, Any]) -> dict[str, Any]:
    shown = (session.session_id, session.expires_at, session.methods)
    return _shown(user, *shown)


def _of_access_token(token: str, call: Call) -> dict[str, Any]:
    """Good is what verifies and belongs to a login that has not ended."""
    facilities, now = call.facilities, call.now
    store = facilities.store
    ring = store.get(KEY_RINGS, RING_ID) or KeyRing()
    bearer = facilities.tokens.read(token, ring, now)
    if bearer is None:
        return {"active": False}
    families = store.get(FAMILIES, bearer.user_id)
    family = families.with_id(bearer.session_id) if families else None
    user = store.get_document(USERS, bearer.user_id)
    if family is None or user is None:
        return {"active": False}
    expires_at = text_of(bearer.expires_epoch_s)
    return _shown(user, bearer.session_id, expires_at, family.methods)


def _shown(
    user: dict[str, Any], session_id: str, expires_at: str, methods: tuple[str, ...]
) -> dict[str, Any]:
    if user.get("status", ACTIVE) != ACTIVE:
        return {"active": False}
    return {
        "active": True,
        "user_id": user["user_id"],
        "username": user["username"],
        "roles": [user.get("role", "user")],
        "session_id": session_id,
        "expires_at": expires_at,
        "methods": list(methods),
    }
