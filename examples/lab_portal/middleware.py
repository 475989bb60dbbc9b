"""Around every page: what refusals look like, headers."""

import logging
import math
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from examples.lab_portal import logins
from examples.lab_portal.breaker import ServiceDown
from examples.lab_portal.pages import message
from ums_client import errors

_log = logging.getLogger("django.request.ums")
GetResponse = Callable[[HttpRequest], HttpResponse]
_HEADERS = {
    "Cache-Control": "no-store",  # patients are nobody's to find in a cache
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
}


def headers(get_response: GetResponse) -> GetResponse:
    """Tell browsers to keep nothing and to run nothing."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return answer


class UmsMiddleware:
    """Shows what the service refuses as what it means."""

    def __init__(self, get_response: GetResponse) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_exception(
        self, request: HttpRequest, error: Exception
    ) -> HttpResponse | None:
        """A page for what went wrong; None for faults of the portal itself."""
        match error:
            case ServiceDown():
                return message(request, 503, retry_after=math.ceil(error.retry_after))
            case errors.InvalidSession():
                request.session.flush()
                return redirect("login")
            case errors.PermissionDenied():
                return message(request, 403)
            case errors.NotFound():
                return message(request, 404)
            case errors.RateLimited():
                wait_s = math.ceil(error.retry_after or 1)
                return message(request, 429, retry_after=wait_s)
            case errors.UmsError():
                _log.error("the service answered %s: %s", error.code, error)
                return message(request, 502)
            case _:
                return None


def user(request: HttpRequest) -> dict[str, Any]:
    """What every template knows: who is logged in, where the page has asked."""
    return {"person": logins.person_known(request)}
