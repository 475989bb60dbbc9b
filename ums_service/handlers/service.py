"""The service about itself: the list of its actions."""

from ums_client.protocol.actions import ACTIONS
from ums_client.protocol.service import DescribeActions, DescribeActionsReply
from ums_service.calls.answer import Answer, answer
from ums_service.calls.call import Call
from ums_service.calls.describe import describe
from ums_service.domain.errors import NotFound


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
