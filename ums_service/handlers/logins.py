"""Login: from a name and a password to a session.

    find the account -> prove the password -> may it log in -> prove a second factor
        -> is the password still good -> open the session

The factor comes before the token for a new password: a stolen password alone must not
be able to choose another.
"""

from typing import Any, TypeVar

from ums_client.protocol.factors import VerifyMfa, VerifyMfaReply
from ums_client.protocol.sessions import Login, LoginReply, OpensSession
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify
from ums_service.domain import accounts
from ums_service.domain.challenges import Goal
from ums_service.domain.clients import client_info
from ums_service.domain.devices import DEVICES, Device, Devices
from ums_service.domain.errors import (
    AccountInactive,
    EmailNotVerified,
    InvalidCredentials,
    InvalidToken,
    MissingInput,
    PasswordChangeRequired,
    PasswordExpired,
    PermissionDenied,
    ResetRequired,
)
from ums_service.domain.factors import FACTORS, PASSWORD
from ums_service.domain.names import normalise
from ums_service.domain.outbox import Template
from ums_service.domain.password_expiry import password_state
from ums_service.domain.passwords import normalise_password
from ums_service.domain.sessions import DEVICE, Purpose, expiry, prove_factor
from ums_service.domain.standings import end_suspension
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.handlers.consents import missing_consents
from ums_service.handlers.devices import note_device
from ums_service.handlers.factor_proof import (
    answered,
    find_challenge,
    prove_at_login,
    prove_code,
    prove_passkey,
)
from ums_service.handlers.tokens import first_tokens
from ums_service.handlers.views import user_view
from ums_service.sending.mails import told_device

L = TypeVar("L", bound=LoginReply)


async def login(request: Login, call: Call) -> Answer[LoginReply]:
    """Open a session."""
    name = normalise(request.username or "")
    if not name or not request.password:
        raise MissingInput("Username/email and password are required")
    user = await accounts.find_by_login(call.tx, name)
    call.subject = user.user_id if user else None
    device = call.known_device(user, request.device_token)
    await call.prove(user, request.password, name, known=device)
    assert user is not None
    user = await admitted(user, call)
    password_hash = await _current_hash(user, request.password, call)
    user = user.logged_in(call.now, password_hash)
    methods = await prove_at_login(
        user, request.mfa_code, request.mfa_method, device, call
    )
    return await finish_login(LoginReply, request, user, methods, call, device)


async def verify_mfa(request: VerifyMfa, call: Call) -> Answer[VerifyMfaReply]:
    """Complete a login with a second factor."""
    challenge = find_challenge(request.mfa_token, Goal.LOGIN, call)
    found = await call.tx.get(USERS, challenge.user_id)
    user = challenge.check_account(found)
    call.subject = user.user_id
    user = await admitted(user, call)
    factors = await call.tx.get(FACTORS, user.user_id)
    if factors is None:
        raise InvalidToken
    if request.assertion is not None:
        method = prove_passkey(factors, request.assertion, challenge, call)
    elif request.code:
        used = await prove_code(factors, request.code, request.method, call, challenge)
        method = used.method
    else:
        raise MissingInput("A code or the assertion of a passkey is required")
    answered(challenge, call)
    user = user.logged_in(call.now, challenge.password_hash)
    device = call.known_device(user, request.device_token)
    methods = PASSWORD, method
    return await finish_login(VerifyMfaReply, request, user, methods, call, device)


async def finish_login(
    kind: type[L],
    request: OpensSession[Any],
    user: User,
    methods: tuple[str, ...],
    call: Call,
    device: Device | None = None,
) -> Answer[L]:
    """Open a session for who has proved `methods`, unless the password must go first.

    A code that was used stays used, whatever comes after it.
    """
    call.details["methods"] = list(methods)
    try:
        _check_password_is_good(user, call)
    except (PasswordChangeRequired, PasswordExpired):
        if prove_factor(methods):
            await call.commit_early("mfa_passed")
        raise
    document = call.tx.put(USERS, user)
    if device is None:
        await _tell_of_new_device(user, call)
    more = await note_device(request, user, device, methods, call)
    more |= await _open_session(user, call, methods, tokens=request.tokens)
    return answer(
        kind,
        message="Login successful",
        session_token=more.pop("session_token"),
        user=user_view(document, call.facilities.profile),
        **more,
    )


async def _tell_of_new_device(user: User, call: Call) -> None:
    """A mail about a login from elsewhere, to who has the usual devices known."""
    own = await call.tx.get(DEVICES, user.user_id) or Devices(user.user_id)
    if own.current(call.now, good_for_s=call.facilities.profile.device_token_s):
        device = told_device(client_info(call.client))
        await notify(call, user, Template.NEW_LOGIN, device=device)


async def _open_session(
    user: User, call: Call, methods: tuple[str, ...], *, tokens: bool
) -> dict[str, Any]:
    """Begin the session when the login is durable; the fields that tell of it.

    `tokens` adds those for other services.
    """
    facilities, now, user_id = call.facilities, call.now, user.user_id
    policy = facilities.policies.of(user_id)
    token, session_id = facilities.new_token(), facilities.new_session_id()
    client = client_info(call.client)
    told: dict[str, Any] = {"session_token": token}
    if not facilities.profile.original_replies:
        told["session_id"] = session_id
        told["session_expires_at"] = expiry(now, policy.session_s)
        told |= await _warnings(user, call)
    if tokens:
        told |= await first_tokens(user, session_id, client, methods, call)
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
            proved=DEVICE not in methods,
            policy=policy,
        )
    )
    return told


async def admitted(user: User, call: Call) -> User:
    """The account that may log in, active again where its suspension is over.

    Told only to who knows the password, or holds a passkey of the account.

    Raises:
        AccountInactive, InvalidCredentials, ResetRequired, EmailNotVerified,
            PermissionDenied: it may not.
    """
    user = await end_suspension(call.tx, user, call.now)
    if user.status != ACTIVE:
        raise AccountInactive
    good_until = user.password_good_until
    if good_until is not None and call.now.reached_s > good_until:
        raise InvalidCredentials
    if user.locked_down:
        raise ResetRequired
    if _must_verify_first(user, call):
        raise EmailNotVerified
    if not call.facilities.policies.admits(user, call.address):
        raise PermissionDenied  # a lab of theirs lets nobody in from there
    return user


def _must_verify_first(user: User, call: Call) -> bool:
    """Without a mailer nobody could verify; the first administrator has no mail."""
    facilities = call.facilities
    required = facilities.profile.require_email_verification and facilities.mail
    return bool(required) and not user.email_verified and not user.bootstrap


def _check_password_is_good(user: User, call: Call) -> None:
    """The last question before a session: all other proofs must have been given.

    Raises:
        PasswordChangeRequired, PasswordExpired: with a token to choose another with.
    """
    state = password_state(user, call.facilities.policies.of(user.user_id), call.now)
    if not state.must_change and not state.expired:
        return
    sessions, token = call.facilities.sessions, call.facilities.new_token()
    purpose = Purpose.PASSWORD_CHANGE
    sessions.open(token, user.user_id, call.now, purpose=purpose, address=call.address)
    raise PasswordChangeRequired(token) if state.must_change else PasswordExpired(token)


async def _warnings(user: User, call: Call) -> dict[str, Any]:
    """What the owner of the account should do, as words for programs."""
    told: dict[str, Any] = {}
    warnings = []
    state = password_state(user, call.facilities.policies.of(user.user_id), call.now)
    if state.expires_soon:
        told["password_expires_in_days"] = state.days_left
        warnings.append("password_expires_soon")
    if user.administers:
        factors = await call.tx.get(FACTORS, user.user_id)
        if factors is None or not factors.exist:
            warnings.append("mfa_recommended")
    missing = await missing_consents(user.user_id, call)
    warnings += [f"consent_required:{kind}" for kind in missing]
    return told | {"account_warnings": warnings} if warnings else told


async def _current_hash(user: User, password: str, call: Call) -> str:
    """The stored hash, made anew where it was made with other parameters."""
    if not call.facilities.gate.hashes.is_outdated(user.password_hash):
        return user.password_hash
    return await call.hash(normalise_password(password))
