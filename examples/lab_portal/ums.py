"""The connection to the service: one for the process, a session for each end user."""

import time
from functools import cache
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest

from examples.lab_portal.breaker import Breaker
from ums_client import Client, Request, errors
from ums_client.protocol.message import Reply

R = TypeVar("R", bound=Reply)


@cache
def client() -> Client:
    """The client of this process, made when it is first needed: after a server's fork."""
    key_file = settings.PORTAL_GATEWAY_KEY_FILE
    key = key_file.read_text().strip() if key_file.exists() else None
    return Client(
        settings.PORTAL_ENDPOINT,
        gateway_key=key,
        deadline_s=settings.PORTAL_DEADLINE_S,
    )


@cache
def breaker() -> Breaker:
    """That of this process."""
    return Breaker(
        settings.PORTAL_FAILURES_MAX, settings.PORTAL_PAUSE_S, time.monotonic
    )


class EndUser:
    """The service, as the person who sent this web request may use it."""

    def __init__(self, request: HttpRequest, session_token: str | None) -> None:
        self._client = client().on_behalf_of(
            address_of(request),
            session_token=session_token,
            user_agent=request.headers.get("User-Agent", "")[:255],
        )

    def call(self, question: Request[R]) -> R:
        """Ask the service.

        Raises:
            ServiceDown: it does not answer, or has more to do than it can.
            RequestRefused: it said no.
        """
        breaker().check()
        try:
            reply = self._client.call(question)
        except errors.Busy as busy:
            raise breaker().failed() from busy
        except errors.RequestRefused:
            breaker().answered()
            raise
        except errors.NoAnswer as lost:
            raise breaker().failed() from lost
        breaker().answered()
        return reply


def address_of(request: HttpRequest) -> str:
    """Where the end user is.

    A proxy adds the address that it saw at the end of X-Forwarded-For; everything before
    that is what the end user wrote there, and must not be believed.
    """
    meta: dict[str, Any] = request.META
    peer, proxy = str(meta["REMOTE_ADDR"]), settings.PORTAL_PROXY
    if proxy is None or peer != proxy:
        return peer
    seen = str(meta.get("HTTP_X_FORWARDED_FOR", ""))
    return seen.rpartition(",")[2].strip() or peer
