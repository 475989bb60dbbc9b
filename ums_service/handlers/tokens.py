"""Tokens for other services: issue, renew, let verify, take back."""

from functools import partial
from typing import Any, Final

from ums_client.protocol.tokens import (
    GetRevocations,
    GetRevocationsReply,
    GetSigningKeys,
    GetSigningKeysReply,
    RefreshToken,
    RefreshTokenReply,
    RotateSigningKey,
    RotateSigningKeyReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify
from ums_service.domain import refresh
from ums_service.domain.access_tokens import Bearer
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.clients import ClientInfo
from ums_service.domain.errors import InvalidToken
from ums_service.domain.families import FAMILIES, add_family
from ums_service.domain.moment import text_of
from ums_service.domain.outbox import Template
from ums_service.domain.password_expiry import password_state
from ums_service.domain.refresh import Family, Use
from ums_service.domain.revocations import feed_after
from ums_service.domain.sessions import Purpose, digest_of, expiry, session_digest
from ums_service.domain.signing_keys import (
    KEY_RINGS,
    RING_ID,
    KeyRing,
    SigningKey,
)
from ums_service.domain.users import ACTIVE, USERS, User
from ums_service.handlers.endings import end_logins_of
from ums_service.handlers.freshness import require_fresh

_FEED_MAX: Final = 5_000
"""Entries of one list of revocations: some 200 KB."""
_REUSED: Final = "a refresh token came twice, and the login that had it was ended"


async def first_tokens(
    user: User,
    session_id: str,
    client: ClientInfo,
    methods: tuple[str, ...],
    call: Call,
) -> dict[str, Any]:
    """The fields of a login's reply that hold its tokens; begins their family."""
    facilities, now = call.facilities, call.now
    key = await _signing_key(call)
    secret = facilities.new_token()
    family = Family(
        session_id=session_id,
        secret=digest_of(facilities.new_token()),
        current=digest_of(secret),
        opened_at=now.text,
        used_epoch_s=now.epoch_s,
        ends_epoch_s=now.reached_s + facilities.profile.refresh_token_s,
        access_until_epoch_s=0,
        address=call.address,
        client=client,
        methods=methods,
    )
    family = family.with_access(_access_until(family, call))
    most = facilities.policies.of(user.user_id).sessions_per_user
    for gone in await add_family(call.tx, user.user_id, family, now, most=most):
        call.after_commit.append(partial(facilities.sessions.end_with_id, gone))
    token = family.token(user.user_id, secret)
    return _token_fields(user, family, token, key, call)


async def refresh_token(request: RefreshToken, call: Call) -> Answer[RefreshTokenReply]:
    """Renew the tokens of a login; a token that was copied ends it."""
    token = refresh.RefreshToken.parse(request.refresh_token)
    families = await call.tx.get(FAMILIES, token.user_id)
    family = families.with_id(token.session_id) if families else None
    if families is None or family is None:
        raise InvalidToken
    repeat_s = call.facilities.profile.refresh_repeat_s
    use = family.use_of(token, call.address, call.now, repeat_s=repeat_s)
    call.subject, call.details["session_id"] = token.user_id, token.session_id
    user = await call.tx.get(USERS, token.user_id)
    if user is None or not _may_renew(user, call):
        raise InvalidToken
    bound = call.facilities.profile.session_binding == "address"
    if bound and call.address != family.address:
        call.details["opened_from"] = family.address
        await end_logins_of(user.user_id, [token.session_id], call)
        await call.commit_and_refuse("session_moved", InvalidToken())
    if use is Use.SPENT:
        await notify(call, user, Template.SUSPICIOUS_ACTIVITY, what=_REUSED)
        await end_logins_of(user.user_id, [token.session_id], call)
        await call.commit_and_refuse("refresh_reuse", InvalidToken())
    key = await _signing_key(call)
    if use is Use.CURRENT:
        family = family.rotated(token, call.address, call.now)
    family = family.with_access(_access_until(family, call))
    call.tx.put(FAMILIES, families.with_changed(family))
    fields = _token_fields(user, family, family.successor(token), key, call)
    return answer(RefreshTokenReply, **fields, **_session_fields(family, token, call))


def _may_renew(user: User, call: Call) -> bool:
    """Whether a login would open a session now, as far as the account goes."""
    if user.status != ACTIVE or user.locked_down:
        return False
    policies = call.facilities.policies
    state = password_state(user, policies.of(user.user_id), call.now)
    good = not state.must_change and not state.expired
    return good and policies.admits(user, call.address)


def _session_fields(
    family: Family, token: refresh.RefreshToken, call: Call
) -> dict[str, Any]:
    """Keep the session of these tokens in use, or open it anew where it has ended.

    The token of the new session comes from the refresh token, so that a repeated
    request gets the same one.
    """
    sessions, now = call.facilities.sessions, call.now
    session_token, user_id = family.session_token(token), token.user_id
    policy = call.facilities.policies.of(user_id)
    live = sessions.with_id(family.session_id, now)

    def use_or_open() -> None:
        live = sessions.with_id(family.session_id, now)
        if live is not None:
            live.used_ticks_s = now.ticks_s
            return
        sessions.open(
            session_token,
            user_id,
            now,
            purpose=Purpose.SESSION,
            address=call.address,
            session_id=family.session_id,
            client=family.client,
            methods=family.methods,
            proved=False,
            policy=policy,
        )

    call.after_commit.append(use_or_open)
    if live is not None and live.digest != session_digest(session_token):
        return {"session_expires_at": live.expires_at}
    new_end = expiry(now, policy.session_s)
    expires_at = live.expires_at if live else new_end
    return {"session_token": session_token, "session_expires_at": expires_at}


def _access_until(family: Family, call: Call) -> int:
    """When an access token of now ends: with its family at the latest."""
    until = call.now.epoch_s + call.facilities.tokens.rules.access_s
    return min(until, family.ends_epoch_s)


def _token_fields(
    user: User,
    family: Family,
    token: refresh.RefreshToken,
    key: SigningKey,
    call: Call,
) -> dict[str, Any]:
    until = _access_until(family, call)
    bearer = Bearer(user.user_id, family.session_id, until)
    tokens = call.facilities.tokens
    return {
        "access_token": tokens.access_token(key, bearer, [user.role], call.now),
        "refresh_token": token.text,
        "token_type": "Bearer",
        "expires_in": until - call.now.epoch_s,
        "refresh_expires_at": text_of(family.ends_epoch_s),
        "session_id": family.session_id,
    }


async def _signing_key(call: Call) -> SigningKey:
    """The key that signs; made, with this call's commit, where there is none."""
    ring = await call.tx.get(KEY_RINGS, RING_ID) or KeyRing()
    key = ring.signing(call.facilities.tokens.rules.algorithm)
    if key is None:
        key = await _new_key(ring, call)
        entry = AuditEntry("signing_key_made", Outcome.DONE, address=call.address)
        entry._replace(details={"key_id": key.key_id}).append_to(call.tx, call.now)
    return key


async def _new_key(ring: KeyRing, call: Call, *, drop_old: bool = False) -> SigningKey:
    tokens, pool = call.facilities.tokens, call.facilities.gate.pool
    private = await pool.run(tokens.new_private_key, tokens.rules.algorithm)
    rotated = tokens.rotated(ring, private, call.now, drop_old=drop_old)
    call.tx.put(KEY_RINGS, rotated)
    return rotated.keys[0]


async def get_signing_keys(
    request: GetSigningKeys, call: Call
) -> Answer[GetSigningKeysReply]:
    """Tell the public keys; none before the first token."""
    facilities = call.facilities
    ring = facilities.store.get(KEY_RINGS, RING_ID) or KeyRing()
    keys = facilities.tokens.public_keys(ring.without_expired(call.now))
    rules = facilities.tokens.rules
    return answer(
        GetSigningKeysReply,
        keys=keys,
        issuer=rules.issuer,
        audience=rules.audience,
        algorithms=sorted({key["alg"] for key in keys}),
    )


async def get_revocations(
    request: GetRevocations, call: Call
) -> Answer[GetRevocationsReply]:
    """Tell which sessions ended before their access tokens."""
    facilities = call.facilities
    ring = facilities.store.get(KEY_RINGS, RING_ID) or KeyRing()
    key = ring.signing(facilities.tokens.rules.algorithm) or await _signing_key(call)
    feed = feed_after(facilities.store, request.after, most=_FEED_MAX)
    return answer(
        GetRevocationsReply,
        revocations=facilities.tokens.feed(key, feed, call.now),
        sequence=feed.number,
        more=feed.more,
    )


async def rotate_signing_key(
    request: RotateSigningKey, call: Call
) -> Answer[RotateSigningKeyReply]:
    """Take a new signing key."""
    require_fresh(call)
    ring = await call.tx.get(KEY_RINGS, RING_ID) or KeyRing()
    key = await _new_key(ring, call, drop_old=request.compromised)
    call.details["key_id"] = key.key_id
    return answer(RotateSigningKeyReply, key_id=key.key_id)
