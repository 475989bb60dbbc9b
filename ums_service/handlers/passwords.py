"""A new password, chosen by its owner."""

from ums_client.protocol.passwords import ChangePassword, ChangePasswordReply
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.domain import accounts
from ums_service.domain.errors import InvalidSession
from ums_service.domain.outbox import Template
from ums_service.domain.sessions import Purpose, Session
from ums_service.domain.users import USERS
from ums_service.notices import notify


async def change_password(
    request: ChangePassword, call: Call
) -> Answer[ChangePasswordReply]:
    """Set a new password, with a session or with a password change token."""
    facilities = call.facilities
    session = _proof(request, call)
    user = await call.tx.get(USERS, session.user_id)
    call.subject = session.user_id
    if user is None or user.locked_down:
        raise InvalidSession
    await call.prove(user, request.current_password)
    password = accounts.check_new_password(
        request.new_password,
        username=user.username,
        email=user.email,
        profile=facilities.profile,
    )
    call.tx.put(USERS, user.with_password(await call.hash(password), call.now))
    await notify(call, user, Template.PASSWORD_CHANGED)
    kept = session if session.purpose is Purpose.SESSION else None
    others = facilities.sessions.count_of(user.user_id) - (kept is not None)
    call.after_commit.append(
        lambda: facilities.sessions.end_all_of(user.user_id, but=kept)
    )
    return answer(
        ChangePasswordReply,
        message="Password changed successfully",
        sessions_ended=others,
    )


def _proof(request: ChangePassword, call: Call) -> Session:
    if call.session is not None:
        return call.session
    token = request.password_change_token
    session = token and call.facilities.sessions.find(
        token, call.now, purpose=Purpose.PASSWORD_CHANGE
    )
    if not session:
        raise InvalidSession
    return session
