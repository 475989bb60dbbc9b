"""Second factors as their owner and administrators see, remove and renew them."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import replace
from typing import Any, Final

from ums_client.protocol.factors import (
    DisableMfa,
    DisableMfaReply,
    GetMfaStatus,
    GetMfaStatusReply,
    RegenerateBackupCodes,
    RegenerateBackupCodesReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify
from ums_service.domain.errors import (
    InvalidInput,
    InvalidSession,
    LastFactor,
    MissingInput,
    NoFactor,
    NotFound,
    ReauthenticationRequired,
)
from ums_service.domain.factors import (
    EMAIL,
    FACTORS,
    IN_WORDS,
    PASSKEY,
    SMS,
    TOTP,
    Factors,
    are_required,
)
from ums_service.domain.outbox import Template
from ums_service.domain.sent_codes import masked
from ums_service.domain.users import USERS, User
from ums_service.handlers.devices import ask_devices_again
from ums_service.handlers.endings import end_everything_of
from ums_service.handlers.factor_proof import prove_again
from ums_service.handlers.freshness import require_fresh

REMOVABLE: Final = (TOTP, PASSKEY, SMS, EMAIL)


async def get_mfa_status(
    request: GetMfaStatus, call: Call
) -> Answer[GetMfaStatusReply]:
    """Tell which second factors an account has."""
    own = call.own_session.user_id
    user_id = request.user_id or own
    if user_id != own:
        call.subject, call.discloses = user_id, True
    store = call.facilities.store
    user = store.get(USERS, user_id)
    if user is None:
        raise InvalidSession if user_id == own else NotFound
    factors = store.get(FACTORS, user_id) or Factors(user_id=user_id)
    return answer(
        GetMfaStatusReply,
        mfa_enabled=factors.exist,
        required=are_required(user, call.facilities.policies.of(user.user_id)),
        methods=_shown(factors),
        backup_codes_remaining=len(factors.backup.digests),
    )


def _shown(factors: Factors) -> list[dict[str, Any]]:
    known = factors.totp
    shown = [] if known is None else [_method(TOTP, known, known.name)]
    for passkey in factors.passkeys:
        credential_id = urlsafe_b64encode(passkey.credential_id).decode().rstrip("=")
        named = _method(PASSKEY, passkey, passkey.name)
        shown.append(named | {"credential_id": credential_id})
    shown += [_method(m.method, m, masked(m.address)) for m in factors.messages]
    return shown


def _method(method: str, factor: Any, name: str) -> dict[str, Any]:
    return {
        "method": method,
        "name": name,
        "enabled_at": factor.enabled_at,
        "last_used_at": factor.last_used_at,
    }


async def disable_mfa(request: DisableMfa, call: Call) -> Answer[DisableMfaReply]:
    """Remove a second factor, or all."""
    own = call.own_session.user_id
    if request.user_id in (None, own):
        factors = await _proved(request.password, request.code, call)
        user = await _user(own, call)
        after = _without(factors, request)
        if not after.exist and are_required(
            user, call.facilities.policies.of(user.user_id)
        ):
            raise LastFactor
        ended = 0
    else:
        assert request.user_id is not None
        user = await _of_another(request.user_id, request.reason, call)
        known = await call.tx.get(FACTORS, user.user_id)
        after = _without(known, request)
        ended = await end_everything_of(user.user_id, call)
    call.details["method"] = request.method or "all"
    await ask_devices_again(user.user_id, call)
    removed = IN_WORDS[request.method] if request.method else "all second factors"
    await notify(call, user, Template.FACTOR_REMOVED, factor=removed)
    if after.exist:
        call.tx.put(FACTORS, after)
    else:
        call.tx.delete(FACTORS, user.user_id)
    return answer(
        DisableMfaReply,
        message="The second factor is removed",
        mfa_enabled=after.exist,
        sessions_ended=ended,
    )


async def regenerate_backup_codes(
    request: RegenerateBackupCodes, call: Call
) -> Answer[RegenerateBackupCodesReply]:
    """Make new backup codes; the old ones are void."""
    factors = await _proved(request.password, request.code, call)
    if factors is None or not factors.exist:
        raise NoFactor
    backup, shown = await call.new_backup_codes()
    call.tx.put(FACTORS, replace(factors, backup=backup))
    return answer(
        RegenerateBackupCodesReply,
        message="The old backup codes are void",
        backup_codes=shown,
    )


async def _proved(password: str | None, code: str | None, call: Call) -> Factors | None:
    """The caller's factors, after the password and a factor were proved."""
    user = await _user(call.own_session.user_id, call)
    if not password:
        raise ReauthenticationRequired
    await call.prove(user, password)
    factors = await call.tx.get(FACTORS, user.user_id)
    return await prove_again(factors, code, call)


async def _user(user_id: str, call: Call) -> User:
    call.subject = user_id
    user = await call.tx.get(USERS, user_id)
    if user is None:
        raise InvalidSession if user_id == call.own_session.user_id else NotFound
    return user


async def _of_another(user_id: str, reason: str | None, call: Call) -> User:
    require_fresh(call)
    if not reason:
        raise MissingInput("A reason is required")
    call.changes = {"reason": ["", reason]}
    return await _user(user_id, call)


def _without(factors: Factors | None, request: DisableMfa) -> Factors:
    """What is left. Raises NoFactor if there is nothing to remove."""
    if request.method not in (None, *REMOVABLE):
        raise InvalidInput("method", f"should be one of {', '.join(REMOVABLE)}")
    if factors is None:
        raise NoFactor
    if request.method is None:
        after = Factors(user_id=factors.user_id)
    else:
        after = factors.without(request.method, _credential_id(request))
    if after == replace(factors, backup=after.backup):
        raise NoFactor
    return after


def _credential_id(request: DisableMfa) -> bytes | None:
    given = request.credential_id
    if given is None:
        return None
    try:
        return urlsafe_b64decode(given + "=" * (-len(given) % 4))
    except ValueError:
        raise InvalidInput("credential_id", "should be base64url") from None
