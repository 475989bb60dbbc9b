"""Deleting accounts, and bringing them back."""

from typing import Any

from ums_client.protocol.accounts import DeleteUser, DeleteUserReply
from ums_client.protocol.deletions import (
    ListDeleted,
    ListDeletedReply,
    RestoreUser,
    RestoreUserReply,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.notices import notify
from ums_service.domain import accounts, deleted
from ums_service.domain.deleted import DELETED_USERS, DeletedUser
from ums_service.domain.details import DETAILS
from ums_service.domain.entitlements import ENTITLEMENTS, Entitlements
from ums_service.domain.errors import (
    InvalidSession,
    NotFound,
    ReauthenticationRequired,
)
from ums_service.domain.legal_holds import LEGAL_HOLDS
from ums_service.domain.moment import text_of
from ums_service.domain.names import normalise
from ums_service.domain.outbox import Template
from ums_service.domain.profiles import DAY_S
from ums_service.domain.roster import update_roster
from ums_service.domain.users import USERS, User
from ums_service.handlers.endings import end_everything_of
from ums_service.handlers.forgetting import forget_mail
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.granting import (
    require_all,
    require_all_of,
    require_lab_role,
)
from ums_service.handlers.turns import taking_turns
from ums_service.handlers.views import deleted_view, user_view


async def delete_user(request: DeleteUser, call: Call) -> Answer[DeleteUserReply]:
    """Delete an account; its sessions end and its names are free again."""
    own = call.own_session.user_id
    call.subject = request.user_id or own
    user = await call.tx.get(USERS, call.subject)
    gone = await _gone(request, call) if user is None else None
    caller = await call.tx.get(USERS, own)
    if not request.password:
        raise ReauthenticationRequired
    await call.prove(caller, request.password)
    if gone is not None:
        call.subject_name = gone.user.username
        await require_all_that_is_given_to(gone.user, call)
    if user is not None:
        await update_roster(call.tx, user, None)
        await end_everything_of(user.user_id, call)
    if user is not None and request.mode == "soft":
        more = await _put_away(user, request, call)
    else:
        whole = user or (gone and gone.user)
        assert whole
        more = await _erase(whole, request, call)
    if call.facilities.profile.original_replies:
        more = {}
    return answer(DeleteUserReply, message="Account deleted successfully", **more)


async def _erase(user: User, request: DeleteUser, call: Call) -> dict[str, Any]:
    call.details["mode"] = request.mode
    call.reason = request.reason or ""
    told = {"deleted_at": call.now.text}
    held = await call.tx.get(LEGAL_HOLDS, user.user_id)
    if held and user.user_id == call.own_session.user_id:  # who is not told of it
        await deleted.delete(call.tx, user, call.now, kept_s=0)
        return told
    await deleted.erase(call.tx, user.user_id)
    await forget_mail(user.user_id, user.email, call)
    return told


async def _put_away(user: User, request: DeleteUser, call: Call) -> dict[str, Any]:
    if request.reason:
        call.changes = {"reason": ["", request.reason]}
    kept_s = await _kept_s(user.user_id, call)
    await deleted.delete(call.tx, user, call.now, kept_s=kept_s)
    told = {"deleted_at": call.now.text}
    if kept_s:
        told["purge_after"] = text_of(call.now.epoch_s + kept_s)
    return told


async def _kept_s(user_id: str, call: Call) -> int:
    """How long the account is kept: as it says itself, where any is kept at all."""
    kept_s, own = (
        call.facilities.profile.deleted_kept_s,
        await call.tx.get(DETAILS, user_id),
    )
    days = own.get("data_retention_days") if own else None
    return days * DAY_S if days and kept_s else kept_s


async def _gone(request: DeleteUser, call: Call) -> DeletedUser:
    """The account that was deleted before, and is to be erased now."""
    assert call.subject is not None
    if call.subject == call.own_session.user_id:
        raise InvalidSession
    gone = await call.tx.get(DELETED_USERS, call.subject)
    if gone is None or request.mode != "erase":
        raise NotFound
    return gone


async def require_all_that_is_given_to(user: User, call: Call) -> None:
    """Return when the caller has all that a deleted account would have again.

    Raises:
        PermissionDenied: there is something that they lack.
    """
    require_all_of(user.role, call)
    own = await call.tx.get(ENTITLEMENTS, user.user_id) or Entitlements(user.user_id)
    for given in own.roles:
        require_all_of(given.role, call)


async def _require_all_that_labs_give(user_id: str, call: Call) -> None:
    own = await call.tx.get(ENTITLEMENTS, user_id) or Entitlements(user_id)
    for lab_id, membership in own.labs.items():
        require_lab_role(membership.role, lab_id, call)
    for one in own.attributes:
        names = {one.attribute}
        require_all(names, call, lab_id=one.lab_id, until_s=None)


async def list_deleted(request: ListDeleted, call: Call) -> Answer[ListDeletedReply]:
    """List the accounts that can still be brought back."""
    call.discloses = True
    store, size = call.facilities.store, request.page_size
    first, found = (request.page - 1) * size, list[dict[str, Any]]()
    async for number, user_id in taking_turns(store.ids(DELETED_USERS)):
        gone = store.get(DELETED_USERS, user_id) if number >= first else None
        if gone is not None:
            found.append(deleted_view(gone, store))
        if len(found) > size:
            break
    more = {"truncated": True} if len(found) > size else {}
    return answer(
        ListDeletedReply,
        users=found[:size],
        page=request.page,
        page_size=size,
        **more,
    )


async def restore_user(request: RestoreUser, call: Call) -> Answer[RestoreUserReply]:
    """Bring an account back, with its names where they are free."""
    call.subject = request.user_id
    require_fresh(call)
    gone = await call.tx.get(DELETED_USERS, request.user_id)
    if gone is None:
        raise NotFound
    await require_all_that_is_given_to(gone.user, call)
    user = await _with_free_names(request, gone.user, call)
    if user.email != gone.user.email:  # a new password can be mailed there
        await _require_all_that_labs_give(user.user_id, call)
    await update_roster(call.tx, None, user)
    call.tx.delete(DELETED_USERS, user.user_id)
    view = user_view(call.tx.put(USERS, user), call.facilities.profile)
    told = {"status": user.status, "until": "", "reason": ""}
    await notify(call, user, Template.STATUS_CHANGED, **told)
    return answer(RestoreUserReply, message="User restored", user=view)


async def _with_free_names(request: RestoreUser, user: User, call: Call) -> User:
    """The account with its old names, or those that are given instead.

    Raises:
        NameTaken, InvalidInput: one of them is somebody else's, or cannot be used.
    """
    username = normalise(request.username or "") or user.username
    email = normalise(request.email or "") or user.email
    if (username, email) != (user.username, user.email):
        accounts.check_names(username, email, call.facilities.profile)
    await accounts.check_name_is_free(call.tx, "username", username)
    await accounts.check_name_is_free(call.tx, "email", email)
    verified = user.email_verified and email == user.email
    return user._replace(
        username=username,
        email=email,
        email_verified=verified,
        updated_at=call.now.text,
    )
