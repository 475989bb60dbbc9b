"""Login, logout, and a new password."""

from ums_client.protocol.sessions import (
    ChangePassword,
    ChangePasswordReply,
    Login,
    LoginReply,
    Logout,
    LogoutReply,
)
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.domain import accounts
from ums_service.domain.errors import (
    AccountInactive,
    InvalidCredentials,
    InvalidSession,
    MissingInput,
    PasswordChangeRequired,
)
from ums_service.domain.names import normalise
from ums_service.domain.passwords import normalise_password
from ums_service.domain.sessions import Purpose, Session, expiry
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.handlers.views import user_view


async def login(request: Login, call: Call) -> Answer[LoginReply]:
    """Open a session."""
    name = normalise(request.username or "")
    if not name or not request.password:
        raise MissingInput("Username/email and password are required")
    facilities, now = call.facilities, call.now
    user = await accounts.find_by_login(call.tx, name)
    call.subject = user.user_id if user else None
    await call.prove(user, request.password, name)
    assert user is not None
    _check_may_log_in(user, call)
    user = user.logged_in(now, await _current_hash(user, request.password, call))
    call.tx.put(USERS, user)
    token, user_id = facilities.new_token(), user.user_id
    call.after_commit.append(
        lambda: facilities.sessions.open(
            token, user_id, now, purpose=Purpose.SESSION, address=call.address
        )
    )
    more = {}
    if not facilities.profile.original_replies:
        more["session_expires_at"] = expiry(now, facilities.profile.session_s)
    return answer(
        LoginReply,
        message="Login successful",
        session_token=token,
        user=user_view(USERS.to_document(user), facilities.profile),
        **more,
    )


async def logout(request: Logout, call: Call) -> Answer[LogoutReply]:
    """End the session, whatever the disk does: an entry that fails keeps it ended."""
    session = call.own_session
    call.subject, call.discloses = session.user_id, True
    call.facilities.sessions.end(session)
    return answer(LogoutReply, message="Logged out successfully")


async def change_password(
    request: ChangePassword, call: Call
) -> Answer[ChangePasswordReply]:
    """Set a new password, with a session or with a password change token."""
    facilities = call.facilities
    session = _proof(request, call)
    user = await call.tx.get(USERS, session.user_id)
    call.subject = session.user_id
    if user is None:
        raise InvalidSession
    await call.prove(user, request.current_password)
    password = accounts.check_new_password(
        request.new_password,
        username=user.username,
        email=user.email,
        profile=facilities.profile,
    )
    call.tx.put(USERS, user.with_password(await call.hash(password), call.now))
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


def _check_may_log_in(user: User, call: Call) -> None:
    """Told only to who knows the password."""
    now, sessions = call.now, call.facilities.sessions
    if user.status != ACTIVE:
        raise AccountInactive
    if user.password_good_until is not None and now.epoch_s > user.password_good_until:
        raise InvalidCredentials
    if user.must_change_password:
        token = call.facilities.new_token()
        purpose = Purpose.PASSWORD_CHANGE
        sessions.open(token, user.user_id, now, purpose=purpose, address=call.address)
        raise PasswordChangeRequired(token)


async def _current_hash(user: User, password: str, call: Call) -> str:
    """The stored hash, made anew where it was made with other parameters."""
    if not call.facilities.gate.hashes.is_outdated(user.password_hash):
        return user.password_hash
    return await call.hash(normalise_password(password))
