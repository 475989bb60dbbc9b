"""Setting up a second factor: who may, what is asked, what is kept when it is confirmed.

Two ways lead here: a session, or the token of a login that got no session because the
account must have a factor first. Both need the password again.
"""

from dataclasses import replace
from typing import NamedTuple

from ums_client.protocol.factors import (
    ConfirmMfa,
    ConfirmMfaReply,
    SetupMfa,
    SetupMfaReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify
from ums_service.domain import totp
from ums_service.domain.challenges import Challenge, Goal
from ums_service.domain.errors import (
    InvalidInput,
    InvalidSession,
    InvalidToken,
    WrongFactor,
)
from ums_service.domain.factors import (
    EMAIL,
    FACTORS,
    IN_WORDS,
    SMS,
    TOTP,
    Authenticator,
    Factors,
    Messages,
    Used,
)
from ums_service.domain.outbox import Template
from ums_service.domain.sent_codes import masked, telephone_number
from ums_service.domain.users import USERS, User
from ums_service.guard.qr import qr_code
from ums_service.handlers.devices import ask_devices_again
from ums_service.handlers.endings import end_everything_of
from ums_service.handlers.factor_proof import (
    answered,
    find_challenge,
    note_on_session,
    prove_again,
)
from ums_service.handlers.sent_codes import check_may_be_sent, send_code


class Enrolling(NamedTuple):
    """Who sets up a factor, and those there are."""

    user: User
    factors: Factors


class Enabled(NamedTuple):
    """What a confirmed factor brings with it."""

    backup_codes: list[str]
    sessions_ended: int


async def setup_mfa(request: SetupMfa, call: Call) -> Answer[SetupMfaReply]:
    """Begin to set up an authenticator."""
    if request.method not in (TOTP, SMS, EMAIL):
        raise InvalidInput("method", "should be totp, sms or email")
    user, _ = await begin_enrolling(
        request.mfa_setup_token, request.password, request.code, call
    )
    if request.method != TOTP:
        return await _setup_messages(request, user, call)
    secret, issuer = totp.new_secret(), call.facilities.factors.issuer
    uri = totp.enrolment_uri(secret, account=user.username, issuer=issuer)
    challenge = Challenge(
        goal=Goal.CONFIRM, secret=secret, name=request.device_name or ""
    )
    code = qr_code(uri)
    return answer(
        SetupMfaReply,
        message="Confirm with a code that the authenticator shows",
        setup_token=await ask_to_confirm(challenge, user, call),
        secret=totp.as_text(secret),
        otpauth_uri=uri,
        qr_code=code.png_data_uri,
        qr_text=code.text,
    )


async def _setup_messages(
    request: SetupMfa, user: User, call: Call
) -> Answer[SetupMfaReply]:
    """Send a code to where codes are to be sent."""
    check_may_be_sent(request.method, user, call)
    address = user.email
    if request.method == SMS:
        address = telephone_number(request.phone_number or user.phone)
    challenge = Challenge(goal=Goal.CONFIRM, name=request.method, address_to=address)
    token = await ask_to_confirm(challenge, user, call)
    await send_code(challenge, request.method, address, user, call)
    return answer(
        SetupMfaReply,
        message="Confirm with the code that was sent",
        setup_token=token,
        hint=masked(address),
        expires_in=call.facilities.profile.sent_code_s,
    )


async def confirm_mfa(request: ConfirmMfa, call: Call) -> Answer[ConfirmMfaReply]:
    """Let what was set up count from now on."""
    challenge = find_challenge(request.setup_token, Goal.CONFIRM, call)
    enrolling = await finish_enrolling(challenge, call)
    factors = enrolling.factors
    if challenge.address_to:
        after, method = _with_messages(factors, request.code, challenge, call)
    else:
        after, method = _with_authenticator(factors, request.code, challenge, call)
    enabled = await enable(enrolling, after, method, challenge, call)
    return answer(
        ConfirmMfaReply,
        message="The second factor is set up",
        mfa_enabled=True,
        backup_codes=enabled.backup_codes,
        sessions_ended=enabled.sessions_ended,
    )


def _with_authenticator(
    factors: Factors, code: str, challenge: Challenge, call: Call
) -> Used:
    """The factors with the new authenticator; the code that it showed is used."""
    step = totp.matching_step(
        challenge.secret,
        code,
        epoch_s=call.now.epoch_s,
        last_step=totp.NEVER_USED,
    )
    if step is None:
        call.facilities.factors.challenges.failed(challenge)
        raise WrongFactor
    added = Authenticator(
        secret=challenge.secret,
        last_step=step,
        name=challenge.name,
        enabled_at=call.now.text,
    )
    return Used(replace(factors, totp=added), TOTP)


def _with_messages(
    factors: Factors, code: str, challenge: Challenge, call: Call
) -> Used:
    """The factors with codes sent to where this one arrived."""
    sent = challenge.sent
    if sent is None or not sent.accepts(code, None, call.now.ticks_s):
        call.facilities.factors.challenges.failed(challenge)
        raise WrongFactor
    added = Messages(
        method=sent.method, address=challenge.address_to, enabled_at=call.now.text
    )
    return Used(factors.with_messages(added), sent.method)


async def begin_enrolling(
    setup_token: str | None, password: str, code: str | None, call: Call
) -> Enrolling:
    """Who may set up a factor now.

    Raises:
        InvalidSession, InvalidToken: neither a session nor a token that is good.
        InvalidCredentials: the password is wrong.
        FactorProofRequired, WrongFactor: there is a factor already, and it was not
            proved.
    """
    if call.session is not None:
        user = await call.tx.get(USERS, call.session.user_id)
    elif setup_token:
        first = find_challenge(setup_token, Goal.SETUP, call)
        found = await call.tx.get(USERS, first.user_id)
        user = first.check_account(found)
    else:
        raise InvalidSession
    if user is None:
        raise InvalidSession
    call.subject = user.user_id
    await call.prove(user, password)
    factors = await call.tx.get(FACTORS, user.user_id)
    if call.session is None and factors is not None and factors.exist:
        raise InvalidToken  # it was good for a first factor only
    known = await prove_again(factors, code, call)
    return Enrolling(user, known or Factors(user_id=user.user_id))


async def ask_to_confirm(challenge: Challenge, user: User, call: Call) -> str:
    """Open a challenge when the call is committed; returns its token."""
    facilities, token = call.facilities, call.facilities.new_token()
    factors = await call.tx.get(FACTORS, user.user_id)
    challenge.user_id = user.user_id
    challenge.password_changed_at = user.password_changed_at
    challenge.address = call.address
    challenge.by_session = call.session is not None
    challenge.is_first = factors is None or not factors.exist
    length_s = facilities.profile.mfa_setup_s
    call.after_commit.append(
        lambda: facilities.factors.challenges.open(
            token, challenge, call.now, length_s=length_s
        )
    )
    return token


async def finish_enrolling(challenge: Challenge, call: Call) -> Enrolling:
    """The account whose enrolment is confirmed, if it still may be.

    Raises:
        InvalidSession: it was begun with a session, and is not finished with one.
        InvalidToken: the account has changed meanwhile.
    """
    session_user = call.session.user_id if call.session else None
    if challenge.by_session and session_user != challenge.user_id:
        raise InvalidSession
    found = await call.tx.get(USERS, challenge.user_id)
    user = challenge.check_account(found)
    call.subject = user.user_id
    factors = await call.tx.get(FACTORS, user.user_id)
    if challenge.is_first and factors is not None and factors.exist:
        raise InvalidToken
    return Enrolling(user, factors or Factors(user_id=user.user_id))


async def enable(
    before: Enrolling, after: Factors, method: str, challenge: Challenge, call: Call
) -> Enabled:
    """Store the factors with a new one; what is older than it ends."""
    shown: list[str] = []
    if not before.factors.exist:
        backup, shown = await call.new_backup_codes()
        after = replace(after, backup=backup)
    call.tx.put(FACTORS, after)
    call.details["method"] = method
    await ask_devices_again(after.user_id, call)
    await notify(call, before.user, Template.FACTOR_ADDED, factor=IN_WORDS[method])
    answered(challenge, call)
    others = await end_everything_of(after.user_id, call, but=call.session)
    call.after_commit.append(lambda: note_on_session(method, call))
    return Enabled(shown, others)
