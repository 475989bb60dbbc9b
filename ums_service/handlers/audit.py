"""The audit log as administrators, and everybody about themselves, may read it."""

import base64
import hashlib
from typing import Any, Final

from ums_client.protocol.audit import (
    ExportAudit,
    ExportAuditReply,
    QueryAudit,
    QueryAuditReply,
    VerifyAudit,
    VerifyAuditReply,
)
from ums_client.protocol.permissions import Permission
from ums_service.audit.reader import NEWEST
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.domain.audit_search import Wanted
from ums_service.handlers.freshness import require_fresh

_VIEWING: Final = (Permission.LAB_AUDIT_VIEW, Permission.AUDIT_READ)
_EXPORTING: Final = (Permission.LAB_AUDIT_EXPORT, Permission.AUDIT_EXPORT)


async def query_audit(request: QueryAudit, call: Call) -> Answer[QueryAuditReply]:
    """Find entries; reading those of other people leaves an entry itself."""
    own = call.own_session.user_id
    wanted = _wanted(request)
    reads = call.may(Permission.AUDIT_READ)
    if request.lab_id is not None:
        wanted = wanted.only_in(call.in_lab(request.lab_id, *_VIEWING))
        reads = True
    elif not reads:
        wanted = wanted.only_of(own)
    page = await call.facilities.audit.search(
        wanted.search(),
        below=int(request.cursor or NEWEST),
        limit=request.limit,
        reader=None if reads else own,
    )
    if reads:
        _require(
            request, Permission.AUDIT_READ, _VIEWING, call
        )  # still, after the search
        if not wanted.concerns_only(own):
            call.discloses = True
            call.subject = wanted.user_id or wanted.subject or wanted.actor
            call.details = {"wanted": wanted.given(), "entries": len(page.shown)}
    more: dict[str, Any] = {}
    if page.below is not None:
        more["next_cursor"] = str(page.below)
    return answer(QueryAuditReply, entries=page.shown, **more)


async def export_audit(request: ExportAudit, call: Call) -> Answer[ExportAuditReply]:
    """A page of entries as a file, with its digest."""
    _require(request, Permission.AUDIT_EXPORT, _EXPORTING, call)
    require_fresh(call)
    wanted = _wanted(request)
    reader = call.facilities.audit
    page = await reader.search(
        wanted.search(),
        below=int(request.cursor or NEWEST),
        limit=request.limit,
        reader=None,
    )
    data = await reader.render(page.shown, request.format, first=request.cursor is None)
    _require(request, Permission.AUDIT_EXPORT, _EXPORTING, call)  # still, after it
    call.discloses = True
    call.subject = wanted.user_id or wanted.subject or wanted.actor
    call.details = {
        "reason": request.reason,
        "format": request.format,
        "wanted": wanted.given(),
        "entries": len(page.shown),
    }
    more: dict[str, Any] = {}
    if page.below is not None:
        more["next_cursor"] = str(page.below)
    return answer(
        ExportAuditReply,
        format=request.format,
        data=base64.b64encode(data).decode(),
        sha256=hashlib.sha256(data).hexdigest(),
        entries=len(page.shown),
        **more,
    )


def _require(
    request: QueryAudit | ExportAudit,
    permission: Permission,
    in_lab: tuple[Permission, ...],
    call: Call,
) -> None:
    """Raise PermissionDenied unless the caller may read all, or all of this lab."""
    if request.lab_id is None:
        call.require(permission)
    else:
        call.in_lab(request.lab_id, *in_lab)


def _wanted(request: QueryAudit | ExportAudit) -> Wanted:
    return Wanted(*(getattr(request, field) for field in Wanted._fields))


async def verify_audit(request: VerifyAudit, call: Call) -> Answer[VerifyAuditReply]:
    """Follow the chain of the whole log."""
    del request  # it has no fields
    checked = await call.facilities.audit.check()
    call.require(Permission.AUDIT_READ)  # still, after the search
    call.discloses = True
    call.details = {"intact": checked.fault is None, "entries": checked.entries}
    more: dict[str, Any] = {}
    if checked.fault is not None:
        more = {"first_bad": checked.first_bad, "reason": str(checked.fault)}
    return answer(
        VerifyAuditReply,
        intact=checked.fault is None,
        entries=checked.entries,
        first=checked.first,
        head=checked.head.text,
        **more,
    )
