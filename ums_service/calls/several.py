"""One call that changes several accounts: an audit entry for each of them."""

from ums_service.audit.names import name_sealed_in
from ums_service.calls.call import Call
from ums_service.domain.audit import AuditEntry, Outcome
from ums_service.domain.audit_seals import Changes
from ums_service.domain.clients import user_agent_of


class Several:
    """Gathers what is changed of which account. The call's own entry tells the first."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._noted: dict[str, Changes] = {}

    def note(self, user_id: str, changes: Changes, reason: str = "") -> None:
        """Remember what is changed of this account: old and new values, and the reason."""
        given: Changes = {"reason": ["", reason]} if reason else {}
        self._noted[user_id] = {**changes, **given}

    async def enter(self) -> None:
        """Put the entries into the call's transaction; none where nothing changed."""
        call = self.call
        for number, (user_id, changes) in enumerate(self._noted.items()):
            if number == 0:
                call.subject, call.changes = user_id, changes
                continue
            entry = AuditEntry(
                event=call.action.audit.value,
                outcome=Outcome.DONE,
                actor=call.own_session.user_id,
                subject=user_id,
                address=call.address,
                details=call.details or None,
                user_agent=user_agent_of(call.client),
                request_id=call.request_id,
                lab_id=call.lab_id,
                of_subject=await name_sealed_in(
                    call.tx, call.facilities.store, user_id, changes
                ),
            )
            entry.append_to(call.tx, call.now)
