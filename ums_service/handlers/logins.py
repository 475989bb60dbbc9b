"""Login: from a name and a password to a session.

find the account -> prove the password -> may it log in -> open the session
"""

from typing import Any

from ums_client.protocol.sessions import Login, LoginReply
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.domain import accounts
from ums_service.domain.clients import client_info
from ums_service.domain.errors import (
    AccountInactive,
    InvalidCredentials,
    MissingInput,
    PasswordChangeRequired,
)
from ums_service.domain.names import normalise
from ums_service.domain.passwords import normalise_password
from ums_service.domain.sessions import PASSWORD_ONLY, Purpose, expiry
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.handlers.devices import note_device
from ums_service.handlers.tokens import first_tokens
from ums_service.handlers.views import user_view


async def login(request: Login, call: Call) -> Answer[LoginReply]:
    """Open a session."""
    name = normalise(request.username or "")
    if not name or not request.password:
        raise MissingInput("Username/email and password are required")
    now = call.now
    user = await accounts.find_by_login(call.tx, name)
    call.subject = user.user_id if user else None
    device = call.known_device(user, request.device_token)
    await call.prove(user, request.password, name, known=device)
    assert user is not None
    _check_may_log_in(user, call)
    user = user.logged_in(now, await _current_hash(user, request.password, call))
    remembered = await note_device(request, user, device, call)
    return await open_session(user, call, remembered, tokens=request.tokens)


async def open_session(
    user: User,
    call: Call,
    remembered: dict[str, str],
    *,
    tokens: bool = False,
    methods: tuple[str, ...] = PASSWORD_ONLY,
) -> Answer[LoginReply]:
    """Store the account as it is after this login and open its session.

    `remembered` are the fields of the reply for a device that is known from now on;
    `tokens` adds those for other services; `methods` are how the login was proved.
    """
    facilities, now = call.facilities, call.now
    document = call.tx.put(USERS, user)
    token, user_id = facilities.new_token(), user.user_id
    session_id, client = facilities.new_session_id(), client_info(call.client)
    more: dict[str, Any] = {**remembered}
    if not facilities.profile.original_replies:
        more["session_id"] = session_id
        more["session_expires_at"] = expiry(now, facilities.profile.session_s)
    if tokens:
        more |= await first_tokens(user, session_id, client, methods, call)
    call.after_commit.append(
        lambda: facilities.sessions.open(
            token,
            user_id,
            now,
            purpose=Purpose.SESSION,
            address=call.address,
            session_id=session_id,
            client=client,
            methods=methods,
        )
    )
    return answer(
        LoginReply,
        message="Login successful",
        session_token=token,
        user=user_view(document, facilities.profile),
        **more,
    )


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
