"""Turns exceptions into what is told, and leaves their trace: audit entry or log line."""

import logging
import secrets
import traceback
from contextlib import suppress
from typing import Final, NamedTuple

from storage import Store
from storage.errors import Refused as Outdated
from storage.errors import StoreError
from ums_client.protocol.actions import Action, Audit
from ums_client.protocol.errors import ErrorCode
from ums_service.audit.names import name_sealed
from ums_service.calls.call import Call
from ums_service.calls.notices import lockout_notice
from ums_service.calls.refusals import Told, tell
from ums_service.domain.audit import AuditEntry, Outcome, RefusalBudget, details_of
from ums_service.domain.clients import user_agent_of
from ums_service.domain.moment import Moment
from ums_service.guard.saved_failures import SavedFailures
from ums_service.sending.mails import Notice

_log = logging.getLogger(__name__)
_UNREADABLE = "request"
TRIES_MAX: Final = 3
FLUSH_ROUNDS_MAX: Final = 20
"""Commits of one flush: under attack there is always more, and others wait their turn."""
_EVENTS: Final = {ErrorCode.INVALID_MFA_CODE: "mfa_failed"}
"""Refusals that are an event of their own, whatever action was asked for."""


class Refused(NamedTuple):
    """One refusal on its way out; `incident` finds our own faults in the log."""

    told: Told
    action: Action | None
    incident: str | None


class RefusalLog:
    """Every refusal leaves an entry in the audit log, within a budget per address.

    What an attempt has changed in the counts of failures goes into the same commit,
    whatever the budget says.
    """

    def __init__(self, store: Store, failures: SavedFailures) -> None:
        self._store = store
        self._failures = failures
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

        What could not be entered is counted, and its number entered by a `flush`: which
        so finds out, while nobody asks for anything, that a full disk has room again.
        Who is shut out of an account has its owner told, in the same commit.
        """
        notice = lockout_notice(call) if call else None
        if self._budget.admits(address, now.ticks_s):
            entry = self._entry(refused, call, address)
            await self._append(entry, now, notice=notice)
        elif self._failures or notice:
            await self._append(None, now, notice=notice)

    def count_unheard(self) -> None:
        """A request was refused unread."""
        self._budget.suppressed += 1

    async def flush(self, now: Moment) -> None:
        """Enter how many refusals went without an entry since the last flush.

        Counts of failures that are not written yet are written, too.
        """
        count = self._budget.take_suppressed()
        entry = None
        if count:
            entry = AuditEntry(
                event=_UNREADABLE,
                outcome=Outcome.SUPPRESSED,
                details={"count": count},
            )
        for _ in range(FLUSH_ROUNDS_MAX):
            more = await self._append(entry, now, trim=True)
            entry = None
            if not more:
                return

    async def _append(
        self,
        entry: AuditEntry | None,
        now: Moment,
        *,
        trim: bool = False,
        notice: Notice | None = None,
    ) -> bool:
        """Commit the entry with what counts have changed.

        Returns whether there may be more to write.
        """
        try:
            for _ in range(TRIES_MAX - 1):
                with suppress(Outdated):  # its owner reads the list of what is told
                    return await self._append_once(entry, now, trim=trim, notice=notice)
            return await self._append_once(entry, now, trim=trim, notice=notice)
        except StoreError as error:
            name = entry.event if entry else "failures"
            _log.warning("no audit entry for %s: %s", name, error)
            if entry is not None:
                self._budget.suppressed += (entry.details or {}).get("count", 1)
            return False

    async def _append_once(
        self,
        entry: AuditEntry | None,
        now: Moment,
        *,
        trim: bool,
        notice: Notice | None,
    ) -> bool:
        tx = self._store.transaction()
        if entry is not None:
            entry.append_to(tx, now)
        saving = self._failures.save_to(tx, now)
        trimmed = trim and self._failures.trim(tx, now)
        try:
            if notice is not None:
                await notice.put(tx)
            await tx.commit()
        except StoreError:
            self._failures.not_saved(saving)
            raise
        if notice is not None:
            notice.send(now)
        return trimmed or bool(self._failures)

    def _entry(self, refused: Refused, call: Call | None, address: str) -> AuditEntry:
        action, subject = refused.action, call.subject if call else None
        actor = call.session.user_id if call and call.session else None
        event = _UNREADABLE if action is None else action.name
        if action is not None and action.audit is not Audit.NONE:
            event = action.audit.value
        event = _EVENTS.get(refused.told.code, event)
        other = None if actor == subject else actor
        return AuditEntry(
            event=event,
            outcome=Outcome.REFUSED,
            code=refused.told.code.value,
            actor=actor,
            subject=subject,
            address=address,
            details=details_of(
                {}, incident=refused.incident, gateway=call.gateway if call else None
            ),
            user_agent=user_agent_of(call.client) if call else None,
            request_id=call.request_id if call else None,
            of_actor=name_sealed(self._store, other),
            of_subject=name_sealed(self._store, subject),
            lab_id=call.lab_id if call else None,
        )
