"""Taking a change back from its entry in the audit log."""

from typing import Any, Final

from storage import Search
from ums_client.protocol.accounts import UpdateUser
from ums_client.protocol.permissions import Permission
from ums_client.protocol.reverts import RevertChange, RevertChangeReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.details import DETAILS, Details
from ums_service.domain.errors import NoSuchEntry, NotFound
from ums_service.domain.reverts import revert_of
from ums_service.domain.users import USERS, User
from ums_service.handlers.account_changes import change
from ums_service.handlers.details import with_details
from ums_service.handlers.freshness import require_fresh
from ums_service.handlers.views import user_view

_EVENTS: Final = frozenset({"user_updated", "change_reverted"})


async def revert_change(request: RevertChange, call: Call) -> Answer[RevertChangeReply]:
    """Give an account back what a change took."""
    require_fresh(call)
    entry = await _entry(request.entry, call)
    call.subject = user_id = str(entry["subject"])
    other = user_id if user_id != call.own_session.user_id else None
    call.require(Permission.USERS_UPDATE, changes=other)
    before = await call.tx.get(USERS, user_id)
    if before is None:
        raise NotFound
    own = await call.tx.get(DETAILS, user_id) or Details(user_id, {})

    def current(name: str) -> object:
        return getattr(before, name) if name in User._fields else own.get(name)

    revert = revert_of(entry.get("changes"), current)
    values: dict[str, Any] = dict(revert.values)
    # not validated: they were valid once, and the rules judge them again
    wanted = UpdateUser.model_construct(
        user_id=user_id, current_password=request.password, **values
    )
    after = await with_details(wanted, await change(wanted, before, call), call)
    call.details["entry"] = request.entry
    view = user_view(call.tx.put(USERS, after), call.facilities.profile)
    more = {"skipped": revert.skipped} if revert.skipped else {}
    return answer(
        RevertChangeReply,
        message="Change reverted",
        user=view,
        reverted=sorted(revert.values),
        **more,
    )


async def _entry(number: int, call: Call) -> dict[str, Any]:
    """The entry of a change to an account. Raises NoSuchEntry."""
    page = await call.facilities.audit.search(
        Search((), None, None), below=number + 1, limit=1, reader=None
    )
    for entry in page.shown:
        done = entry["outcome"] == "done" and entry["event"] in _EVENTS
        if entry["number"] == number and done and "subject" in entry:
            return entry
    raise NoSuchEntry
