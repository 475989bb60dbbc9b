"""The session that a client holds: when it begins, when it ends, which calls carry it.

It knows what the actions mean for the session; it must not know how they are sent.
"""

from threading import Lock
from typing import Any

from typing_extensions import override

from ums_client.protocol.accounts import DeleteUser
from ums_client.protocol.actions import ACTION_BY_REQUEST, Access
from ums_client.protocol.message import Reply, Request
from ums_client.protocol.sessions import LoginReply, Logout
from ums_client.protocol.tokens import RefreshTokenReply


class Session:
    """The token of one client. Safe to use from several threads at once.

    The end of a session ends only the token that the call was made with: another
    thread may have logged in meanwhile.
    """

    def __init__(self, token: str | None = None) -> None:
        self._lock = Lock()
        self._token = token
        self._user_id = ""

    @override
    def __repr__(self) -> str:
        """Say whether there is a token, never which."""
        return f"Session({'open' if self._token else 'none'})"

    @property
    def token(self) -> str | None:
        """The token that the next call carries."""
        return self._token

    @token.setter
    def token(self, token: str | None) -> None:
        with self._lock:
            self._token, self._user_id = token, ""

    def token_for(self, request: Request[Any]) -> str | None:
        """The token to send with a request: none where the service looks at none."""
        action = ACTION_BY_REQUEST.get(type(request))
        if action is None or action.access is Access.PUBLIC:
            return None
        return self._token

    def learn(self, request: Request[Any], reply: Reply, token: str | None) -> None:
        """Take note of a reply to a request that carried `token`."""
        if isinstance(reply, LoginReply):
            with self._lock:
                self._token, self._user_id = reply.session_token, reply.user.user_id
        elif isinstance(reply, RefreshTokenReply) and reply.session_token:
            with self._lock:
                self._token = reply.session_token
        elif isinstance(request, Logout) or self._deletes_own_account(request):
            self.end(token)

    def end(self, token: str | None) -> None:
        """Forget `token`, if it is still the one in use."""
        with self._lock:
            if self._token == token:
                self._token, self._user_id = None, ""

    def _deletes_own_account(self, request: Request[Any]) -> bool:
        if not isinstance(request, DeleteUser):
            return False
        return request.user_id in (None, "", self._user_id)
