"""Proving a second factor: at login, and again before factors are changed.

What is proved is used up in the call's transaction: a code and the session it opens
are durable together, and of two uses of one code at once the second meets a conflict,
is run again and finds it used. Wrong answers are counted when they are given.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ums_service.audit.names import name_sealed
from ums_service.calls.call import Call
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.backup_codes import is_shaped_like_one
from ums_service.domain.challenges import Challenge, Goal
from ums_service.domain.clients import user_agent_of
from ums_service.domain.devices import Device
from ums_service.domain.errors import (
    FactorProofRequired,
    FactorRequired,
    FactorSetupRequired,
    InvalidToken,
    WrongFactor,
)
from ums_service.domain.factors import (
    BACKUP_CODE,
    FACTORS,
    PASSKEY,
    PASSWORD,
    Factors,
    Used,
    are_required,
    use_backup_code,
    use_code,
)
from ums_service.domain.sessions import DEVICE
from ums_service.domain.users import User
from ums_service.handlers.devices import spares_factor


async def prove_at_login(
    user: User,
    code: str | None,
    method: str | None,
    device: Device | None,
    call: Call,
) -> tuple[str, ...]:
    """What was proved, beginning with the password.

    A `device` on which a factor was proved before may do instead of another proof.

    Raises:
        FactorRequired: the account has a factor, and no code came along.
        FactorSetupRequired: it has none and must have one.
        WrongFactor: the code is not accepted.
    """
    factors = await call.tx.get(FACTORS, user.user_id)
    if factors is None or not factors.exist:
        if are_required(user, call.facilities.policies.of(user.user_id)):
            raise FactorSetupRequired(_ask(Goal.SETUP, user, call))
        return (PASSWORD,)
    if code:
        return (PASSWORD, (await prove_code(factors, code, method, call)).method)
    if await spares_factor(device, user, call):
        return (PASSWORD, DEVICE)
    asked = None
    if factors.passkeys:
        party = call.facilities.factors.relying_party
        asked = party.ask_to_sign(factors.passkeys, alone=False)
    token = _ask(Goal.LOGIN, user, call, passkey_state=asked.state if asked else None)
    raise FactorRequired(token, factors.methods, asked.options if asked else None)


def _ask(goal: Goal, user: User, call: Call, **about: Any) -> str:
    """Open a challenge that the coming refusal tells of; nothing is committed there."""
    facilities, token = call.facilities, call.facilities.new_token()
    challenge = Challenge(
        goal=goal,
        user_id=user.user_id,
        password_changed_at=user.password_changed_at,
        password_hash=user.password_hash,
        address=call.address,
        is_first=goal is Goal.SETUP,
        **about,
    )
    length_s = facilities.profile.mfa_challenge_s
    if goal is Goal.SETUP:
        length_s = facilities.profile.mfa_setup_s
    facilities.factors.challenges.open(token, challenge, call.now, length_s=length_s)
    return token


def find_challenge(token: str, goal: Goal, call: Call) -> Challenge:
    """The open challenge of `token`, for this source. Raises InvalidToken."""
    return call.facilities.factors.challenges.find(
        token, goal, call.now, address=call.address, by=call
    )


async def prove_code(
    factors: Factors,
    code: str,
    method: str | None,
    call: Call,
    challenge: Challenge | None = None,
) -> Used:
    """Use up a code that is right.

    Raises:
        WrongFactor: it is wrong, was used, or comes too soon after wrong ones.
        Busy: it may be a backup code, and more hashes wait than can be queued.
    """
    guard, now = call.facilities.factors.guard, call.now
    user_id = factors.user_id
    wait_s = guard.wait_s(user_id, now.ticks_s)
    if wait_s:
        raise WrongFactor(wait_s)
    used = use_code(factors, code, method, now)
    if used is None and challenge is not None:
        used = _use_sent(factors, code, method, challenge, call)
    if used is None:
        guard.count(user_id, now.ticks_s)  # many at once are counted before the hash
        used = await _use_backup_code(factors, code, method, call)
    if used is None:
        if challenge is not None:
            call.facilities.factors.challenges.failed(challenge)
        raise WrongFactor(guard.wait_s(user_id, now.ticks_s) or None)
    call.tx.put(FACTORS, used.factors)
    call.after_commit.append(lambda: guard.forget(user_id))
    call.after_commit.append(lambda: call.facilities.factors.sending.forget(user_id))
    if used.method == BACKUP_CODE:
        _note_backup_code(used.factors, call)
    return used


def _use_sent(
    factors: Factors, code: str, method: str | None, challenge: Challenge, call: Call
) -> Used | None:
    """Try a code as the one that was sent for this challenge."""
    sent, now = challenge.sent, call.now
    if sent is None or not sent.accepts(code, method, now.ticks_s):
        return None
    used = (
        replace(m, last_used_at=now.text) if m.method == sent.method else m
        for m in factors.messages
    )
    return Used(replace(factors, messages=tuple(used)), sent.method)


async def _use_backup_code(
    factors: Factors, code: str, method: str | None, call: Call
) -> Used | None:
    """Try a code, already counted as a wrong one, as a backup code."""
    backup = factors.backup
    fits = method in (None, BACKUP_CODE) and is_shaped_like_one(code)
    if not fits or not backup.digests:
        return None
    try:
        digest = await call.computed((backup.salt, code), backup.digest, code)
    except BaseException:  # no verdict
        call.facilities.factors.guard.withdraw(factors.user_id)
        raise
    return use_backup_code(factors, digest)


def _note_backup_code(factors: Factors, call: Call) -> None:
    entry = AuditEntry(
        event="backup_code_used",
        outcome=Outcome.DONE,
        actor=call.session.user_id if call.session else None,
        subject=factors.user_id,
        address=call.address,
        details={"remaining": len(factors.backup.digests)},
        user_agent=user_agent_of(call.client),
        request_id=call.request_id,
        of_subject=name_sealed(call.facilities.store, factors.user_id),
    )
    entry.append_to(call.tx, call.now)


def prove_passkey(
    factors: Factors, assertion: Mapping[str, Any], challenge: Challenge, call: Call
) -> str:
    """Accept the signature of a passkey; its counter goes on, durably.

    Raises:
        WrongFactor: it is not one of this account on this challenge.
    """
    state = challenge.passkey_state
    if state is None:
        raise InvalidToken
    party = call.facilities.factors.relying_party
    try:
        passkey, count = party.signed(state, assertion, factors.passkeys)
    except WrongFactor:
        call.facilities.factors.challenges.failed(challenge)
        raise
    used = replace(passkey, sign_count=count, last_used_at=call.now.text)
    call.tx.put(FACTORS, factors.with_passkey(used))
    return PASSKEY


async def prove_again(
    factors: Factors | None, code: str | None, call: Call
) -> Factors | None:
    """The factors, after their owner has proved one, now or in the last minutes.

    A stolen session and password must not be able to change the factors.

    Raises:
        FactorProofRequired: there is a factor, and no code came along.
        WrongFactor: the code is not accepted.
    """
    session, now = call.session, call.now
    if factors is None or not factors.exist:
        return factors
    if not code:
        proved_s = session.factor_ticks_s if session else None
        recent_s = call.facilities.profile.recent_login_s
        if proved_s is None or now.ticks_s - proved_s > recent_s:
            raise FactorProofRequired
        return factors
    used = await prove_code(factors, code, None, call)
    call.after_commit.append(lambda: note_on_session(used.method, call))
    return used.factors


def note_on_session(method: str, call: Call) -> None:
    """The session of this call has proved a factor."""
    if call.session is not None:
        if method not in call.session.methods:
            call.session.methods = (*call.session.methods, method)
        call.session.factor_ticks_s = call.now.ticks_s


def answered(challenge: Challenge, call: Call) -> None:
    """The challenge is this call's from now on, and ends with its commit."""
    challenge.claimed_by = call
    challenges = call.facilities.factors.challenges
    call.after_commit.append(lambda: challenges.end(challenge))
