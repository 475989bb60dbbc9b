"""The service about itself: health and the list of its actions."""

from typing import Any, Final

from storage import State
from ums_client.protocol.actions import ACTIONS
from ums_client.protocol.permissions import Permission
from ums_client.protocol.service import (
    DescribeActions,
    DescribeActionsReply,
    HealthCheck,
    HealthCheckReply,
)
from ums_service.answer import Answer, answer
from ums_service.call import Call
from ums_service.describe import describe
from ums_service.domain.errors import NotFound

_STATES: Final = {
    State.WRITABLE: "ready",
    State.FULL: "full",
    State.READ_ONLY: "read_only",
}


async def health_check(request: HealthCheck, call: Call) -> Answer[HealthCheckReply]:
    """Tell how the service is; where it keeps its data stays its secret."""
    facilities = call.facilities
    more: dict[str, Any] = {}
    if not facilities.profile.original_replies:
        more = {
            "state": _STATES[facilities.store.health.state],
            "version": facilities.version,
            "profile": facilities.profile.name,
        }
    return answer(
        HealthCheckReply,
        service="Secure Universal Users Service",
        timestamp=call.now.text,
        storage=facilities.store_name,
        active_sessions=_sessions_shown(call),
        **more,
    )


def _sessions_shown(call: Call) -> int:
    sessions = call.facilities.sessions
    if call.session is None:
        return 0
    if call.may(Permission.SYSTEM_READ):
        return len(sessions)
    return sessions.count_of(call.session.user_id)


async def describe_actions(
    request: DescribeActions, call: Call
) -> Answer[DescribeActionsReply]:
    """List what can be asked."""
    wanted = [a for a in ACTIONS if request.name in (None, a.name)]
    if not wanted:
        raise NotFound
    return answer(
        DescribeActionsReply,
        version=call.facilities.version,
        actions=[describe(action).model_dump() for action in wanted],
    )
