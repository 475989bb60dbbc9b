"""Login: from a name and a password to a session.

find the account -> prove the password -> may it log in -> is the password still good
-> open the session
"""

from typing import Any

from ums_client.protocol.sessions import Login, LoginReply
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.domain import accounts
from ums_service.domain.errors import (
    AccountInactive,
    InvalidCredentials,
    MissingInput,
    PasswordChangeRequired,
    PasswordExpired,
)
from ums_service.domain.names import normalise
from ums_service.domain.password_expiry import password_state
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
    check_password_is_good(user, call)
    return open_session(user, call)


def check_password_is_good(user: User, call: Call) -> None:
    """The last question before a session: all other proofs must have been given.

    Raises:
        PasswordChangeRequired, PasswordExpired: with a token to choose another with.
    """
    state = password_state(user, call.facilities.profile, call.now)
    if not state.must_change and not state.expired:
        return
    token, purpose = call.facilities.new_token(), Purpose.PASSWORD_CHANGE
    call.facilities.sessions.open(
        token, user.user_id, call.now, purpose=purpose, address=call.address
    )
    raise PasswordChangeRequired(token) if state.must_change else PasswordExpired(token)


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
    more: dict[str, Any] = {}
    if not facilities.profile.original_replies:
        more["session_expires_at"] = expiry(now, facilities.profile.session_s)
        more |= _password_warning(user, call)
    return answer(
        LoginReply,
        message="Login successful",
        session_token=token,
        user=user_view(USERS.to_document(user), facilities.profile),
        **more,
    )


def _password_warning(user: User, call: Call) -> dict[str, Any]:
    state = password_state(user, call.facilities.profile, call.now)
    if not state.expires_soon:
        return {}
    return {
        "password_expires_in_days": state.days_left,
        "account_warnings": ["password_expires_soon"],
    }


def _check_may_log_in(user: User, call: Call) -> None:
    """Told only to who knows the password."""
    now = call.now
    if user.status != ACTIVE:
        raise AccountInactive
    if user.password_good_until is not None and now.epoch_s > user.password_good_until:
        raise InvalidCredentials


async def _current_hash(user: User, password: str, call: Call) -> str:
    """The stored hash, made anew where it was made with other parameters."""
    if not call.facilities.gate.hashes.is_outdated(user.password_hash):
        return user.password_hash
    return await call.hash(normalise_password(password))
