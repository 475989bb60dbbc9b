"""One of many: an action on one account, run for a caller who asked for several."""

from contextlib import suppress
from typing import Any, Final

from storage.errors import Conflict, Refused, StoreError, UniqueViolation
from ums_client.protocol.actions import ACTION_BY_NAME
from ums_client.protocol.errors import ErrorCode
from ums_client.protocol.message import Request
from ums_service.audit.names import name_sealed
from ums_service.calls.access import check_access
from ums_service.calls.bulk_jobs import ItemResult
from ums_service.calls.call import Call
from ums_service.calls.catalogue import Handler, Row
from ums_service.calls.refusals import tell
from ums_service.domain.audit import AuditEntry, Outcome

RUNS_MAX: Final = 16
"""As for a request of its own (`requests.dispatch`)."""


def row_of(action: str, handler: Handler) -> Row:
    """The row of an action for `run_item`, with the handler that does it here."""
    found = ACTION_BY_NAME[action]
    fields = found.request.model_fields
    return Row(found, handler, "user_id" in fields, "lab_id" in fields)


async def run_item(
    row: Row, request: Request[Any], user_id: str, asked: Call, *, dry_run: bool
) -> ItemResult:
    """Decide, change and commit for one account, as if that were asked for alone.

    Durable on return, unless it is a dry run. A refusal is a result.

    Raises what is no refusal: a fault of ours.
    """
    conflict: Refused | None = None
    for _ in range(RUNS_MAX):
        call = Call(
            asked.facilities, row.action, asked.session, asked.address, asked.now
        )
        call.key, call.proved, call.client = asked.key, asked.proved, asked.client
        call.request_id = asked.request_id
        try:
            check_access(row, request, call, stale_token=False)
            await row.handler(request, call)
            if not dry_run and call.changes_something():
                await call.commit()
        except (Conflict, UniqueViolation) as error:
            conflict = error
        except Exception as error:
            told = tell(error)
            if told is None:
                raise
            if not dry_run:
                await _enter_refusal(call, user_id, told.code.value)
            return ItemResult(user_id, False, told.code.value, told.message)  # noqa: FBT003
        else:
            return ItemResult(user_id, ok=True)
    told = tell(conflict) if conflict else None
    code = told.code if told else ErrorCode.BUSY
    return ItemResult(user_id, ok=False, code=code.value, message="Try again")


async def _enter_refusal(call: Call, user_id: str, code: str) -> None:
    """An audit entry as a request of its own would have left; none where the disk fails."""
    tx = call.facilities.store.transaction()
    AuditEntry(
        event=call.action.audit.value,
        outcome=Outcome.REFUSED,
        code=code,
        actor=call.own_session.user_id,
        subject=user_id,
        address=call.address,
        request_id=call.request_id,
        of_actor=name_sealed(call.facilities.store, call.own_session.user_id),
        of_subject=name_sealed(call.facilities.store, user_id),
    ).append_to(tx, call.now)
    with suppress(StoreError):
        await tx.commit()
