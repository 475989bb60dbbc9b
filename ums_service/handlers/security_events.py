"""Attacks, and what was done about them."""

from typing import Any, Final

from ums_client.protocol.audit import ListSecurityEvents, ListSecurityEventsReply
from ums_client.protocol.permissions import Permission
from ums_service.audit.reader import NEWEST
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.audit_search import Wanted
from ums_service.domain.moment import text_of

_KINDS: Final = {
    "lockout": ("account_locked", "account_unlocked"),
    "address_block": ("address_blocked",),
    "guessing": ("guessing_suspected",),
    "suspicious": (
        "refresh_reuse",
        "session_moved",
        "locked_down",
        "administrator_recovered",
        "audit_damaged",
    ),
}
_BLOCKED_MAX: Final = 1_000


async def list_security_events(
    request: ListSecurityEvents, call: Call
) -> Answer[ListSecurityEventsReply]:
    """Find what is graver than a refusal; reading it leaves an entry."""
    kinds = (request.kind,) if request.kind else _KINDS
    events = [event for kind in kinds for event in _KINDS[kind]]
    wanted = Wanted(events=events, since=request.since, until=request.until)
    page = await call.facilities.audit.search(
        wanted.search(),
        below=int(request.cursor or NEWEST),
        limit=request.limit,
        reader=None,
    )
    call.require(Permission.AUDIT_READ)  # still, after the search
    call.discloses, call.details = True, {"entries": len(page.shown)}
    more: dict[str, Any] = {}
    if page.below is not None:
        more["next_cursor"] = str(page.below)
    blocked = call.facilities.attempts.blocked_addresses(call.now, most=_BLOCKED_MAX)
    return answer(
        ListSecurityEventsReply,
        entries=page.shown,
        blocked_addresses=[
            {"address": one.address, "until": text_of(int(one.until_epoch_s))}
            for one in blocked
        ],
        **more,
    )
