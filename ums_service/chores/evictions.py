"""Sessions that are over are dropped, and those that had to make room are told of."""

from typing import Final

from storage import Store
from storage.errors import StoreError
from ums_service.audit.names import name_sealed
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.endings import end_logins
from ums_service.domain.moment import Moment
from ums_service.domain.sessions import Evicted, Reason, Sessions

AT_ONCE: Final = 100


class Evictions:
    """Looks after the sessions."""

    def __init__(self, store: Store, sessions: Sessions) -> None:
        self._store = store
        self._sessions = sessions

    async def round(self, now: Moment) -> None:
        """Drop what is over; enter which sessions had to make room.

        What could open those again ends, too. A login does not wait for this. What is
        not yet entered when the process is killed is lost, as the sessions are. Tokens
        outlive a session that ended for want of room in the whole service: its account
        was within its limit.

        Raises StoreError; what is not entered then waits for the next round.
        """
        self._sessions.sweep(now)
        while evicted := self._sessions.take_evicted(most=AT_ONCE):
            try:
                await self._enter_evicted(evicted, now)
            except StoreError:
                self._sessions.put_back_evicted(evicted)
                raise

    async def _enter_evicted(self, evicted: list[Evicted], now: Moment) -> None:
        tx, finish = self._store.transaction(), []
        for user_id, session_id, reason in evicted:
            details = {"session_id": session_id, "reason": reason}
            entry = AuditEntry(
                event="session_evicted",
                outcome=Outcome.DONE,
                subject=user_id,
                details=details,
                of_subject=name_sealed(self._store, user_id),
            )
            entry.append_to(tx, now)
            if reason is Reason.ACCOUNT:
                ending = await end_logins(
                    tx, self._sessions, user_id, [session_id], now
                )
                finish.append(ending.finish)
        await tx.commit()
        for end in finish:
            end()
