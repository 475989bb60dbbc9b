"""What is known of a person beside the account: changes, and preferences by themselves."""

from typing import Any, Final

from ums_client.protocol.message import Request
from ums_client.protocol.personal import (
    GetPreferences,
    GetPreferencesReply,
    UpdatePreferences,
    UpdatePreferencesReply,
    plain,
)
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.audit_seals import change_of
from ums_service.domain.details import (
    DEFAULTS,
    DETAILS,
    PREFERENCES,
    TOLD,
    Details,
    changed_names,
    check_details,
)
from ums_service.domain.errors import InvalidSession, NotFound
from ums_service.domain.names import full_name_after
from ums_service.domain.users import USERS, User

_OF_DETAILS: Final = frozenset({*DEFAULTS, "first_name", "last_name", "full_name"})


async def with_details(request: Request[Any], user: User, call: Call) -> User:
    """The account after a change of what is kept beside it, which goes into `call.tx`.

    `user` has the new names already. What changed is added to the audit entry.
    """
    if not request.model_fields_set & _OF_DETAILS:
        return user
    own = await call.tx.get(DETAILS, user.user_id) or Details(user.user_id, {})
    after = await change_details(request, own, call)
    if "full_name" in request.model_fields_set and user.full_name:
        return user
    stored = await call.tx.get(USERS, user.user_id)
    before = stored or user._replace(first_name="", last_name="")
    named = full_name_after(
        user.full_name,
        [before.first_name, own.get("middle_name"), before.last_name],
        [user.first_name, after.get("middle_name"), user.last_name],
    )
    if named == user.full_name:
        return user
    told = {"full_name": change_of(user.full_name, named)}
    call.changes = (call.changes or {}) | told
    call.details["changed"] = [*call.details.get("changed", []), "full_name"]
    return user._replace(full_name=named)


async def change_details(request: Request[Any], own: Details, call: Call) -> Details:
    """The details after a change, which is put into `call.tx` and its audit entry.

    Raises:
        InvalidInput: a value cannot be.
    """
    names = request.model_fields_set.intersection(DEFAULTS)
    given = {name: plain(getattr(request, name)) for name in names}
    if not given:
        return own
    check_details(given)
    after = own.with_changes(given)
    changed = changed_names(own, after)
    if changed:
        call.tx.put(DETAILS, after)
        told = {n: change_of(own.get(n), after.get(n)) for n in changed if n in TOLD}
        call.changes = (call.changes or {}) | told
        call.details["changed"] = call.details.get("changed", []) + changed
    return after


async def get_preferences(
    request: GetPreferences, call: Call
) -> Answer[GetPreferencesReply]:
    """Read preferences."""
    user_id = _whose(request.user_id, call)
    call.discloses = user_id != call.own_session.user_id
    store = call.facilities.store
    if store.get_value(USERS, user_id) is None:
        raise NotFound if call.discloses else InvalidSession
    own = store.get(DETAILS, user_id) or Details(user_id, {})
    return answer(GetPreferencesReply, preferences=own.section(PREFERENCES))


async def update_preferences(
    request: UpdatePreferences, call: Call
) -> Answer[UpdatePreferencesReply]:
    """Change preferences."""
    user_id = _whose(request.user_id, call)
    if await call.tx.get(USERS, user_id) is None:
        raise InvalidSession if user_id == call.own_session.user_id else NotFound
    own = await call.tx.get(DETAILS, user_id) or Details(user_id, {})
    after = await change_details(request, own, call)
    return answer(
        UpdatePreferencesReply,
        message="Preferences updated",
        preferences=after.section(PREFERENCES),
    )


def _whose(user_id: str | None, call: Call) -> str:
    call.subject = user_id or call.own_session.user_id
    return call.subject
