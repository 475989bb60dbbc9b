"""What can be done with sessions."""

from ums_client.protocol.sessions import Logout, LogoutReply
from ums_service.answer import Answer, answer
from ums_service.call import Call


async def logout(request: Logout, call: Call) -> Answer[LogoutReply]:
    """End the session, whatever the disk does: an entry that fails keeps it ended."""
    session = call.own_session
    call.subject, call.discloses = session.user_id, True
    call.facilities.sessions.end(session)
    return answer(LogoutReply, message="Logged out successfully")
