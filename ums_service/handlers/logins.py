"""Login: from a name and a password to a session.

find the account -> prove the password -> may it log in -> open the session
"""

from ums_client.protocol.sessions import Login, LoginReply
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.domain import accounts
from ums_service.domain.errors import (
    AccountInactive,
    EmailNotVerified,
    InvalidCredentials,
    MissingInput,
    PasswordChangeRequired,
    ResetRequired,
)
from ums_service.domain.names import normalise
from ums_service.domain.passwords import normalise_password
from ums_service.domain.sessions import Purpose, expiry
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.handlers.views import user_view


async def login(request: Login, call: Call) -> Answer[LoginReply]:
    """Open a session."""
    name = normalise(request.username or "")
    if not name or not request.password:
        raise MissingInput("Username/email and password are required")
    now = call.now
    user = await accounts.find_by_login(call.tx, name)
    call.subject = user.user_id if user else None
    await call.prove(user, request.password, name)
    assert user is not None
    _check_may_log_in(user, call)
    user = user.logged_in(now, await _current_hash(user, request.password, call))
    return open_session(user, call)


def open_session(user: User, call: Call) -> Answer[LoginReply]:
    """Store the account as it is after this login and open its session."""
    facilities, now = call.facilities, call.now
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


def _check_may_log_in(user: User, call: Call) -> None:
    """Told only to who knows the password."""
    now, sessions = call.now, call.facilities.sessions
    if user.status != ACTIVE:
        raise AccountInactive
    if user.password_good_until is not None and now.epoch_s > user.password_good_until:
        raise InvalidCredentials
    if user.locked_down:
        raise ResetRequired
    if _must_verify_first(user, call):
        raise EmailNotVerified
    if user.must_change_password:
        token = call.facilities.new_token()
        purpose = Purpose.PASSWORD_CHANGE
        sessions.open(token, user.user_id, now, purpose=purpose, address=call.address)
        raise PasswordChangeRequired(token)


def _must_verify_first(user: User, call: Call) -> bool:
    """Without a mailer nobody could verify; the first administrator has no mail."""
    facilities = call.facilities
    required = facilities.profile.require_email_verification and facilities.mail
    return bool(required) and not user.email_verified and not user.bootstrap


async def _current_hash(user: User, password: str, call: Call) -> str:
    """The stored hash, made anew where it was made with other parameters."""
    if not call.facilities.gate.hashes.is_outdated(user.password_hash):
        return user.password_hash
    return await call.hash(normalise_password(password))
