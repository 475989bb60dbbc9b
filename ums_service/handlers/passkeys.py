"""Passkeys: enrolled as a second factor, named, and as a login of their own."""

from base64 import urlsafe_b64encode
from dataclasses import replace

from ums_client.protocol.passkeys import (
    BeginPasskeyEnrolment,
    BeginPasskeyEnrolmentReply,
    BeginPasskeyLogin,
    BeginPasskeyLoginReply,
    FinishPasskeyEnrolment,
    FinishPasskeyEnrolmentReply,
    FinishPasskeyLogin,
    FinishPasskeyLoginReply,
    RenamePasskey,
    RenamePasskeyReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.challenges import Challenge, Goal
from ums_service.domain.errors import InvalidInput, InvalidToken, NoFactor, WrongFactor
from ums_service.domain.factors import FACTORS, PASSKEY, Passkey
from ums_service.domain.passkeys import owner_named_by
from ums_service.domain.users import USERS
from ums_service.handlers.enrolment import (
    ask_to_confirm,
    begin_enrolling,
    enable,
    finish_enrolling,
)
from ums_service.handlers.factor_proof import (
    answered,
    find_challenge,
    prove_passkey,
)
from ums_service.handlers.logins import admitted, finish_login


async def begin_passkey_enrolment(
    request: BeginPasskeyEnrolment, call: Call
) -> Answer[BeginPasskeyEnrolmentReply]:
    """Ask an authenticator for a new passkey."""
    user, factors = await begin_enrolling(
        request.mfa_setup_token, request.password, request.code, call
    )
    most = call.facilities.profile.passkeys_max
    if len(factors.passkeys) >= most:
        raise InvalidInput("passkeys", f"an account has at most {most}")
    party = call.facilities.factors.relying_party
    asked = party.ask_to_enrol(user, factors.passkeys)
    challenge = Challenge(
        goal=Goal.ENROL_PASSKEY,
        passkey_state=asked.state,
        name=request.device_name or "",
    )
    return answer(
        BeginPasskeyEnrolmentReply,
        setup_token=await ask_to_confirm(challenge, user, call),
        options=asked.options,
    )


async def finish_passkey_enrolment(
    request: FinishPasskeyEnrolment, call: Call
) -> Answer[FinishPasskeyEnrolmentReply]:
    """Let the passkey count from now on."""
    challenge = find_challenge(request.setup_token, Goal.ENROL_PASSKEY, call)
    enrolling = await finish_enrolling(challenge, call)
    factors = enrolling.factors
    if len(factors.passkeys) >= call.facilities.profile.passkeys_max:
        raise InvalidToken  # others were enrolled since this one was begun
    assert challenge.passkey_state is not None
    party = call.facilities.factors.relying_party
    try:
        passkey = party.enrolled(
            challenge.passkey_state,
            request.credential,
            name=challenge.name,
            at=call.now.text,
        )
    except WrongFactor:
        call.facilities.factors.challenges.failed(challenge)
        raise
    after = factors.with_passkey(passkey)
    enabled = await enable(enrolling, after, PASSKEY, challenge, call)
    return answer(
        FinishPasskeyEnrolmentReply,
        message="The passkey is enrolled",
        mfa_enabled=True,
        backup_codes=enabled.backup_codes,
        sessions_ended=enabled.sessions_ended,
    )


async def begin_passkey_login(
    request: BeginPasskeyLogin, call: Call
) -> Answer[BeginPasskeyLoginReply]:
    """Ask for the signature of any passkey; nobody is named yet."""
    facilities, token = call.facilities, call.facilities.new_token()
    asked = facilities.factors.relying_party.ask_to_sign((), alone=True)
    challenge = Challenge(
        goal=Goal.PASSKEY_LOGIN, passkey_state=asked.state, address=call.address
    )
    length_s = facilities.profile.mfa_challenge_s
    facilities.factors.challenges.open(token, challenge, call.now, length_s=length_s)
    return answer(BeginPasskeyLoginReply, mfa_token=token, options=asked.options)


async def finish_passkey_login(
    request: FinishPasskeyLogin, call: Call
) -> Answer[FinishPasskeyLoginReply]:
    """Open a session for the owner of the passkey that has signed."""
    challenge = find_challenge(request.mfa_token, Goal.PASSKEY_LOGIN, call)
    user_id = owner_named_by(request.assertion)
    factors = await call.tx.get(FACTORS, user_id)
    user = await call.tx.get(USERS, user_id)
    if factors is None or user is None:
        call.facilities.factors.challenges.failed(challenge)
        raise WrongFactor
    method = prove_passkey(factors, request.assertion, challenge, call)
    call.subject = user_id
    answered(challenge, call)
    user = await admitted(user, call)
    user = user.logged_in(call.now, user.password_hash)
    kind, device = (
        FinishPasskeyLoginReply,
        call.known_device(user, request.device_token),
    )
    return await finish_login(kind, request, user, (method,), call, device)


async def rename_passkey(
    request: RenamePasskey, call: Call
) -> Answer[RenamePasskeyReply]:
    """Give a passkey of the caller another name.

    Raises:
        NoFactor: the account has no such passkey.
    """
    factors = await call.tx.get(FACTORS, call.own_session.user_id)
    known = () if factors is None else factors.passkeys
    wanted = request.credential_id.rstrip("=")
    found = [p for p in known if _shown_id(p) == wanted]
    if factors is None or not found:
        raise NoFactor
    call.tx.put(FACTORS, factors.with_passkey(replace(found[0], name=request.name)))
    return answer(
        RenamePasskeyReply, message="The passkey has another name", name=request.name
    )


def _shown_id(passkey: Passkey) -> str:
    """The id as `get_mfa_status` tells it."""
    return urlsafe_b64encode(passkey.credential_id).decode().rstrip("=")
