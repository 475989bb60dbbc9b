"""API keys and the accounts of programs."""

from typing import Any

from ums_client.protocol.actions import ACTIONS, Access
from ums_client.protocol.keys import (
    CreateApiKey,
    CreateApiKeyReply,
    CreateServiceAccount,
    CreateServiceAccountReply,
    ListApiKeys,
    ListApiKeysReply,
    RevokeApiKey,
    RevokeApiKeyReply,
    RotateApiKey,
    RotateApiKeyReply,
)
from ums_client.protocol.permissions import NEVER_FOR_KEYS
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain import accounts
from ums_service.domain.api_keys import (
    API_KEYS,
    DAY_S,
    ApiKey,
    make_key_text,
    new_key,
    rotated,
    view,
)
from ums_service.domain.authorisation import NOTHING, Caller
from ums_service.domain.errors import (
    InvalidInput,
    NoSuchKey,
    NotFound,
    PermissionDenied,
    TooManyKeys,
)
from ums_service.domain.names import normalise
from ums_service.domain.users import USERS, User
from ums_service.handlers.freshness import require_fresh

OWN_SCOPES = frozenset(
    action.permission.value
    for action in ACTIONS
    if action.access is Access.OWN and action.permission is not None
)
"""What a key may be made for by anybody: for others' accounts it still takes more."""


async def create_api_key(
    request: CreateApiKey, call: Call
) -> Answer[CreateApiKeyReply]:
    """Make a key."""
    require_fresh(call)
    profile = call.facilities.profile
    owner = await _owner(request.user_id, call)
    _check_scopes(request.scopes, owner.user_id, call)
    known = await call.tx.ids_where(API_KEYS, "user_id", owner.user_id)
    if len(known) >= profile.api_keys_max:
        raise TooManyKeys(profile.api_keys_max)
    days = request.expires_in_days
    text = _new_text(call)
    key = new_key(
        text,
        owner.user_id,
        call.now,
        name=request.name,
        description=request.description,
        scopes=request.scopes,
        addresses=request.addresses or [],
        good_for_s=days * DAY_S if days else profile.api_key_s,
    )
    return answer(CreateApiKeyReply, **_put(key, text, call))


async def list_api_keys(request: ListApiKeys, call: Call) -> Answer[ListApiKeysReply]:
    """List the keys of an account."""
    own = call.own_session.user_id
    user_id = request.user_id or own
    call.subject, call.discloses = user_id, user_id != own
    facilities = call.facilities
    found = [
        key
        for key_id in facilities.store.ids_where(API_KEYS, "user_id", user_id)
        if (key := facilities.keys.current(key_id)) is not None
    ]
    found.sort(key=lambda key: key.created_s)
    shown = [_view(key, call) for key in found]
    return answer(ListApiKeysReply, keys=shown, count=len(shown))


async def revoke_api_key(
    request: RevokeApiKey, call: Call
) -> Answer[RevokeApiKeyReply]:
    """End a key."""
    key = await _key(request, call)
    call.tx.delete(API_KEYS, key.key_id)
    call.details["key_id"] = key.key_id
    call.changes = {"key": [key.name, ""]}
    return answer(RevokeApiKeyReply, message="The key has ended")


async def rotate_api_key(
    request: RotateApiKey, call: Call
) -> Answer[RotateApiKeyReply]:
    """End a key and make one like it."""
    require_fresh(call)
    old = await _key(request, call)
    _check_scopes(list(old.scopes), old.user_id, call)
    call.tx.delete(API_KEYS, old.key_id)
    call.details["old_key_id"] = old.key_id
    text = _new_text(call)
    made = _put(rotated(old, text, call.now), text, call)
    return answer(RotateApiKeyReply, **made)


async def create_service_account(
    request: CreateServiceAccount, call: Call
) -> Answer[CreateServiceAccountReply]:
    """Make an account for a program."""
    username = normalise(request.username)
    email = f"{username}@service.invalid"  # RFC 2606: no mail can ever get there
    accounts.check_names(username, email, call.facilities.profile)
    await accounts.check_name_is_free(call.tx, "username", username)
    await accounts.check_name_is_free(call.tx, "email", email)
    at = call.now.text
    user = User(
        user_id=call.facilities.new_user_id(),
        username=username,
        email=email,
        password_hash="",
        created_at=at,
        updated_at=at,
        password_changed_at=at,
        notes=request.description,
        service_account=True,
    )
    call.tx.put(USERS, user)
    call.subject = user.user_id
    return answer(
        CreateServiceAccountReply, user_id=user.user_id, username=user.username
    )


async def _owner(user_id: str | None, call: Call) -> User:
    """Whose key it is to be: the caller's own, or that of a service account."""
    own = call.own_session.user_id
    call.subject = user_id or own
    owner = await call.tx.get(USERS, call.subject)
    if owner is None:
        raise NotFound
    if owner.user_id != own and not owner.service_account:
        raise PermissionDenied  # who holds a key of a person can pass for them
    return owner


async def _key(request: RevokeApiKey | RotateApiKey, call: Call) -> ApiKey:
    user_id = request.user_id or call.own_session.user_id
    call.subject = user_id
    key = await call.tx.get(API_KEYS, request.key_id)
    if key is None or key.user_id != user_id:
        raise NoSuchKey
    return key


def _check_scopes(scopes: list[str], owner_id: str, call: Call) -> None:
    """A key gets nothing that its account, and who makes it, cannot do."""
    authority, own = call.facilities.authority, call.own_session.user_id
    for scope in scopes:
        if scope in NEVER_FOR_KEYS:
            raise InvalidInput("scopes", f"{scope} is not for keys")
    asked = frozenset(scopes) - OWN_SCOPES
    for user_id in {owner_id, own}:
        caller = authority.caller(user_id)
        if caller is None or not _has_all(caller, asked, call):
            raise PermissionDenied


def _has_all(caller: Caller, asked: frozenset[str], call: Call) -> bool:
    """Whether the account can do all of this, everywhere or in some lab."""
    if caller.administers:
        return True
    force = [g for g in caller.grants if g.in_force(caller.lab_ids, call.now)]
    return asked <= NOTHING.union(*(grant.allows for grant in force))


def _new_text(call: Call) -> str:
    facilities = call.facilities
    return make_key_text(facilities.new_key_id(), facilities.new_token())


def _put(key: ApiKey, text: str, call: Call) -> dict[str, Any]:
    """Store a new key; returns what is answered of it."""
    call.tx.put(API_KEYS, key)
    call.details |= {"key_id": key.key_id, "scopes": list(key.scopes)}
    # somebody's words: sealed, and gone with them
    call.changes = {"key": ["", key.name]}
    return {"api_key": text, "key": _view(key, call)}


def _view(key: ApiKey, call: Call) -> dict[str, Any]:
    return view(key, call.now, unused_s=call.facilities.profile.api_key_unused_s)
