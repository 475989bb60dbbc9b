"""What the portal keeps of a login, in the session that Django keeps on the server.

The browser has a random cookie and nothing else. Every web request asks the service
whether the session is still good, at most `PORTAL_CHECKED_FOR_S` seconds late; what has
ended there, by a logout elsewhere or by an administrator, ends here.
"""

import hashlib
import time
from contextlib import suppress
from typing import Any, Final, NamedTuple

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from examples.lab_portal.breaker import ServiceDown
from examples.lab_portal.ums import EndUser
from ums_client import errors
from ums_client.protocol.sessions import LoginReply, Logout, VerifySession
from ums_client.protocol.tokens import RefreshToken, RefreshTokenReply

SESSION, ACCESS, REFRESH = "ums_session_token", "ums_access_token", "ums_refresh_token"
RENEW_AT = "ums_renew_at"
USER = "user_data"
EARLY_S = 60
"""How long before its end an access token is renewed."""
_OVER: Final = (errors.InvalidToken, errors.InvalidSession, errors.AccountInactive)


class Person(NamedTuple):
    """Who is logged in, and the service as they may use it."""

    user_id: str
    username: str
    ums: EndUser


def begin(request: HttpRequest, reply: LoginReply) -> None:
    """Keep a login. Nothing of the session before it stays: not even its cookie."""
    request.session.flush()
    rotate_token(request)
    request.session[SESSION] = reply.session_token
    user = {"user_id": reply.user.user_id, "username": reply.user.username}
    request.session[USER] = user
    _keep_tokens(request, reply)


def end(request: HttpRequest) -> None:
    """Forget the login here, and end it at the service.

    While that does not answer the session stays open there until it ends by disuse; its
    token is gone all the same.
    """
    token = request.session.get(SESSION)
    request.session.flush()
    if token is not None:
        cache.delete(_name(token))
        with suppress(ServiceDown, errors.UmsError):  # refused: it had ended
            EndUser(request, token).call(Logout())


def current(request: HttpRequest) -> Person | None:
    """Who is logged in now; None also for a login that has ended at the service.

    Raises:
        ServiceDown: the service cannot tell.
    """
    token, user = request.session.get(SESSION), request.session.get(USER)
    if token is None or user is None:
        return None
    if not _is_good(request, token) or time.time() >= request.session[RENEW_AT]:  # noqa: TID251 - a web server has a clock
        token = _renewed(request)
        if token is None:
            request.session.flush()
            return None
    return Person(user["user_id"], user["username"], EndUser(request, token))


def _is_good(request: HttpRequest, token: str) -> bool:
    name = _name(token)
    if cache.get(name):
        return True
    try:
        good = EndUser(request, token).call(VerifySession()).active
    except errors.InvalidSession:
        good = False
    if good:
        cache.set(name, value=True, timeout=settings.PORTAL_CHECKED_FOR_S)
    return good


def _renewed(request: HttpRequest) -> str | None:
    """The session token after renewal; None where the login is over.

    Two requests at once may both come here: within 30 seconds and from one address the
    service gives the second the same tokens as the first.
    """
    refresh = RefreshToken(refresh_token=request.session.get(REFRESH, ""))
    try:
        reply = EndUser(request, None).call(refresh)
    except _OVER:
        return None
    if reply.session_token:  # the old one had ended by age, or with the service
        request.session[SESSION] = reply.session_token
    _keep_tokens(request, reply)
    token = str(request.session[SESSION])
    return token if _is_good(request, token) else None


def _keep_tokens(request: HttpRequest, reply: LoginReply | RefreshTokenReply) -> None:
    request.session[ACCESS] = reply.access_token
    request.session[REFRESH] = reply.refresh_token
    request.session[RENEW_AT] = time.time() + reply.expires_in - EARLY_S  # noqa: TID251 - a web server has a clock


def _name(token: str) -> str:
    """What the cache calls the session: it must not hold tokens."""
    return f"good-{hashlib.sha256(token.encode()).hexdigest()}"


def person_of(request: HttpRequest) -> Person | None:
    """Who sent this web request: asked once for each. Raises as `current` does."""
    if not hasattr(request, "person"):
        request.person = current(request)
    return person_known(request)


def person_known(request: HttpRequest) -> Person | None:
    """Who sent this web request, if anybody has asked already."""
    found: Any = getattr(request, "person", None)
    return found if isinstance(found, Person) else None
