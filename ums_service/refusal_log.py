"""Turns exceptions into what is told, and leaves their trace: audit entry or log line."""

import logging
import secrets
import traceback
from typing import NamedTuple

from storage import Store
from storage.errors import StoreError
from ums_client.protocol.actions import Action, Audit
from ums_client.protocol.errors import ErrorCode
from ums_service.call import Call
from ums_service.domain import outbox
from ums_service.domain.audit import AuditEntry, Outcome, RefusalBudget
from ums_service.domain.moment import Moment
from ums_service.notices import Queued, lockout_mail
from ums_service.refusals import Told, tell

_log = logging.getLogger(__name__)
_UNREADABLE = "request"


class Refused(NamedTuple):
    """One refusal on its way out; `incident` finds our own faults in the log."""

    told: Told
    action: Action | None
    incident: str | None


class RefusalLog:
    """Every refusal leaves an entry in the audit log, within a budget per address."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._budget = RefusalBudget()

    def told(self, error: Exception, action: Action | None) -> Refused:
        """How to tell `error`.

        A fault of ours is logged, without its text: that may hold what a user typed.
        """
        told = tell(error)
        if told is not None:
            return Refused(told, action, None)
        incident = secrets.token_hex(6)
        name = action.name if action else _UNREADABLE
        where = "".join(traceback.format_tb(error.__traceback__))
        _log.error(
            "incident %s: %s in %s\n%s", incident, type(error).__name__, name, where
        )
        return Refused(Told(ErrorCode.INTERNAL, "Internal error"), action, incident)

    async def audit(
        self, refused: Refused, call: Call | None, address: str, now: Moment
    ) -> None:
        """Leave an entry, durable on return. A store that cannot write is logged.

        Who is shut out of an account makes a mail to its owner, in the same commit.
        """
        if not self._budget.admits(address, now.ticks_s):
            return
        action = refused.action
        event = _UNREADABLE if action is None else action.name
        if action is not None and action.audit is not Audit.NONE:
            event = action.audit.value
        entry = AuditEntry(
            event=event,
            outcome=Outcome.REFUSED,
            code=refused.told.code.value,
            actor=call.session.user_id if call and call.session else None,
            subject=call.subject if call else None,
            address=address,
            details={"incident": refused.incident} if refused.incident else None,
        )
        await self._append(entry, now, lockout_mail(call) if call else None)

    async def flush(self, now: Moment) -> None:
        """Enter how many refusals went without an entry since the last flush."""
        count = self._budget.take_suppressed()
        if count:
            entry = AuditEntry(
                event=_UNREADABLE,
                outcome=Outcome.SUPPRESSED,
                details={"count": count},
            )
            await self._append(entry, now)

    async def _append(
        self, entry: AuditEntry, now: Moment, queued: Queued | None = None
    ) -> None:
        tx = self._store.transaction()
        entry.append_to(tx, now)
        try:
            if queued is not None:
                await outbox.add(tx, queued.mail)
            await tx.commit()
            if queued is not None:
                queued.queue.add(queued.mail, now)
        except StoreError as error:
            _log.warning("no audit entry for %s: %s", entry.event, error)
